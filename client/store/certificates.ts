/**
 * The latest certificate of each peer's X25519 key, so that one that came before it is not taken again.
 *
 * @module
 */

import type { Statements } from "../../shared/storage/late_statements.ts";
import type { CertificateTerms } from "../../shared/crypto/identity.ts";
import { type PublicKey, publicKeyBytes } from "../../shared/crypto/public_key.ts";
import type { Transactions } from "./transactions.ts";

/** The certificate with the highest number that was seen of a peer. */
export interface LatestCertificate extends CertificateTerms {
  /** The X25519 key that it is for. */
  readonly agreement: Uint8Array;
  /** Whether the peer understands such certificates in mail, as it said last. */
  readonly inMail: boolean;
}

interface Row {
  readonly agreement: Uint8Array;
  readonly number: number;
  readonly date_s: number;
  readonly in_mail: number;
}

/** The certificates. They are kept as long as the keys that have signed them are remembered. */
export class Certificates {
  readonly #transactions: Transactions;
  readonly #sql: ReturnType<typeof prepare>;

  constructor(statements: Statements, transactions: Transactions) {
    this.#transactions = transactions;
    this.#sql = prepare(statements);
  }

  /** The latest of a key; undefined if none with a number was seen. @throws {UserError} If the store cannot be read. */
  latest(key: PublicKey): LatestCertificate | undefined {
    const row = this.#transactions.reading(
      "read-keys",
      () => this.#sql.find.get(publicKeyBytes(key)),
    ) as Row | undefined;
    return row && {
      agreement: row.agreement,
      number: row.number,
      dateS: row.date_s,
      inMail: row.in_mail === 1,
    };
  }

  /**
   * Remembers a certificate, if its number is higher than the one that is remembered and its key is known.
   *
   * @throws {UserError} If the store cannot be written.
   */
  note(key: PublicKey, { agreement, number, dateS, inMail }: LatestCertificate): void {
    this.#transactions.swift(
      "save-key",
      () => this.#sql.note.run(publicKeyBytes(key), agreement, number, dateS, Number(inMail)),
    );
  }

  /** Notes that a peer does not understand them in mail now. @throws {UserError} As {@linkcode note}. */
  noteNotInMail(key: PublicKey): void {
    this.#transactions.swift("save-key", () => this.#sql.notInMail.run(publicKeyBytes(key)));
  }
}

/** The statements. */
function prepare(statements: Statements) {
  return {
    find: statements.prepare(
      "SELECT agreement, number, date_s, in_mail FROM certificates WHERE key = ?",
    ),
    // Another program may have seen a later one in the meantime.
    note: statements.prepare(
      `INSERT INTO certificates (key, agreement, number, date_s, in_mail)
       SELECT ?1, ?2, ?3, ?4, ?5 WHERE EXISTS (SELECT 1 FROM known_peers WHERE key = ?1)
       ON CONFLICT (key) DO UPDATE SET in_mail = excluded.in_mail,
         agreement = iif(excluded.number > number, excluded.agreement, agreement),
         date_s = iif(excluded.number > number, excluded.date_s, date_s),
         number = max(excluded.number, number)`,
    ),
    notInMail: statements.prepare("UPDATE certificates SET in_mail = 0 WHERE key = ?"),
  };
}
