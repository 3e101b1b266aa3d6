/**
 * A lock that one process has at a time, whatever ends it: a transaction that is held open on a database in
 * which nothing is.
 *
 * @module
 */

import { DatabaseSync } from "node:sqlite";
import { makeDatabaseFile } from "./database.ts";
import { DatabaseError, isBusy } from "./database_error.ts";

/**
 * Takes a lock. Disposing of it lets others have it; the system does so when the process ends.
 *
 * @param path Its file, which is made with its directories, for their owner alone, and stays.
 * @param waitMs How long to wait for another process that has it, in milliseconds. Meanwhile this one stands
 * still.
 * @returns Undefined if another process has it.
 * @throws {DatabaseError} If the file cannot be written.
 */
export function takeLock(path: string, waitMs = 0): Disposable | undefined {
  let database: DatabaseSync | undefined;
  try {
    makeDatabaseFile(path);
    database = new DatabaseSync(path);
    database.exec(`PRAGMA busy_timeout = ${waitMs}`);
    // Nothing is ever written, so that no journal is needed beside it.
    database.exec("PRAGMA journal_mode = MEMORY");
    database.exec("BEGIN IMMEDIATE");
  } catch (cause) {
    database?.close();
    if (isBusy(cause)) return undefined;
    throw new DatabaseError(path, cause);
  }
  const taken = database;
  return { [Symbol.dispose]: () => taken.close() };
}
