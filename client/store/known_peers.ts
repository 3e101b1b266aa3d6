/**
 * The peers whose keys a client remembers.
 *
 * @module
 */

import type { DatabaseSync, StatementSync } from "node:sqlite";
import { type PublicKey, publicKeyBytes, publicKeyFrom } from "../../shared/crypto/public_key.ts";
import { knownPeersMax, knownStrangersMax } from "../../shared/protocol/limits.ts";

/** A peer whose key is remembered. */
export interface KnownPeer {
  readonly key: PublicKey;
  /** Whether two people have compared words and found that it is the right one. */
  readonly verified: boolean;
}

/** What became of a key that is new. */
export type Meeting = "remembered" | "full" | "another-is-known";

/** The remembered keys, by the names of their owners. */
export class KnownPeers {
  readonly #sql: Record<
    | "find"
    | "count"
    | "countStrangers"
    | "forgetStrangers"
    | "meet"
    | "acquaintance"
    | "engage"
    | "put"
    | "verify"
    | "forget",
    StatementSync
  >;

  /** @param database One that has the table `known_peers`. */
  constructor(database: DatabaseSync) {
    this.#sql = {
      find: database.prepare("SELECT key, verified FROM known_peers WHERE name = ?"),
      count: database.prepare(
        "SELECT count(*) AS count FROM known_peers WHERE stranger_since_ms IS NULL",
      ),
      countStrangers: database.prepare(
        "SELECT count(*) AS count FROM known_peers WHERE stranger_since_ms IS NOT NULL",
      ),
      forgetStrangers: database.prepare(
        `DELETE FROM known_peers WHERE name IN (
           SELECT name FROM known_peers WHERE stranger_since_ms IS NOT NULL
           ORDER BY stranger_since_ms LIMIT ?)`,
      ),
      // Another program may have met somebody of that name in the meantime.
      meet: database.prepare(
        `INSERT INTO known_peers (name, key, stranger_since_ms) VALUES (?, ?, ?)
         ON CONFLICT (name) DO NOTHING`,
      ),
      acquaintance: database.prepare(
        "SELECT 1 FROM known_peers WHERE name = ? AND key = ? AND stranger_since_ms IS NULL",
      ),
      engage: database.prepare(
        `UPDATE known_peers SET stranger_since_ms = NULL
         WHERE name = ? AND key = ? AND stranger_since_ms IS NOT NULL`,
      ),
      put: database.prepare(
        `INSERT INTO known_peers (name, key) VALUES (:name, :key)
         ON CONFLICT (name) DO UPDATE SET key = excluded.key, stranger_since_ms = NULL,
           verified = CASE WHEN key = excluded.key THEN verified ELSE 0 END`,
      ),
      verify: database.prepare("UPDATE known_peers SET verified = 1 WHERE name = ? AND key = ?"),
      forget: database.prepare("DELETE FROM known_peers WHERE name = ? AND key = ?"),
    };
  }

  /** Whose key is remembered under a name. */
  find(name: string): KnownPeer | undefined {
    const row = this.#sql.find.get(name) as { key: Uint8Array; verified: number } | undefined;
    return row && { key: publicKeyFrom(row.key), verified: row.verified === 1 };
  }

  /**
   * Remembers the key of somebody new. Whoever has called can call under any number of names: of those
   * whom the user has never answered, who came first makes room for who comes last. Those whom the user
   * has called or answered make room for nobody.
   *
   * @param strangerSinceMs The time of day where it is he who has called; undefined where we have.
   * @throws {Error} Where it cannot be written, as on a full disk.
   */
  meet(name: string, key: PublicKey, strangerSinceMs: number | undefined): Meeting {
    if (strangerSinceMs !== undefined) {
      const tooMany = this.#countOf("countStrangers") + 1 - knownStrangersMax;
      if (tooMany > 0) this.#sql.forgetStrangers.run(tooMany);
    } else if (this.#countOf("count") >= knownPeersMax) {
      return "full";
    }
    const { changes } = this.#sql.meet.run(name, publicKeyBytes(key), strangerSinceMs ?? null);
    return changes === 0 ? "another-is-known" : "remembered";
  }

  /** Whether the user has called or answered whoever has a key, ever. */
  isContact(name: string, key: PublicKey): boolean {
    return this.#sql.acquaintance.get(name, publicKeyBytes(key)) !== undefined;
  }

  /** Notes that the user has answered. @throws {Error} Where it cannot be written. */
  engage(name: string, key: PublicKey): void {
    if (this.#countOf("count") < knownPeersMax) this.#sql.engage.run(name, publicKeyBytes(key));
  }

  /**
   * Remembers a key that the user has decided on, in place of another one. It is not verified then.
   *
   * @returns False where so many are remembered that none is added.
   * @throws {Error} Where it cannot be written, as on a full disk.
   */
  remember(name: string, key: PublicKey): boolean {
    if (this.#countOf("count") >= knownPeersMax && this.find(name) === undefined) return false;
    this.#sql.put.run({ name, key: publicKeyBytes(key) });
    return true;
  }

  /** Notes that a key is known to be its owner's. @throws {Error} Where it cannot be written. */
  markVerified(name: string, key: PublicKey): void {
    this.#sql.verify.run(name, publicKeyBytes(key));
  }

  /** Forgets a key. @throws {Error} Where it cannot be written. */
  forget(name: string, key: PublicKey): void {
    this.#sql.forget.run(name, publicKeyBytes(key));
  }

  #countOf(statement: "count" | "countStrangers"): number {
    return (this.#sql[statement].get() as { count: number }).count;
  }
}
