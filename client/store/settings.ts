/**
 * Small things that are remembered by their names.
 *
 * @module
 */

import type { DatabaseSync, StatementSync } from "node:sqlite";
import type { Transactions } from "./transactions.ts";

/** The settings of a store. */
export class Settings {
  readonly #transactions: Transactions;
  readonly #get: StatementSync;
  readonly #set: StatementSync;

  constructor(database: DatabaseSync, transactions: Transactions) {
    this.#transactions = transactions;
    this.#get = database.prepare("SELECT value FROM settings WHERE name = ?");
    this.#set = database.prepare(
      `INSERT INTO settings (name, value) VALUES (?, ?)
       ON CONFLICT (name) DO UPDATE SET value = excluded.value`,
    );
  }

  /** See {@linkcode Journal}. */
  setting(name: string): string | undefined {
    const row = this.#transactions.reading("read a setting", () => this.#get.get(name));
    return (row as { value: string } | undefined)?.value;
  }

  /** See {@linkcode Journal}. */
  setSetting(name: string, value: string): void {
    this.#transactions.swift("remember a setting", () => this.#set.run(name, value));
  }
}
