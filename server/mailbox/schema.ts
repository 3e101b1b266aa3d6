/**
 * The mails that a server keeps, on disk: what has been sealed for somebody who is away.
 *
 * @module
 */

import { join } from "node:path";
import type { DatabaseSync } from "node:sqlite";
import { openDatabase } from "../../shared/storage/database.ts";
import { fileReason } from "../../shared/errors/file_error.ts";
import { serverBusyTimeoutMs } from "../../shared/protocol/limits.ts";

/** A database of mails. Disposing of it closes it. */
export interface MailboxDatabase extends Disposable {
  readonly connection: DatabaseSync;
}

const fileName = "mailbox.db";

const migrations = [
  // A number is given once, also when its mail is gone: who says later that he has taken it deletes no
  // other. What a mailbox holds and what a sender has in all of them is added up each time, from an index
  // that has it all, so that it is always right; how much there is at all is too much for that, and is
  // counted by what adds and removes it.
  `CREATE TABLE mails (
    number INTEGER PRIMARY KEY AUTOINCREMENT,
    name TEXT NOT NULL,
    key BLOB NOT NULL,
    sender BLOB NOT NULL,
    id TEXT NOT NULL,
    at_ms INTEGER NOT NULL,
    bytes INTEGER NOT NULL CHECK (bytes = length(data)),
    data BLOB NOT NULL
  ) STRICT;
  CREATE INDEX mails_by_box ON mails (name, key, sender, id, bytes);
  CREATE INDEX mails_by_sender ON mails (sender, bytes);
  CREATE INDEX mails_by_age ON mails (at_ms, bytes);
  CREATE TABLE total (
    only INTEGER PRIMARY KEY CHECK (only = 1),
    mails INTEGER NOT NULL,
    bytes INTEGER NOT NULL
  ) STRICT;
  INSERT INTO total VALUES (1, 0, 0);
  CREATE TRIGGER mail_added AFTER INSERT ON mails BEGIN
    UPDATE total SET mails = mails + 1, bytes = bytes + new.bytes;
  END;
  CREATE TRIGGER mail_removed AFTER DELETE ON mails BEGIN
    UPDATE total SET mails = mails - 1, bytes = bytes - old.bytes;
  END;`,
];

/**
 * Opens the database in a directory, and makes both where they are missing.
 *
 * @param directory Where it is; undefined keeps it in memory alone.
 * @throws {Error} A sentence that says why it cannot be opened and what to do, with its cause.
 */
export function openMailboxDatabase(directory: string | undefined): MailboxDatabase {
  const path = directory === undefined ? ":memory:" : join(directory, fileName);
  const connection = openDatabase(path, migrations);
  try {
    // Opening may wait for another program; a server that is asked may not.
    connection.exec(`PRAGMA busy_timeout = ${serverBusyTimeoutMs}`);
    recount(connection);
    return { connection, [Symbol.dispose]: () => connection.close() };
  } catch (cause) {
    connection.close();
    throw new Error(`Cannot read the mails in '${path}': ${fileReason(cause)}`, { cause });
  }
}

/** Makes sure of how much there is: somebody may have had the file open who knows nothing of it. */
function recount(connection: DatabaseSync): void {
  connection.exec(
    `UPDATE total SET (mails, bytes) = (SELECT count(*), coalesce(sum(bytes), 0) FROM mails)
     WHERE (mails, bytes) IS NOT (SELECT count(*), coalesce(sum(bytes), 0) FROM mails)`,
  );
}
