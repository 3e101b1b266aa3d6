/**
 * Opening an SQLite database: a missing one is made, an older one is brought up to date, a newer one is
 * refused.
 *
 * @module
 */

import { basename, dirname } from "node:path";
import { DatabaseSync } from "node:sqlite";
import { databaseBusyTimeoutMs } from "../protocol/limits.ts";
import { pause } from "../time/pause.ts";
import { DatabaseError, isBusy, NewerVersionError } from "./database_error.ts";
import { requireOwn } from "./own_files.ts";
import { inTransaction } from "./transactions.ts";

/** What can be said about opening a database besides its path. */
export interface DatabaseOptions {
  /** How long to wait for another program that holds it, in milliseconds. */
  readonly busyTimeoutMs?: number;
  /** Called once all migrations are done. If it throws, the database cannot be opened. */
  readonly prepare?: (database: DatabaseSync) => void;
}

/**
 * Opens a database, which the caller closes. It has a write-ahead log, and a power failure may lose its last
 * transactions, but nothing else (`synchronous = NORMAL`).
 *
 * Each migration is SQL. The one with index N takes a database from version N to N + 1; `PRAGMA user_version`
 * says how many have been done. All that are missing are done in one transaction, so that several processes
 * may open a new file at once. A migration that has been released never changes: a new one is added at the end.
 *
 * Only the owner can read a file that is made, and each directory that is made for it.
 *
 * @param path A file, or `:memory:`.
 * @throws {DatabaseError} If the directory cannot be written, or the file is not a database, has a newer
 * version, is read-only, or is held by another program.
 */
export function openDatabase(
  path: string,
  migrations: readonly string[],
  { busyTimeoutMs = databaseBusyTimeoutMs, prepare }: DatabaseOptions = {},
): DatabaseSync {
  let database: DatabaseSync | undefined;
  try {
    if (path !== ":memory:") makeDatabaseFile(path);
    database = new DatabaseSync(path);
    // First, so that all that follows waits.
    database.exec(`PRAGMA busy_timeout = ${busyTimeoutMs}`);
    useWriteAheadLog(database, busyTimeoutMs);
    database.exec("PRAGMA synchronous = NORMAL");
    migrate(database, migrations);
    prepare?.(database);
    return database;
  } catch (cause) {
    database?.close();
    throw new DatabaseError(path, cause);
  }
}

/**
 * Makes the file of a database and its directories, unless it is there: SQLite would make it readable to all.
 *
 * @throws {NotOwnError} If the file, or the directory that it is in, is not the user's own.
 * @throws {Error} If the system does not allow it.
 */
export function makeDatabaseFile(path: string): void {
  const [directory, name] = [dirname(path), basename(path)];
  Deno.mkdirSync(directory, { recursive: true, mode: 0o700 });
  requireOwn(directory, [name, `${name}-wal`, `${name}-shm`]);
  try {
    // Only a new file is ever opened here: closing a file gives up the locks that this process has on it.
    Deno.openSync(path, { createNew: true, write: true, mode: 0o600 }).close();
  } catch (error) {
    if (!(error instanceof Deno.errors.AlreadyExists)) throw error;
  }
}

/** Sets the journal mode, which the file then keeps. */
function useWriteAheadLog(database: DatabaseSync, busyTimeoutMs: number): void {
  const giveUpAt = performance.now() + busyTimeoutMs;
  for (;;) {
    try {
      database.exec("PRAGMA journal_mode = WAL");
      return;
    } catch (error) {
      // Two programs that do this at once block each other. SQLite does not wait here: it could be forever.
      if (!isBusy(error) || performance.now() > giveUpAt) throw error;
      pause(10 * Math.random());
    }
  }
}

function migrate(database: DatabaseSync, migrations: readonly string[]): void {
  // The transaction also finds out at once, and not with the first change, if the file cannot be written.
  inTransaction(database, () => {
    const { user_version: version } = database.prepare("PRAGMA user_version").get() as {
      user_version: number;
    };
    if (version > migrations.length) throw new NewerVersionError(version, migrations.length);
    if (version === migrations.length) return;
    for (const sql of migrations.slice(version)) database.exec(sql);
    database.exec(`PRAGMA user_version = ${migrations.length}`);
  });
}
