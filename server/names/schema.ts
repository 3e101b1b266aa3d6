/**
 * What a server remembers from one run to the next: which key owns which name, and the realm by which it
 * names itself to those who sign for it.
 *
 * @module
 */

import { join } from "node:path";
import type { DatabaseSync } from "node:sqlite";
import { openDatabase } from "../../shared/storage/database.ts";
import { fileReason } from "../../shared/errors/file_error.ts";
import { serverBusyTimeoutMs } from "../../shared/protocol/limits.ts";

/** A database of names. Disposing of it closes it. */
export interface NamesDatabase extends Disposable {
  readonly connection: DatabaseSync;
  /** Names in it. */
  readonly count: number;
  /** 128 random bits in hexadecimal, which stay with the database. */
  readonly realm: string;
}

const fileName = "names.db";
const realmBytes = 16;

const migrations = [
  // Without an index on the time of use: what has lapsed is found by going through the names, now and
  // then and a few at a time, which costs less than an index does with every new name.
  `CREATE TABLE names (
    name TEXT PRIMARY KEY,
    key TEXT NOT NULL,
    used_at_ms INTEGER NOT NULL
  ) WITHOUT ROWID, STRICT;
  CREATE TABLE realm (
    only INTEGER PRIMARY KEY CHECK (only = 1),
    id TEXT NOT NULL
  ) STRICT;`,
];

/**
 * Opens the database in a directory, and makes both where they are missing.
 *
 * @param directory Where it is; undefined keeps it in memory alone.
 * @throws {Error} A sentence that says why it cannot be opened and what to do, with its cause.
 */
export function openNamesDatabase(directory: string | undefined): NamesDatabase {
  const path = directory === undefined ? ":memory:" : join(directory, fileName);
  const connection = openDatabase(path, migrations);
  try {
    // Opening may wait for another program; a server that is asked may not.
    connection.exec(`PRAGMA busy_timeout = ${serverBusyTimeoutMs}`);
    connection.prepare("INSERT OR IGNORE INTO realm VALUES (1, ?)").run(
      crypto.getRandomValues(new Uint8Array(realmBytes)).toHex(),
    );
    const { id } = connection.prepare("SELECT id FROM realm").get() as { id: string };
    const count = connection.prepare("SELECT count(*) AS count FROM names");
    const counted = () => (count.get() as { count: number }).count;
    // What is damaged is to be found out now.
    counted();
    return {
      connection,
      get count() {
        return counted();
      },
      realm: id,
      [Symbol.dispose]: () => connection.close(),
    };
  } catch (cause) {
    connection.close();
    throw new Error(`Cannot read the names in '${path}': ${fileReason(cause)}`, { cause });
  }
}
