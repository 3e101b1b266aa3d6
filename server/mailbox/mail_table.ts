/**
 * The mails in a database.
 *
 * @module
 */

import type { DatabaseSync, StatementSync } from "node:sqlite";
import { type PublicKey, publicKeyBytes } from "../../shared/crypto/public_key.ts";
import type { MailCapacity } from "../limits/limits.ts";

/** Which mailbox it is: that of a client id, and of the key that owns it. */
export interface MailboxAddress {
  readonly clientId: string;
  readonly key: PublicKey;
}

/** A mail that a client deposits. */
export interface Mail {
  readonly to: MailboxAddress;
  readonly sender: PublicKey;
  /** Chosen by the sender. The same id from the same sender for the same mailbox is the same mail. */
  readonly id: string;
  readonly data: Uint8Array;
}

/** A mail in a mailbox. */
export interface KeptMail {
  readonly number: number;
  readonly data: Uint8Array;
}

/** Which bound a mail would pass. */
export type FullReason = "mailbox-full" | "share-full" | "sender-full" | "full";

interface Amount {
  readonly mails: number;
  readonly bytes: number;
}

/** Adds, finds and deletes mails. */
export class MailTable {
  readonly #capacity: MailCapacity;
  readonly #sql: Record<
    | "find"
    | "mailbox"
    | "share"
    | "sender"
    | "total"
    | "add"
    | "remove"
    | "count"
    | "next"
    | "expire"
    | "renew",
    StatementSync
  >;

  constructor(connection: DatabaseSync, capacity: MailCapacity) {
    this.#capacity = capacity;
    const prepare = (sql: string) => connection.prepare(sql);
    const amount = "SELECT count(*) AS mails, coalesce(sum(bytes), 0) AS bytes FROM mails WHERE";
    this.#sql = {
      find: prepare("SELECT 1 FROM mails WHERE name = ? AND key = ? AND sender = ? AND id = ?"),
      mailbox: prepare(`${amount} name = ? AND key = ?`),
      share: prepare(`${amount} name = ? AND key = ? AND sender = ?`),
      sender: prepare(`${amount} sender = ?`),
      total: prepare("SELECT mails, bytes FROM total"),
      add: prepare(
        `INSERT INTO mails (name, key, sender, id, at_ms, bytes, data)
         VALUES (:name, :key, :sender, :id, :now, :bytes, :data)`,
      ),
      remove: prepare("DELETE FROM mails WHERE number = ? AND name = ? AND key = ?"),
      count: prepare("SELECT count(*) AS count FROM mails WHERE name = ? AND key = ?"),
      // From the index alone: the mails behind the first are not looked at.
      next: prepare(
        `SELECT number, data FROM mails WHERE number =
         (SELECT min(number) FROM mails WHERE name = ? AND key = ? AND number > ?)`,
      ),
      expire: prepare(
        `DELETE FROM mails WHERE number IN
         (SELECT number FROM mails WHERE at_ms <= ? ORDER BY at_ms LIMIT ?)`,
      ),
      renew: prepare("UPDATE mails SET at_ms = :now WHERE at_ms >= :from"),
    };
  }

  /**
   * Adds a mail, unless it is there already or there is no room for it. To be called within a transaction.
   *
   * @param nowMs The time of day.
   */
  add({ to, sender, id, data }: Mail, nowMs: number): "added" | "duplicate" | FullReason {
    const { clientId: name } = to;
    const [key, senderKey] = [publicKeyBytes(to.key), publicKeyBytes(sender)];
    if (this.#sql.find.get(name, key, senderKey, id) !== undefined) return "duplicate";
    const bytes = data.length;
    const refusal = this.#fullReason(name, key, senderKey, bytes);
    if (refusal !== undefined) return refusal;
    this.#sql.add.run({ name, key, sender: senderKey, id, now: nowMs, bytes, data });
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
  count({ clientId, key }: MailboxAddress): number {
    return (this.#sql.count.get(clientId, publicKeyBytes(key)) as { count: number }).count;
  }

  /** Deletes mails that came at this time of day or before, the oldest first. @returns How many. */
  expire(untilMs: number, limit: number): number {
    return Number(this.#sql.expire.run(untilMs, limit).changes);
  }

  /** Gives the mails that came at a time or later another time. */
  renew(fromMs: number, nowMs: number): void {
    this.#sql.renew.run({ from: fromMs, now: nowMs });
  }

  #fullReason(
    name: string,
    key: Uint8Array,
    sender: Uint8Array,
    bytes: number,
  ): FullReason | undefined {
    const { mailbox, share, sender: bySender, total } = this.#sql;
    const isOver = (statement: StatementSync, of: (string | Uint8Array)[], max: Amount) => {
      const amount = statement.get(...of) as unknown as Amount;
      return amount.mails + 1 > max.mails || amount.bytes + bytes > max.bytes;
    };
    const { mailboxMails, mailboxBytes, shareMails, shareBytes } = this.#capacity;
    const { senderMails, senderBytes, mails, mailsBytes } = this.#capacity;
    if (isOver(mailbox, [name, key], { mails: mailboxMails, bytes: mailboxBytes })) {
      return "mailbox-full";
    }
    if (isOver(share, [name, key, sender], { mails: shareMails, bytes: shareBytes })) {
      return "share-full";
    }
    if (isOver(bySender, [sender], { mails: senderMails, bytes: senderBytes })) {
      return "sender-full";
    }
    return isOver(total, [], { mails, bytes: mailsBytes }) ? "full" : undefined;
  }
}
