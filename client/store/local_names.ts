/**
 * What the user calls people, each by a name and the key that it had then.
 *
 * @module
 */

import type { Statements } from "../../shared/storage/late_statements.ts";
import type { Fingerprint } from "../../shared/crypto/public_key.ts";
import { listedKeysMax } from "./store_limits.ts";
import type { Transactions } from "./transactions.ts";

/** What somebody is called. */
interface LocalName {
  /** The name by which they are known to others. */
  readonly name: string;
  /** Of the key that the name had: a local name is not that of another key. */
  readonly fingerprint: Fingerprint;
  readonly localName: string;
}

/** The local names in a store. */
export class LocalNames {
  readonly #transactions: Transactions;
  readonly #sql: ReturnType<typeof prepare>;

  constructor(statements: Statements, transactions: Transactions) {
    this.#transactions = transactions;
    this.#sql = prepare(statements);
  }

  /** What somebody is called; undefined if nothing else. @throws {UserError} If the store cannot be read. */
  of(name: string): LocalName | undefined {
    return this.#transactions.reading("read-keys", () => this.#sql.find.get(name)) as
      | LocalName
      | undefined;
  }

  /**
   * Calls somebody something, instead of what they were called; durable.
   *
   * @returns False if too many have a local name already.
   * @throws {UserError} If the store cannot be written.
   */
  set({ name, fingerprint, localName }: LocalName): boolean {
    return this.#transactions.durable("save-key", () => {
      const { count } = this.#sql.count.get() as { count: number };
      if (count >= listedKeysMax && this.of(name) === undefined) return false;
      this.#sql.set.run(name, fingerprint, localName);
      return true;
    });
  }

  /** Calls somebody by their name again. @throws {UserError} If the store cannot be written. */
  delete(name: string): void {
    this.#transactions.durable("save-key", () => this.#sql.delete.run(name));
  }

  /** All of them, by their names. @throws {UserError} If the store cannot be read. */
  all(): LocalName[] {
    return this.#transactions.reading(
      "read-keys",
      () => this.#sql.all.all(),
    ) as unknown as LocalName[];
  }
}

/** The statements. */
function prepare(statements: Statements) {
  const columns = "name, fingerprint, local_name AS localName";
  return {
    find: statements.prepare(`SELECT ${columns} FROM local_names WHERE name = ?`),
    count: statements.prepare("SELECT count(*) AS count FROM local_names"),
    set: statements.prepare(
      `INSERT INTO local_names (name, fingerprint, local_name) VALUES (?, ?, ?)
       ON CONFLICT (name) DO UPDATE SET fingerprint = excluded.fingerprint,
         local_name = excluded.local_name`,
    ),
    delete: statements.prepare("DELETE FROM local_names WHERE name = ?"),
    all: statements.prepare(`SELECT ${columns} FROM local_names ORDER BY name`),
  };
}
