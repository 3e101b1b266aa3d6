/**
 * Keys of which the user has said something: those that are blocked, and those that are ignored.
 *
 * @module
 */

import type { Statements } from "../../shared/storage/late_statements.ts";
import type { Fingerprint } from "../../shared/crypto/public_key.ts";
import { listedKeysMax } from "./store_limits.ts";
import type { Transactions } from "./transactions.ts";

/** A key of a list. */
interface ListedKey {
  readonly fingerprint: Fingerprint;
  /** Whom it was known as; undefined if the user has named the key alone. */
  readonly name: string | undefined;
}

/** A list of keys in a store, by their fingerprints. */
export class KeyList {
  readonly #transactions: Transactions;
  readonly #sql: ReturnType<typeof prepare>;

  constructor(
    statements: Statements,
    transactions: Transactions,
    table: "blocked_keys" | "ignored_keys",
  ) {
    this.#transactions = transactions;
    this.#sql = prepare(statements, table);
  }

  /** Whether a key is on it. @throws {UserError} If the store cannot be read. */
  has(fingerprint: Fingerprint): boolean {
    return this.#transactions.reading("read-keys", () => this.#sql.find.get(fingerprint)) !==
      undefined;
  }

  /**
   * Puts a key on it; durable.
   *
   * @param atMs The time of day: milliseconds since 1970, UTC.
   * @returns False if there are too many already.
   * @throws {UserError} If the store cannot be written.
   */
  add({ fingerprint, name }: ListedKey, atMs: number): boolean {
    return this.#transactions.durable("save-key", () => {
      const { count } = this.#sql.count.get() as { count: number };
      if (count >= listedKeysMax && !this.has(fingerprint)) return false;
      this.#sql.add.run(fingerprint, name ?? null, atMs);
      return true;
    });
  }

  /** Takes a key off it. @throws {UserError} If the store cannot be written. */
  delete(fingerprint: Fingerprint): void {
    this.#transactions.durable("save-key", () => this.#sql.delete.run(fingerprint));
  }

  /** All of them, those that came last first. @throws {UserError} If the store cannot be read. */
  all(): ListedKey[] {
    const rows = this.#transactions.reading("read-keys", () => this.#sql.all.all());
    return (rows as { fingerprint: Fingerprint; name: string | null }[])
      .map(({ fingerprint, name }) => ({ fingerprint, name: name ?? undefined }));
  }

  /** Those that the user means by a fingerprint, or by a name. @throws {UserError} If the store cannot be read. */
  meant(who: string): ListedKey[] {
    return this.all().filter(({ fingerprint, name }) => fingerprint === who || name === who);
  }
}

/** The statements. */
function prepare(statements: Statements, table: string) {
  return {
    find: statements.prepare(`SELECT 1 FROM ${table} WHERE fingerprint = ?`),
    count: statements.prepare(`SELECT count(*) AS count FROM ${table}`),
    add: statements.prepare(
      `INSERT INTO ${table} (fingerprint, name, at_ms) VALUES (?, ?, ?)
       ON CONFLICT (fingerprint) DO UPDATE SET name = coalesce(excluded.name, name)`,
    ),
    delete: statements.prepare(`DELETE FROM ${table} WHERE fingerprint = ?`),
    all: statements.prepare(
      `SELECT fingerprint, name FROM ${table} ORDER BY at_ms DESC, fingerprint`,
    ),
  };
}
