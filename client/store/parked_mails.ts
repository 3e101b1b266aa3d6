/**
 * Mails that have been fetched and cannot be used yet: what comes before them is still to come, or nobody believes
 * their key. They lie here sealed as they came, so that none is fetched twice.
 *
 * @module
 */

import type { Statements } from "../../shared/storage/late_statements.ts";
import { type PublicKey, publicKeyBytes, publicKeyFrom } from "../../shared/crypto/public_key.ts";
import { parkedBytesMax, parkedMailsMax, parkedOfSenderMax } from "./store_limits.ts";
import type { Transactions } from "./transactions.ts";

/** A mail that is to be kept. */
export interface MailToPark {
  readonly sender: PublicKey;
  /** Whether the sender is a contact, who makes room for no unknown sender. */
  readonly isContact: boolean;
  /** The server that had it, as `host:port`. */
  readonly place: string;
  readonly envelope: Uint8Array;
}

/** A mail that is kept. */
export interface ParkedMail extends Pick<MailToPark, "sender" | "place" | "envelope"> {
  readonly id: number;
}

/** The mails. */
export class ParkedMails {
  readonly #transactions: Transactions;
  readonly #sql: ReturnType<typeof prepare>;

  constructor(statements: Statements, transactions: Transactions) {
    this.#transactions = transactions;
    this.#sql = prepare(statements);
  }

  /**
   * Keeps a mail (durable), unless there are enough of its sender: what comes later is of no use before these. If
   * there are too many in all, the oldest goes of the unknown sender who has the most, or else of such a contact.
   *
   * @param self Our own id.
   * @throws {UserError} If the store cannot be written.
   */
  park(self: string, { sender, isContact, place, envelope }: MailToPark): void {
    this.#transactions.durable("save-received", () => {
      const key = publicKeyBytes(sender);
      const { mails } = this.#sql.ofSender.get(self, key) as { mails: number };
      if (mails >= parkedOfSenderMax) return;
      this.#sql.park.run(self, key, Number(isContact), place, envelope);
      for (let all; (all = this.#all()).mails > parkedMailsMax || all.bytes > parkedBytesMax;) {
        this.#sql.dropLargest.run();
      }
    });
  }

  /**
   * The mails, the oldest first.
   *
   * @param sender Whose; undefined for everybody's.
   * @throws {UserError} If the store cannot be read.
   */
  list(self: string, sender?: PublicKey): ParkedMail[] {
    const key = sender === undefined ? null : publicKeyBytes(sender);
    const rows = this.#transactions.reading("read-received", () => this.#sql.list.all(self, key));
    return (rows as unknown as (ParkedMail & { sender: Uint8Array })[])
      .map(({ sender, ...mail }) => ({ ...mail, sender: publicKeyFrom(sender) }));
  }

  /** Forgets a mail. @throws {UserError} If the store cannot be written. */
  remove(id: number): void {
    this.#transactions.swift("save-received", () => this.#sql.remove.run(id));
  }

  #all(): { readonly mails: number; readonly bytes: number } {
    return this.#sql.all.get() as { mails: number; bytes: number };
  }
}

/** The statements, prepared. There are few mails, so that all may be looked at. */
function prepare(statements: Statements) {
  return {
    ofSender: statements.prepare(
      "SELECT count(*) AS mails FROM parked_mails WHERE self = ? AND sender = ?",
    ),
    park: statements.prepare(
      "INSERT INTO parked_mails (self, sender, contact, place, envelope) VALUES (?, ?, ?, ?, ?)",
    ),
    all: statements.prepare(
      "SELECT count(*) AS mails, coalesce(sum(length(envelope)), 0) AS bytes FROM parked_mails",
    ),
    dropLargest: statements.prepare(
      `DELETE FROM parked_mails WHERE id = (
         SELECT min(id) FROM parked_mails GROUP BY sender
         ORDER BY max(contact), sum(length(envelope)) + 4096 * count(*) DESC LIMIT 1)`,
    ),
    list: statements.prepare(
      `SELECT id, sender, place, envelope FROM parked_mails
       WHERE self = ?1 AND (?2 IS NULL OR sender = ?2) ORDER BY id`,
    ),
    remove: statements.prepare("DELETE FROM parked_mails WHERE id = ?"),
  };
}
