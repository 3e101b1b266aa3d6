/**
 * The X25519 keys that the owners of names have certified, so that mail can be sealed for somebody who is away and
 * has never been met.
 *
 * @module
 */

import type { DatabaseSync, StatementSync } from "node:sqlite";
import type { PublicKey } from "../../shared/crypto/public_key.ts";
import { isSameAgreement, parseAgreement } from "../../shared/protocol/agreement_record.ts";

/** What each owner of a name has shown last. It goes with the name and its owner. */
export class Agreements {
  readonly #sql: Record<"find" | "put" | "remove", StatementSync>;

  /** @param connection The database of names. */
  constructor(connection: DatabaseSync) {
    this.#sql = {
      find: connection.prepare("SELECT agreement FROM agreements WHERE name = ? AND key = ?"),
      // Another program may have given the name to somebody else.
      put: connection.prepare(
        `INSERT INTO agreements SELECT name, key, :agreement FROM names
         WHERE name = :name AND key = :key
         ON CONFLICT (name) DO UPDATE SET key = excluded.key, agreement = excluded.agreement`,
      ),
      remove: connection.prepare("DELETE FROM agreements WHERE name = ?"),
    };
  }

  /** The one of a name's owner; undefined if they have shown none. @throws {Error} If the database fails. */
  of(name: string, key: PublicKey): string | undefined {
    return (this.#sql.find.get(name, key) as { agreement: string } | undefined)?.agreement;
  }

  /**
   * Takes what the owner of a name shows when they register it. One who shows none has an earlier program now, which
   * does not open such mail. One that somebody else has signed counts as none. A key that was replaced does not come
   * back: somebody on the way may have kept its certificate.
   *
   * @throws {Error} If the database fails.
   */
  note(name: string, key: PublicKey, shown: string | undefined): void {
    const kept = this.of(name, key);
    if (kept === undefined && shown === undefined) return;
    // Certificates of one X25519 key are signed anew each day. That is worth no look at the signature, nor a write.
    if (kept !== undefined && shown !== undefined && isSameAgreement(kept, shown)) return;
    const found = shown === undefined ? undefined : parseAgreement(key, shown);
    if (found === undefined) {
      if (kept !== undefined) this.#sql.remove.run(name);
      return;
    }
    const before = kept === undefined ? undefined : parseAgreement(key, kept);
    if (before !== undefined && before.terms.number >= found.terms.number) return;
    this.#sql.put.run({ name, key, agreement: shown! });
  }
}
