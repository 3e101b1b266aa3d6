/**
 * Changing the store wholly or not at all, and saying why if that fails.
 *
 * @module
 */

import type { DatabaseSync } from "node:sqlite";
import { databaseReason, isDatabaseFailure } from "../../shared/storage/database_error.ts";
import { Transactions as DatabaseTransactions } from "../../shared/storage/transactions.ts";
import type { StoreAction } from "../problems/store_problem.ts";
import { UserError } from "../user_error.ts";

/** The transactions of one connection to the store. */
export class Transactions {
  readonly #database: DatabaseTransactions;

  constructor(database: DatabaseSync) {
    this.#database = new DatabaseTransactions(database);
  }

  /**
   * Runs `work` in a transaction that has been forced onto the disk when this returns: no crash undoes it.
   *
   * @throws {UserError} If the database refuses; then nothing of it is done.
   */
  durable<T>(action: StoreAction, work: () => T): T {
    return this.reading(action, () => this.#database.durable(work));
  }

  /** Like {@linkcode durable}, but a crash of the machine may undo it. */
  swift<T>(action: StoreAction, work: () => T): T {
    return this.reading(action, () => this.#database.swift(work));
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
}
