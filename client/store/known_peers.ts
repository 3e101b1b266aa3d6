/**
 * The peers whose keys a client remembers.
 *
 * @module
 */

import type { Statements } from "../../shared/storage/late_statements.ts";
import { type PublicKey, publicKeyBytes, publicKeyFrom } from "../../shared/crypto/public_key.ts";
import {
  knownPeersMax,
  rejectedKeysMax,
  unknownSenderKeysMax,
  unknownSenderNamesMax,
} from "../../shared/protocol/limits.ts";
import type { Transactions } from "./transactions.ts";

/** A peer whose key is remembered. */
export interface KnownPeer {
  readonly key: PublicKey;
  /** Whether two people have compared words and found that it is the right key. */
  readonly verified: boolean;
}

/** What became of a key that is new. */
export type Meeting = "remembered" | "full" | "another-is-known";

/**
 * The remembered keys, by the names of their owners. A *contact* is a name and key that the user has called,
 * answered or trusted; the others are unknown senders.
 */
export class KnownPeers {
  readonly #transactions: Transactions;
  readonly #sql: ReturnType<typeof prepare>;

  constructor(statements: Statements, transactions: Transactions) {
    this.#transactions = transactions;
    this.#sql = prepare(statements);
  }

  /** The key that is remembered under a name. @throws {UserError} If the store cannot be read. */
  find(name: string): KnownPeer | undefined {
    const row = this.#transactions.reading("read-keys", () => this.#sql.find.get(name)) as
      | { key: Uint8Array; verified: number }
      | undefined;
    return row && { key: publicKeyFrom(row.key), verified: row.verified === 1 };
  }

  /**
   * Remembers the key of a new peer. A caller can call under any number of names, so of one key only some are
   * remembered, and the oldest unknown senders make room for the newest one. Contacts never make room.
   *
   * @param unknownSinceMs The time of day, if the peer has called: milliseconds since 1970, UTC. Undefined if the
   * user has called the peer, who is a contact then.
   * @param vouched Whether a server vouches for the key. Then it takes the place of an unknown sender's under the
   * same name for which none does.
   * @throws {UserError} If the store cannot be written.
   */
  meet(
    name: string,
    key: PublicKey,
    unknownSinceMs: number | undefined,
    vouched = false,
  ): Meeting {
    return this.#write(() => {
      if (unknownSinceMs !== undefined) {
        this.#sql.forgetNames.run(publicKeyBytes(key), unknownSenderNamesMax - 1);
        const tooMany = this.#count("countUnknown") + 1 - unknownSenderKeysMax;
        if (tooMany > 0) this.#sql.forgetUnknown.run(tooMany);
      } else if (this.#count("countContacts") >= knownPeersMax) {
        return "full";
      }
      if (vouched) this.#sql.displace.run(name);
      const { changes } = this.#sql.meet.run(name, publicKeyBytes(key), unknownSinceMs ?? null);
      if (vouched) this.#sql.vouch.run(name, publicKeyBytes(key));
      return changes === 0 ? "another-is-known" : "remembered";
    });
  }

  /** All names that have a key: the verified ones, then the other contacts. @throws {UserError} As {@linkcode find}. */
  names(): (Pick<KnownPeer, "verified"> & { readonly name: string; readonly contact: boolean })[] {
    const rows = this.#transactions.reading("read-keys", () => this.#sql.names.all());
    return (rows as { name: string; verified: number; contact: number }[])
      .map(({ name, verified, contact }) => ({
        name,
        verified: verified === 1,
        contact: contact === 1,
      }));
  }

  /** Whether a name and key are a contact. @throws {UserError} If the store cannot be read. */
  isContact(name: string, key: PublicKey): boolean {
    const found = this.#transactions.reading(
      "read-keys",
      () => this.#sql.contact.get(name, publicKeyBytes(key)),
    );
    return found !== undefined;
  }

  /**
   * Makes an unknown sender a contact, unless there are too many contacts.
   *
   * @throws {UserError} If the store cannot be written.
   */
  addContact(name: string, key: PublicKey): void {
    this.#write(() => {
      if (this.#count("countContacts") >= knownPeersMax) return;
      this.#sql.addContact.run(name, publicKeyBytes(key));
    });
  }

  /** Makes unknown senders of the contacts with a key. @throws {UserError} If the store cannot be written. */
  removeContacts(key: PublicKey, unknownSinceMs: number): void {
    this.#write(() => this.#sql.removeContacts.run(unknownSinceMs, publicKeyBytes(key)));
  }

  /** The keys that a fingerprint may belong to. @throws {UserError} As {@linkcode find}. */
  keys(): PublicKey[] {
    const rows = this.#transactions.reading("read-keys", () => this.#sql.keys.all());
    return (rows as { key: Uint8Array }[]).map(({ key }) => publicKeyFrom(key));
  }

  /**
   * Remembers a key that the user has decided on, in place of another one. It is not verified then, and a
   * contact.
   *
   * @returns False if there are too many contacts to add one.
   * @throws {UserError} If the store cannot be written.
   */
  remember(name: string, key: PublicKey): boolean {
    return this.#write(() => {
      const isKnown = this.#sql.find.get(name) !== undefined;
      if (!isKnown && this.#count("countContacts") >= knownPeersMax) return false;
      this.#sql.put.run({ name, key: publicKeyBytes(key) });
      this.#sql.takeBack.run(name, publicKeyBytes(key));
      return true;
    });
  }

  /** Notes that a key is its owner's. @throws {UserError} If the store cannot be written. */
  markVerified(name: string, key: PublicKey): void {
    this.#write(() => this.#sql.verify.run(name, publicKeyBytes(key)));
  }

  /**
   * Forgets a key, and notes that it is not its owner's, until the user decides otherwise. The oldest of such
   * notes make room for new ones.
   *
   * @throws {UserError} If the store cannot be written.
   */
  reject(name: string, key: PublicKey): void {
    this.#write(() => {
      this.#sql.forget.run(name, publicKeyBytes(key));
      this.#sql.reject.run(name, publicKeyBytes(key));
      this.#sql.forgetRejected.run(rejectedKeysMax);
    });
  }

  /** Whether a key was found not to be that of a name's owner. @throws {UserError} As {@linkcode find}. */
  isRejected(name: string, key: PublicKey): boolean {
    const found = this.#transactions.reading(
      "read-keys",
      () => this.#sql.rejected.get(name, publicKeyBytes(key)),
    );
    return found !== undefined;
  }

  /**
   * Whether the key of a name is only known from calls: its owner is no contact, and no server has vouched for it.
   *
   * @throws {UserError} If the store cannot be read.
   */
  isProvisional(name: string): boolean {
    return this.#transactions.reading("read-keys", () => this.#sql.provisional.get(name)) !==
      undefined;
  }

  /** Notes that a server vouches for a key that is remembered. @throws {UserError} If the store cannot be written. */
  markVouched(name: string, key: PublicKey): void {
    this.#write(() => this.#sql.vouch.run(name, publicKeyBytes(key)));
  }

  #write<T>(work: () => T): T {
    return this.#transactions.swift("save-key", work);
  }

  #count(statement: "countContacts" | "countUnknown"): number {
    return (this.#sql[statement].get() as { count: number }).count;
  }
}

/** The key of a name is only known from calls: its owner is no contact, and no server has vouched for it. */
const provisional = `name = ? AND stranger_since_ms IS NOT NULL
  AND NOT EXISTS (SELECT 1 FROM vouched_peers WHERE name = known_peers.name)`;

/** The statements. */
function prepare(statements: Statements) {
  return {
    find: statements.prepare("SELECT key, verified FROM known_peers WHERE name = ?"),
    provisional: statements.prepare(`SELECT 1 FROM known_peers WHERE ${provisional}`),
    countContacts: statements.prepare(
      "SELECT count(*) AS count FROM known_peers WHERE stranger_since_ms IS NULL",
    ),
    countUnknown: statements.prepare(
      "SELECT count(*) AS count FROM known_peers WHERE stranger_since_ms IS NOT NULL",
    ),
    forgetUnknown: statements.prepare(
      `DELETE FROM known_peers WHERE name IN (
         SELECT name FROM known_peers WHERE stranger_since_ms IS NOT NULL
         ORDER BY stranger_since_ms LIMIT ?)`,
    ),
    forgetNames: statements.prepare(
      `DELETE FROM known_peers WHERE name IN (
         SELECT name FROM known_peers WHERE key = ? AND stranger_since_ms IS NOT NULL
         ORDER BY stranger_since_ms DESC LIMIT -1 OFFSET ?)`,
    ),
    // Another program may have met a peer of that name in the meantime.
    meet: statements.prepare(
      // The clock may go backwards, and the oldest make room: nobody is older than those who were there before.
      `INSERT INTO known_peers (name, key, stranger_since_ms) VALUES (?1, ?2,
         CASE WHEN ?3 IS NOT NULL THEN max(?3,
           (SELECT coalesce(max(stranger_since_ms), -1) + 1 FROM known_peers
            WHERE stranger_since_ms IS NOT NULL)) END)
       ON CONFLICT (name) DO NOTHING`,
    ),
    names: statements.prepare(
      `SELECT name, verified, stranger_since_ms IS NULL AS contact FROM known_peers
       ORDER BY verified DESC, contact DESC, name`,
    ),
    contact: statements.prepare(
      "SELECT 1 FROM known_peers WHERE name = ? AND key = ? AND stranger_since_ms IS NULL",
    ),
    addContact: statements.prepare(
      `UPDATE known_peers SET stranger_since_ms = NULL
       WHERE name = ? AND key = ? AND stranger_since_ms IS NOT NULL`,
    ),
    removeContacts: statements.prepare(
      "UPDATE known_peers SET stranger_since_ms = ? WHERE key = ? AND stranger_since_ms IS NULL",
    ),
    keys: statements.prepare("SELECT DISTINCT key FROM known_peers"),
    put: statements.prepare(
      `INSERT INTO known_peers (name, key) VALUES (:name, :key)
       ON CONFLICT (name) DO UPDATE SET key = excluded.key, stranger_since_ms = NULL,
         verified = CASE WHEN key = excluded.key THEN verified ELSE 0 END`,
    ),
    displace: statements.prepare(`DELETE FROM known_peers WHERE ${provisional}`),
    vouch: statements.prepare(
      `INSERT OR IGNORE INTO vouched_peers
       SELECT name FROM known_peers WHERE name = ? AND key = ?`,
    ),
    verify: statements.prepare("UPDATE known_peers SET verified = 1 WHERE name = ? AND key = ?"),
    forget: statements.prepare("DELETE FROM known_peers WHERE name = ? AND key = ?"),
    reject: statements.prepare("INSERT OR REPLACE INTO rejected_keys (name, key) VALUES (?, ?)"),
    forgetRejected: statements.prepare(
      `DELETE FROM rejected_keys WHERE number <=
         (SELECT number FROM rejected_keys ORDER BY number DESC LIMIT 1 OFFSET ?)`,
    ),
    rejected: statements.prepare("SELECT 1 FROM rejected_keys WHERE name = ? AND key = ?"),
    takeBack: statements.prepare("DELETE FROM rejected_keys WHERE name = ? AND key = ?"),
  };
}
