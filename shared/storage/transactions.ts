/**
 * Changing an SQLite database all at once, or not at all.
 *
 * @module
 */

import type { DatabaseSync } from "node:sqlite";

/** How far a change is on the disk when SQLite returns: see `PRAGMA synchronous`. */
type Synchronous = "FULL" | "NORMAL";

/** The transactions of one connection to a database with a write-ahead log. */
export class Transactions {
  readonly #database: DatabaseSync;
  #synchronous: Synchronous | undefined;

  constructor(database: DatabaseSync) {
    this.#database = database;
  }

  /**
   * Runs `work` in a transaction that has been forced onto the disk when this returns: no crash undoes it.
   *
   * @throws {Error} If the database refuses, or `work` throws; then nothing of it is done.
   */
  durable<T>(work: () => T): T {
    return this.#run("FULL", work);
  }

  /** Like {@linkcode durable}, but a crash of the machine may undo it. */
  swift<T>(work: () => T): T {
    return this.#run("NORMAL", work);
  }

  #run<T>(synchronous: Synchronous, work: () => T): T {
    if (this.#synchronous !== synchronous) {
      this.#database.exec(`PRAGMA synchronous = ${synchronous}`);
      this.#synchronous = synchronous;
    }
    return inTransaction(this.#database, work);
  }
}

/**
 * Runs `work` in a transaction.
 *
 * @throws {Error} If the database refuses, or `work` throws; then nothing of it is done.
 */
export function inTransaction<T>(database: DatabaseSync, work: () => T): T {
  // IMMEDIATE: what `work` reads has to hold until it writes, even if other programs write as well.
  database.exec("BEGIN IMMEDIATE");
  try {
    const result = work();
    database.exec("COMMIT");
    return result;
  } catch (error) {
    // A full disk may have undone it already.
    if (database.isTransaction) database.exec("ROLLBACK");
    throw error;
  }
}
