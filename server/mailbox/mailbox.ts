/**
 * The mailbox: keeps what is sealed for people who are away until they collect it. It knows for whom a
 * mail is and by whom, its length and when it came, and nothing of what it says.
 *
 * A mail is acknowledged once it is on the disk. Flushing the disk takes longer than all the rest, and
 * the server does nothing else meanwhile: so those that come about the same time are written in one
 * transaction, and between two of these there is as much time for everybody else as the last one took.
 *
 * @module
 */

import type { StatementSync } from "node:sqlite";
import type { TimerClock } from "../../shared/time/clock.ts";
import { type PublicKey, publicKeyBytes } from "../../shared/crypto/public_key.ts";
import type { Log } from "../../shared/process/log.ts";
import { depositBatchBytesMax, mailTtlMs } from "../../shared/protocol/limits.ts";
import { inTransaction } from "../../shared/storage/transactions.ts";
import { ThrottledLog } from "../../shared/process/throttled_log.ts";
import type { MailCapacity } from "../limits/limits.ts";
import type { MailboxDatabase } from "./mailbox_database.ts";

/** Whose mailbox it is: a name, and the key that owns it. */
export interface Box {
  readonly name: string;
  readonly key: PublicKey;
}

/** A mail that is handed in. */
export interface Mail {
  readonly to: Box;
  readonly sender: PublicKey;
  /** Chosen by the sender: the same again is the same mail. */
  readonly id: string;
  readonly data: Uint8Array;
}

/** Why a mail is not kept. */
export type MailRefusal = "box-full" | "share-full" | "sender-full" | "full" | "unavailable";

/** What is in a mailbox. */
export interface Collected {
  /** How many mails. */
  readonly count: number;
  /** The oldest behind the number that was named, if there is one. */
  readonly mail: { readonly number: number; readonly data: Uint8Array } | undefined;
}

/** A mailbox's options. */
export interface MailboxOptions {
  readonly clock: TimerClock;
  readonly log: Log;
  readonly capacity: MailCapacity;
  /** Told of a box that has got mail. */
  readonly onMail?: (box: Box) => void;
}

/** No matter how slow the disk is, nobody waits longer than this for others' time. */
const breatherMaxMs = 50;

/** Mails that are deleted at once because of their age, and how long to the next of them. */
const expiryBatch = 50;
const expiryStepMs = 1_000;
const expiryPauseMs = 10 * 60_000;

interface Waiting {
  readonly mail: Mail;
  readonly settle: (refusal: MailRefusal | undefined) => void;
}

interface Amount {
  readonly mails: number;
  readonly bytes: number;
}

/** All mailboxes of a server. */
export class Mailbox {
  readonly #database: MailboxDatabase;
  readonly #options: MailboxOptions;
  readonly #failures: ThrottledLog;
  readonly #sql: Record<
    "had" | "box" | "share" | "sender" | "total" | "add" | "remove" | "count" | "next" | "expire",
    StatementSync
  >;
  #waiting: Waiting[] = [];
  #waitingBytes = 0;
  /** Takes back the writing that is due. */
  #unschedule: (() => void) | undefined;
  /** Before this the next writing is not due, in the clock's milliseconds. */
  #breatherEndsAtMs = -Infinity;
  #expiryDueAtMs = -Infinity;
  #closed = false;

  constructor(database: MailboxDatabase, options: MailboxOptions) {
    this.#database = database;
    this.#options = options;
    this.#failures = new ThrottledLog(options.log, options.clock);
    const prepare = (sql: string) => database.connection.prepare(sql);
    const amount = "SELECT count(*) AS mails, coalesce(sum(bytes), 0) AS bytes FROM mails WHERE";
    this.#sql = {
      had: prepare("SELECT 1 FROM mails WHERE name = ? AND key = ? AND sender = ? AND id = ?"),
      box: prepare(`${amount} name = ? AND key = ?`),
      share: prepare(`${amount} name = ? AND key = ? AND sender = ?`),
      sender: prepare(`${amount} sender = ?`),
      total: prepare("SELECT mails, bytes FROM total"),
      add: prepare(
        `INSERT INTO mails (name, key, sender, id, at_ms, bytes, data)
         VALUES (:name, :key, :sender, :id, :now, :bytes, :data)`,
      ),
      remove: prepare("DELETE FROM mails WHERE number = ? AND name = ? AND key = ?"),
      count: prepare("SELECT count(*) AS count FROM mails WHERE name = ? AND key = ?"),
      // By the index alone: the mails behind the first are not looked at.
      next: prepare(
        `SELECT number, data FROM mails WHERE number =
         (SELECT min(number) FROM mails WHERE name = ? AND key = ? AND number > ?)`,
      ),
      expire: prepare(
        `DELETE FROM mails WHERE number IN
         (SELECT number FROM mails WHERE at_ms <= ? ORDER BY at_ms LIMIT ${expiryBatch})`,
      ),
    };
  }

  /**
   * Keeps a mail.
   *
   * @returns Undefined once it is on the disk, also where it was already; or why it is not kept. Never
   * rejected.
   */
  deposit(mail: Mail): Promise<MailRefusal | undefined> {
    if (this.#closed) return Promise.resolve("unavailable");
    const { promise, resolve } = Promise.withResolvers<MailRefusal | undefined>();
    this.#waiting.push({ mail, settle: resolve });
    this.#waitingBytes += mail.data.length;
    if (this.#waitingBytes >= depositBatchBytesMax) {
      this.#write();
    } else if (this.#unschedule === undefined) {
      const { clock } = this.#options;
      const delayMs = Math.max(0, this.#breatherEndsAtMs - clock.now());
      this.#unschedule = clock.after(delayMs, () => this.#write());
    }
    return promise;
  }

  /**
   * Deletes mails that their owner has, and gives the next.
   *
   * @param taken Numbers of mails; those that are not in the box mean nothing.
   * @param after The number behind which the next one is looked for.
   * @returns Undefined where the database fails; then all that was taken may come again.
   */
  collect({ name, key }: Box, taken: readonly number[], after: number): Collected | undefined {
    const keyColumn = publicKeyBytes(key);
    try {
      if (taken.length > 0) {
        this.#transaction(() => {
          for (const number of taken) this.#sql.remove.run(number, name, keyColumn);
        });
      }
      const mail = this.#sql.next.get(name, keyColumn, after) as Collected["mail"];
      return { count: this.#count(name, keyColumn), mail };
    } catch (error) {
      this.#complain(error);
      return undefined;
    }
  }

  /** How many mails a box has; 0 where the database fails. */
  count({ name, key }: Box): number {
    try {
      return this.#count(name, publicKeyBytes(key));
    } catch (error) {
      this.#complain(error);
      return 0;
    }
  }

  /** Deletes mails that nobody has collected in time, if it is time to: a few at once. */
  expire(): void {
    const { clock } = this.#options;
    const nowMs = clock.now();
    if (nowMs < this.#expiryDueAtMs) return;
    this.#expiryDueAtMs = nowMs + expiryPauseMs;
    try {
      const { changes } = this.#sql.expire.run(clock.timeOfDay() - mailTtlMs);
      if (Number(changes) === expiryBatch) this.#expiryDueAtMs = nowMs + expiryStepMs;
    } catch (error) {
      this.#complain(error);
    }
  }

  /** Keeps nothing more. What has not been written is refused. The database is its owner's to close. */
  close(): void {
    this.#closed = true;
    this.#settle(this.#take(), () => "unavailable");
  }

  #count(name: string, key: Uint8Array): number {
    return (this.#sql.count.get(name, key) as { count: number }).count;
  }

  #write(): void {
    const { clock, onMail } = this.#options;
    const waiting = this.#take();
    const startedAtMs = clock.now();
    const refusals = new Map<Waiting, MailRefusal>();
    const filled: Box[] = [];
    try {
      this.#durably(() => {
        for (const one of waiting) {
          const outcome = this.#keep(one.mail);
          if (outcome === "kept") filled.push(one.mail.to);
          else if (outcome !== "had") refusals.set(one, outcome);
        }
      });
    } catch (error) {
      this.#complain(error);
      filled.length = 0;
      for (const one of waiting) refusals.set(one, "unavailable");
    }
    const endedAtMs = clock.now();
    this.#breatherEndsAtMs = endedAtMs + Math.min(endedAtMs - startedAtMs, breatherMaxMs);
    this.#settle(waiting, (one) => refusals.get(one));
    for (const box of filled) onMail?.(box);
  }

  #take(): Waiting[] {
    this.#unschedule?.();
    this.#unschedule = undefined;
    this.#waitingBytes = 0;
    return this.#waiting.splice(0);
  }

  #settle(
    waiting: readonly Waiting[],
    refusalOf: (one: Waiting) => MailRefusal | undefined,
  ): void {
    for (const one of waiting) one.settle(refusalOf(one));
  }

  /** Within a transaction. */
  #keep({ to, sender: senderKey, id, data }: Mail): "kept" | "had" | MailRefusal {
    const { name } = to;
    const key = publicKeyBytes(to.key);
    const sender = publicKeyBytes(senderKey);
    if (this.#sql.had.get(name, key, sender, id) !== undefined) return "had";
    const { capacity, clock } = this.#options;
    const bytes = data.length;
    const passes = (statement: StatementSync, of: (string | Uint8Array)[], max: Amount) => {
      const amount = statement.get(...of) as unknown as Amount;
      return amount.mails + 1 > max.mails || amount.bytes + bytes > max.bytes;
    };
    const { box, share, sender: bySender, total, add } = this.#sql;
    const { boxMails, boxBytes, shareMails, shareBytes } = capacity;
    if (passes(box, [name, key], { mails: boxMails, bytes: boxBytes })) return "box-full";
    if (passes(share, [name, key, sender], { mails: shareMails, bytes: shareBytes })) {
      return "share-full";
    }
    const { senderMails, senderBytes, mails, mailsBytes } = capacity;
    if (passes(bySender, [sender], { mails: senderMails, bytes: senderBytes })) {
      return "sender-full";
    }
    if (passes(total, [], { mails, bytes: mailsBytes })) return "full";
    add.run({ name, key, sender, id, now: clock.timeOfDay(), bytes, data });
    return "kept";
  }

  /** A transaction that is on the disk when this returns. */
  #durably(work: () => void): void {
    const { connection } = this.#database;
    // All else may be lost with the power: what was deleted comes again, and is known as a double.
    connection.exec("PRAGMA synchronous = FULL");
    try {
      this.#transaction(work);
    } finally {
      connection.exec("PRAGMA synchronous = NORMAL");
    }
  }

  #transaction(work: () => void): void {
    inTransaction(this.#database.connection, work);
  }

  #complain(error: unknown): void {
    this.#failures.error("cannot use the database of mails", error);
  }
}
