/**
 * Changing the store wholly or not at all, and saying why if that fails.
 *
 * @module
 */

import type { DatabaseSync } from "node:sqlite";
import { databaseReason, isDatabaseFailure } from "../../shared/storage/database_error.ts";
import { inTransaction } from "../../shared/storage/transactions.ts";
import type { StoreAction } from "../problems/store_problem.ts";
import { UserError } from "../user_error.ts";

/** How far a change is on the disk when SQLite returns: see `PRAGMA synchronous`. */
type Synchronous = "FULL" | "NORMAL";

/** The transactions of one connection to the store. */
export class Transactions {
  readonly #database: DatabaseSync;
  #synchronous: Synchronous | undefined;

  constructor(database: DatabaseSync) {
    this.#database = database;
  }

  /**
   * Runs `work` in a transaction that has been forced onto the disk when this returns: no crash undoes it.
   *
   * @throws {UserError} If the database refuses; then nothing of it is done.
   */
  durable<T>(action: StoreAction, work: () => T): T {
    return this.reading(action, () => this.#run("FULL", work));
  }

  /** Like {@linkcode durable}, but a crash of the machine may undo it. */
  swift<T>(action: StoreAction, work: () => T): T {
    return this.reading(action, () => this.#run("NORMAL", work));
  }

  /** Like {@linkcode swift}, but if another program is writing it fails and does not wait for that one. */
  atOnce<T>(action: StoreAction, work: () => T): T {
    const { timeout } = this.#database.prepare("PRAGMA busy_timeout").get() as { timeout: number };
    this.#database.exec("PRAGMA busy_timeout = 0");
    try {
      return this.swift(action, work);
    } finally {
      this.#database.exec(`PRAGMA busy_timeout = ${timeout}`);
    }
  }

  /** Runs `work`, which changes nothing. @throws {UserError} If the database refuses. */
  reading<T>(action: StoreAction, work: () => T): T {
    try {
      return work();
    } catch (error) {
      // All others are mistakes of ours, or UserErrors already.
      if (!isDatabaseFailure(error)) throw error;
      const reason = databaseReason(error);
      throw new UserError({ code: "store-refused", action, reason }, { cause: error });
    }
  }

  #run<T>(synchronous: Synchronous, work: () => T): T {
    if (this.#synchronous !== synchronous) {
      this.#database.exec(`PRAGMA synchronous = ${synchronous}`);
      this.#synchronous = synchronous;
    }
    return inTransaction(this.#database, work);
  }
}
