/**
 * Whether there is room for a mail. What only one sender uses has a bound that this sender meets. Where many
 * share a bound, nobody is refused because of the others: whoever has the most there makes room, with the
 * oldest of their mails, for those who have less. So however much somebody leaves, everybody else keeps a share.
 *
 * @module
 */

import type { DatabaseSync, SQLInputValue, StatementSync } from "node:sqlite";
import { publicKeyBytes } from "../../shared/crypto/public_key.ts";
import { siteHostsMax } from "../../shared/protocol/limits.ts";
import type { MailCapacity } from "../limits/limits.ts";
import type { Mail } from "./mail.ts";

/** Which bound a mail would pass. */
export type FullReason = "mailbox-full" | "share-full" | "sender-full" | "host-full" | "full";

interface Amount {
  readonly mails: number;
  readonly bytes: number;
}

/** Where something is counted: a scope, and whose it is in there. */
type Place = readonly [scope: string, who: SQLInputValue];

/** A bound of one sender. */
interface OwnBound {
  readonly place: Place;
  readonly max: Amount;
  readonly reason: FullReason;
}

/** A bound that many share. */
interface SharedBound {
  /** All that counts for it. */
  readonly total: () => Amount;
  readonly max: Amount;
  /** Where each of them is counted, and who the mail's sender is there. */
  readonly scope: string;
  readonly who: SQLInputValue;
  /** Finds the oldest mail of one of them. */
  readonly oldestOf: (who: SQLInputValue) => number;
  readonly reason: FullReason;
}

/** Nobody loses more mails than this for one: else one deposit could take long. */
const evictedMax = 64;

const nothing: Amount = { mails: 0, bytes: 0 };

/** The room in a database of mails. */
export class Room {
  readonly #connection: DatabaseSync;
  readonly #capacity: MailCapacity;
  readonly #sql: Record<
    "amount" | "total" | "largest" | "ofDepositor" | "ofSource" | "ofKey",
    StatementSync
  >;
  readonly #evict: (number: number) => void;

  /** @param evict Deletes a mail that makes room. */
  constructor(connection: DatabaseSync, capacity: MailCapacity, evict: (number: number) => void) {
    this.#connection = connection;
    this.#capacity = capacity;
    this.#evict = evict;
    const prepare = (sql: string) => connection.prepare(sql);
    this.#sql = {
      amount: prepare("SELECT mails, bytes FROM amounts WHERE scope = ? AND who = ?"),
      total: prepare("SELECT mails, bytes FROM total"),
      largest: prepare(
        `SELECT who, mails, bytes FROM amounts WHERE scope = ? AND who <> ''
         ORDER BY bytes + 4096 * mails DESC LIMIT 1`,
      ),
      ofDepositor: prepare(
        `SELECT number FROM mails WHERE name = ? AND key = ? AND contact = ?
         AND iif(contact, sender, iif(source = '', sender, source)) = ? ORDER BY number LIMIT 1`,
      ),
      ofSource: prepare(
        `SELECT number FROM mails WHERE iif(source = '', sender, source) = ?
         ORDER BY number LIMIT 1`,
      ),
      ofKey: prepare(
        "SELECT number FROM mails WHERE sender = ? AND source = ? ORDER BY number LIMIT 1",
      ),
    };
  }

  /** How many mails there are in one part of a mailbox. */
  count(part: string): number {
    return this.#amount([part, ""]).mails;
  }

  /** Why there is no room for a mail; undefined if there is, or if somebody would have to make it. */
  refusal(mail: Mail): FullReason | undefined {
    const size = sizeOf(mail);
    for (const { place, max, reason } of this.#ownBounds(mail)) {
      if (exceeds(this.#amount(place), size, max)) return reason;
    }
    // What makes room within the first bound may make room within the others as well.
    const [narrow] = this.#narrowBounds(mail);
    if (narrow === undefined || this.#largerThan(narrow, size) !== undefined) return undefined;
    return narrow.reason;
  }

  /** Makes room for a mail, within a transaction. @returns Why it cannot; then everything stays as it was. */
  make(mail: Mail): FullReason | undefined {
    const refusal = this.refusal(mail);
    const narrow = this.#narrowBounds(mail);
    if (refusal !== undefined || narrow.length === 0) return refusal;
    this.#connection.exec("SAVEPOINT room");
    const failed = narrow.find((bound) => !this.#makeIn(bound, sizeOf(mail)));
    this.#connection.exec(failed === undefined ? "RELEASE room" : "ROLLBACK TO room; RELEASE room");
    return failed?.reason;
  }

  #narrowBounds(mail: Mail): SharedBound[] {
    const size = sizeOf(mail);
    return this.#sharedBounds(mail).filter(({ total, max }) => exceeds(total(), size, max));
  }

  #makeIn(bound: SharedBound, size: Amount): boolean {
    for (let evicted = 0; exceeds(bound.total(), size, bound.max); evicted++) {
      const who = this.#largerThan(bound, size);
      if (who === undefined || evicted >= evictedMax) return false;
      this.#evict(bound.oldestOf(who));
    }
    return true;
  }

  /** Who has the most where a bound is shared; undefined if that would be the mail's own sender. */
  #largerThan({ scope, who }: SharedBound, size: Amount): SQLInputValue | undefined {
    const own = this.#amount([scope, who]);
    const largest = this.#sql.largest.get(scope) as (Amount & { who: SQLInputValue }) | undefined;
    if (largest === undefined || weight(own) + weight(size) >= weight(largest)) return undefined;
    return largest.who;
  }

  #ownBounds(mail: Mail): OwnBound[] {
    const { sender, source: { host, site } } = mail;
    const { senderMails, senderBytes, hostMails, hostBytes } = this.#capacity;
    const key = publicKeyBytes(sender);
    const share = this.#partOf(mail).share;
    const part = partOf(mail, mail.standing === "contact");
    const bounds: OwnBound[] = [{
      place: ["key", key],
      max: { mails: senderMails, bytes: senderBytes },
      reason: "sender-full",
    }, {
      place: [part, depositorOf(mail)],
      max: share,
      reason: "share-full",
    }];
    if (host !== "" && mail.standing !== "contact") {
      bounds.push({ place: [`key/${part}`, key], max: share, reason: "share-full" });
    }
    if (site !== "") {
      const max = { mails: hostMails * siteHostsMax, bytes: hostBytes * siteHostsMax };
      bounds.push({ place: ["site", site], max, reason: "host-full" });
    }
    return bounds;
  }

  #sharedBounds(mail: Mail): SharedBound[] {
    const { sender, to, source: { host } } = mail;
    const { hostMails, hostBytes, mails, mailsBytes } = this.#capacity;
    const isContact = mail.standing === "contact";
    const part = partOf(mail, isContact);
    const [key, toKey] = [publicKeyBytes(sender), publicKeyBytes(to.key)];
    const { ofDepositor, ofSource, ofKey, total } = this.#sql;
    const first = (statement: StatementSync, ...values: SQLInputValue[]) =>
      (statement.get(...values) as { number: number }).number;
    const bounds: SharedBound[] = [{
      total: () => this.#amount([part, ""]),
      max: this.#partOf(mail).all,
      scope: part,
      who: depositorOf(mail),
      oldestOf: (who) => first(ofDepositor, to.clientId, toKey, Number(isContact), who),
      reason: "mailbox-full",
    }, {
      total: () => total.get() as unknown as Amount,
      max: { mails, bytes: mailsBytes },
      scope: "all",
      who: sourceOf(mail),
      oldestOf: (who) => first(ofSource, who),
      reason: "full",
    }];
    if (host !== "") {
      bounds.push({
        total: () => this.#amount(["all", host]),
        max: { mails: hostMails, bytes: hostBytes },
        scope: `host/${host}`,
        who: key,
        oldestOf: (who) => first(ofKey, who, host),
        reason: "host-full",
      });
    }
    return bounds;
  }

  /** What may be in the part of a mailbox that a mail goes to, and what of that may be one sender's. */
  #partOf({ standing }: Mail): { readonly all: Amount; readonly share: Amount } {
    const { mailboxMails, mailboxBytes, shareMails, shareBytes } = this.#capacity;
    const { unknownMails, unknownBytes } = this.#capacity;
    if (standing !== "unknown") {
      return {
        all: { mails: mailboxMails, bytes: mailboxBytes },
        share: { mails: shareMails, bytes: shareBytes },
      };
    }
    const share = { mails: unknownMails / 2, bytes: unknownBytes / 2 };
    return { all: { mails: unknownMails, bytes: unknownBytes }, share };
  }

  #amount([scope, who]: Place): Amount {
    return this.#sql.amount.get(scope, who) as Amount | undefined ?? nothing;
  }
}

/** The part of a mailbox that contacts' mails are in, or that of all others. */
export function partOf({ to }: Pick<Mail, "to">, isContact: boolean): string {
  return `${Number(isContact)}/${to.clientId}/${publicKeyBytes(to.key).toHex().toUpperCase()}`;
}

/** Whose a mail is where room is shared out: the host's that left it, or the key's if that was our own. */
function sourceOf({ sender, source: { host } }: Mail): SQLInputValue {
  return host === "" ? publicKeyBytes(sender) : host;
}

/** The same within a mailbox: a contact is known by the key, from whichever host. */
function depositorOf(mail: Mail): SQLInputValue {
  return mail.standing === "contact" ? publicKeyBytes(mail.sender) : sourceOf(mail);
}

function sizeOf({ data }: Mail): Amount {
  return { mails: 1, bytes: data.length };
}

function exceeds(amount: Amount, more: Amount, max: Amount): boolean {
  return amount.mails + more.mails > max.mails || amount.bytes + more.bytes > max.bytes;
}

/** As the index has it: a mail costs the server more than its bytes. */
function weight({ mails, bytes }: Amount): number {
  return bytes + 4096 * mails;
}
