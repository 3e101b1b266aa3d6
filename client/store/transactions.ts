/**
 * Doing something with the database as a whole: all of it, or nothing.
 *
 * @module
 */

import type { DatabaseSync } from "node:sqlite";
import { databaseReason } from "../../shared/storage/database.ts";
import { UserError } from "../user_error.ts";

/** The transactions of one connection to the database. */
export class Transactions {
  readonly #database: DatabaseSync;
  #synchronous: "FULL" | "NORMAL" | undefined;

  constructor(database: DatabaseSync) {
    this.#database = database;
  }

  /**
   * Does something that is on the disk when this returns, and that no crash undoes.
   *
   * @param action What it is for, as the user knows it, behind "Cannot".
   * @throws {UserError} A sentence with its cause where the database does not let it; it is undone then.
   */
  durable<T>(action: string, work: () => T): T {
    return this.#run("FULL", action, work);
  }

  /** Like {@linkcode durable}, but the machine's crash may undo it. */
  swift<T>(action: string, work: () => T): T {
    return this.#run("NORMAL", action, work);
  }

  /** Does something that changes nothing. @throws {UserError} As {@linkcode durable}. */
  reading<T>(action: string, work: () => T): T {
    try {
      return work();
    } catch (error) {
      throw sentence(action, error);
    }
  }

  #run<T>(synchronous: "FULL" | "NORMAL", action: string, work: () => T): T {
    const database = this.#database;
    try {
      if (this.#synchronous !== synchronous) {
        database.exec(`PRAGMA synchronous = ${synchronous}`);
        this.#synchronous = synchronous;
      }
      // IMMEDIATE: what is read has to hold until it is written, also where others write.
      database.exec("BEGIN IMMEDIATE");
      const result = work();
      database.exec("COMMIT");
      return result;
    } catch (error) {
      // A full disk may have undone it already.
      if (database.isTransaction) database.exec("ROLLBACK");
      throw sentence(action, error);
    }
  }
}

/** The database's errors become sentences; all others are ours, or sentences already. */
function sentence(action: string, error: unknown): unknown {
  const isDatabases = error instanceof Error && "code" in error &&
    error.code === "ERR_SQLITE_ERROR" && !error.message.includes("constraint failed");
  return isDatabases
    ? new UserError(`Cannot ${action}: ${databaseReason(error)}`, { cause: error })
    : error;
}
