/**
 * The tokens by which a server knows contacts: those that peers have given us, and whom we have given ours.
 *
 * @module
 */

import type { Statements } from "../../shared/storage/late_statements.ts";
import { type PublicKey, publicKeyBytes, publicKeyFrom } from "../../shared/crypto/public_key.ts";
import { knownPeersMax, unknownSenderKeysMax } from "../../shared/protocol/limits.ts";
import type { Transactions } from "./transactions.ts";

/** A contact, as a server is told of them. */
export interface TokenHolder {
  readonly name: string;
  readonly key: PublicKey;
  /** The epoch of the token that they were given last; undefined if they have none. */
  readonly givenEpoch: number | undefined;
}

/** Keys that tokens are kept of, at most: beyond it those go that are not remembered otherwise. */
const tokensMax = knownPeersMax + unknownSenderKeysMax;

/** The tokens. */
export class ContactTokens {
  readonly #transactions: Transactions;
  readonly #sql: ReturnType<typeof prepare>;

  constructor(statements: Statements, transactions: Transactions) {
    this.#transactions = transactions;
    this.#sql = prepare(statements);
  }

  /** How often our tokens were made anew. @throws {UserError} If the store cannot be read. */
  get epoch(): number {
    return this.#reading(() => this.#sql.epoch.get() as { epoch: number }).epoch;
  }

  /** Makes our tokens anew: those of a later epoch. @throws {UserError} If the store cannot be written. */
  advance(epoch: number): void {
    this.#write(() => this.#sql.advance.run(epoch, epoch));
  }

  /** The token that a peer has given us. @throws {UserError} If the store cannot be read. */
  of(key: PublicKey): Uint8Array | undefined {
    const row = this.#reading(() => this.#sql.find.get(publicKeyBytes(key)));
    return (row as { token: Uint8Array | null } | undefined)?.token ?? undefined;
  }

  /** Keeps the token that a peer has given us. @throws {UserError} If the store cannot be written. */
  keep(key: PublicKey, token: Uint8Array): void {
    this.#write(() => {
      this.#sql.keep.run(publicKeyBytes(key), token);
      const { count } = this.#sql.count.get() as { count: number };
      if (count > tokensMax) this.#sql.forgetUnknown.run();
    });
  }

  /**
   * Notes that a peer has our token of an epoch.
   *
   * @returns Whether that is new.
   * @throws {UserError} If the store cannot be written.
   */
  noteGiven(key: PublicKey, epoch: number): boolean {
    return this.#write(() => this.#sql.give.run(publicKeyBytes(key), epoch).changes > 0);
  }

  /**
   * The contacts, those first who were talked to last.
   *
   * @param self Our own id.
   * @throws {UserError} If the store cannot be read.
   */
  contacts(self: string, limit: number): TokenHolder[] {
    const rows = this.#reading(() => this.#sql.contacts.all(self, limit));
    return (rows as { name: string; key: Uint8Array; given: number | null }[])
      .map(({ name, key, given }) => ({
        name,
        key: publicKeyFrom(key),
        givenEpoch: given ?? undefined,
      }));
  }

  #reading<T>(work: () => T): T {
    return this.#transactions.reading("read-keys", work);
  }

  #write<T>(work: () => T): T {
    return this.#transactions.swift("save-key", work);
  }
}

/** The statements. */
function prepare(statements: Statements) {
  return {
    epoch: statements.prepare("SELECT epoch FROM contact_epoch"),
    advance: statements.prepare("UPDATE contact_epoch SET epoch = ? WHERE epoch < ?"),
    find: statements.prepare("SELECT token FROM contact_tokens WHERE key = ?"),
    keep: statements.prepare(
      `INSERT INTO contact_tokens (key, token) VALUES (?, ?)
       ON CONFLICT (key) DO UPDATE SET token = excluded.token`,
    ),
    count: statements.prepare("SELECT count(*) AS count FROM contact_tokens"),
    forgetUnknown: statements.prepare(
      "DELETE FROM contact_tokens WHERE key NOT IN (SELECT key FROM known_peers)",
    ),
    give: statements.prepare(
      `INSERT INTO contact_tokens (key, given_epoch) VALUES (?, ?)
       ON CONFLICT (key) DO UPDATE SET given_epoch = excluded.given_epoch
       WHERE given_epoch IS NOT excluded.given_epoch`,
    ),
    contacts: statements.prepare(
      `SELECT name, key, given_epoch AS given
       FROM known_peers LEFT JOIN contact_tokens USING (key)
       LEFT JOIN (SELECT name, key, last_at_ms FROM conversations WHERE self = ?) USING (name, key)
       WHERE stranger_since_ms IS NULL ORDER BY coalesce(last_at_ms, 0) DESC, name LIMIT ?`,
    ),
  };
}
