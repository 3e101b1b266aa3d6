/**
 * The mails in a database.
 *
 * @module
 */

import type { DatabaseSync, StatementSync } from "node:sqlite";
import { publicKeyBytes } from "../../shared/crypto/public_key.ts";
import type { MailCapacity } from "../limits/limits.ts";
import type { KeptMail, Mail, MailboxAddress } from "./mail.ts";
import { type FullReason, partOf, Room } from "./room.ts";

/** What becomes of a mail. */
export type AddOutcome = "added" | "duplicate" | FullReason;

/** Adds, finds and deletes mails. */
export class MailTable {
  readonly #room: Room;
  readonly #sql: Record<
    "find" | "add" | "remove" | "evict" | "next" | "expire" | "renew",
    StatementSync
  >;

  constructor(connection: DatabaseSync, capacity: MailCapacity) {
    const prepare = (sql: string) => connection.prepare(sql);
    this.#sql = {
      find: prepare("SELECT 1 FROM mails WHERE name = ? AND key = ? AND sender = ? AND id = ?"),
      add: prepare(
        `INSERT INTO mails (name, key, sender, id, at_ms, bytes, data, contact, source, site)
         VALUES (:name, :key, :sender, :id, :now, :bytes, :data, :contact, :source, :site)`,
      ),
      remove: prepare("DELETE FROM mails WHERE number = ? AND name = ? AND key = ?"),
      evict: prepare("DELETE FROM mails WHERE number = ?"),
      // From the index alone: the mails behind the first are not looked at.
      next: prepare(
        `SELECT number, data FROM mails WHERE number =
         (SELECT min(number) FROM mails INDEXED BY mails_in_order
          WHERE name = ? AND key = ? AND number > ?)`,
      ),
      expire: prepare(
        `DELETE FROM mails WHERE number IN
         (SELECT number FROM mails WHERE at_ms <= ? ORDER BY at_ms LIMIT ?)`,
      ),
      renew: prepare("UPDATE mails SET at_ms = :now WHERE at_ms >= :from"),
    };
    this.#room = new Room(connection, capacity, (number) => this.#sql.evict.run(number));
  }

  /** What would become of a mail now, if that can be said without adding it: it is there, or there is no room. */
  foresee(mail: Mail): "duplicate" | FullReason | undefined {
    return this.#isThere(mail) ? "duplicate" : this.#room.refusal(mail);
  }

  /**
   * Adds a mail, unless it is there already or there is no room for it. To be called within a transaction.
   *
   * @param nowMs The time of day.
   */
  add(mail: Mail, nowMs: number): AddOutcome {
    if (this.#isThere(mail)) return "duplicate";
    const refusal = this.#room.make(mail);
    if (refusal !== undefined) return refusal;
    const { to, sender, source, standing, id, data } = mail;
    this.#sql.add.run({
      name: to.clientId,
      key: publicKeyBytes(to.key),
      sender: publicKeyBytes(sender),
      id,
      now: nowMs,
      bytes: data.length,
      data,
      contact: Number(standing === "contact"),
      source: source.host,
      site: source.site,
    });
    return "added";
  }

  /** Deletes mails of one mailbox by their numbers. Those that are not in it mean nothing. */
  remove({ clientId, key }: MailboxAddress, numbers: readonly number[]): void {
    const keyColumn = publicKeyBytes(key);
    for (const number of numbers) this.#sql.remove.run(number, clientId, keyColumn);
  }

  /** The oldest mail of a mailbox with a number above `after`, if there is one. */
  next({ clientId, key }: MailboxAddress, after: number): KeptMail | undefined {
    return this.#sql.next.get(clientId, publicKeyBytes(key), after) as KeptMail | undefined;
  }

  /** How many mails there are in a mailbox. */
  count(to: MailboxAddress): number {
    return this.#room.count(partOf({ to }, true)) + this.#room.count(partOf({ to }, false));
  }

  /** Deletes mails that came at this time of day or before, the oldest first. @returns How many. */
  expire(untilMs: number, limit: number): number {
    return Number(this.#sql.expire.run(untilMs, limit).changes);
  }

  /** Gives the mails that came at a time or later another time. */
  renew(fromMs: number, nowMs: number): void {
    this.#sql.renew.run({ from: fromMs, now: nowMs });
  }

  #isThere({ to, sender, id }: Mail): boolean {
    const [key, from] = [publicKeyBytes(to.key), publicKeyBytes(sender)];
    return this.#sql.find.get(to.clientId, key, from, id) !== undefined;
  }
}
