/**
 * What the user has chosen for later runs as well.
 *
 * @module
 */

import type { Statements } from "../../shared/storage/late_statements.ts";
import type { Transactions } from "./transactions.ts";

/** The settings in a store. What they mean is the affair of who names them. */
export class Settings {
  readonly #transactions: Transactions;
  readonly #sql: ReturnType<typeof prepare>;

  constructor(statements: Statements, transactions: Transactions) {
    this.#transactions = transactions;
    this.#sql = prepare(statements);
  }

  /** What was kept last, also by another version; undefined if nothing. @throws {UserError} If the store cannot be read. */
  of(name: string): string | undefined {
    const found = this.#transactions.reading("read-settings", () => this.#sql.find.get(name));
    return (found as { value: string } | undefined)?.value;
  }

  /** Keeps one, in the place of what was kept before. @throws {UserError} If the store cannot be written. */
  keep(name: string, value: string): void {
    this.#transactions.swift("save-setting", () => this.#sql.keep.run(name, value));
  }
}

/** The statements. */
function prepare(statements: Statements) {
  return {
    find: statements.prepare("SELECT value FROM settings WHERE name = ?"),
    keep: statements.prepare(
      `INSERT INTO settings (name, value) VALUES (?, ?)
       ON CONFLICT (name) DO UPDATE SET value = excluded.value`,
    ),
  };
}
