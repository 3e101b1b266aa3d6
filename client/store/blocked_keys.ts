/**
 * The keys that the user wants to hear nothing of.
 *
 * @module
 */

import type { DatabaseSync } from "node:sqlite";
import type { Fingerprint } from "../../shared/crypto/public_key.ts";
import { blockedKeysMax } from "./store_limits.ts";
import type { Transactions } from "./transactions.ts";

/** A key that is blocked. */
export interface BlockedKey {
  readonly fingerprint: Fingerprint;
  /** Whom it was known as; undefined if the user has named the key alone. */
  readonly name: string | undefined;
}

/** The blocked keys of a store, by their fingerprints. */
export class BlockedKeys {
  readonly #transactions: Transactions;
  readonly #sql: ReturnType<typeof prepare>;

  constructor(database: DatabaseSync, transactions: Transactions) {
    this.#transactions = transactions;
    this.#sql = prepare(database);
  }

  /** Whether a key is blocked. @throws {UserError} If the store cannot be read. */
  has(fingerprint: Fingerprint): boolean {
    return this.#transactions.reading("read-keys", () => this.#sql.find.get(fingerprint)) !==
      undefined;
  }

  /**
   * Blocks a key; durable.
   *
   * @param atMs The time of day: milliseconds since 1970, UTC.
   * @returns False if there are too many already.
   * @throws {UserError} If the store cannot be written.
   */
  add({ fingerprint, name }: BlockedKey, atMs: number): boolean {
    return this.#transactions.durable("save-key", () => {
      const { count } = this.#sql.count.get() as { count: number };
      if (count >= blockedKeysMax && !this.has(fingerprint)) return false;
      this.#sql.add.run(fingerprint, name ?? null, atMs);
      return true;
    });
  }

  /** Blocks a key no more. @throws {UserError} If the store cannot be written. */
  delete(fingerprint: Fingerprint): void {
    this.#transactions.durable("save-key", () => this.#sql.delete.run(fingerprint));
  }

  /** All of them, those that were blocked last first. @throws {UserError} If the store cannot be read. */
  all(): BlockedKey[] {
    const rows = this.#transactions.reading("read-keys", () => this.#sql.all.all());
    return (rows as { fingerprint: Fingerprint; name: string | null }[])
      .map(({ fingerprint, name }) => ({ fingerprint, name: name ?? undefined }));
  }
}

/** The statements, prepared. */
function prepare(database: DatabaseSync) {
  return {
    find: database.prepare("SELECT 1 FROM blocked_keys WHERE fingerprint = ?"),
    count: database.prepare("SELECT count(*) AS count FROM blocked_keys"),
    add: database.prepare(
      `INSERT INTO blocked_keys (fingerprint, name, at_ms) VALUES (?, ?, ?)
       ON CONFLICT (fingerprint) DO UPDATE SET name = coalesce(excluded.name, name)`,
    ),
    delete: database.prepare("DELETE FROM blocked_keys WHERE fingerprint = ?"),
    all: database.prepare(
      "SELECT fingerprint, name FROM blocked_keys ORDER BY at_ms DESC, fingerprint",
    ),
  };
}
