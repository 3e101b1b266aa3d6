/**
 * Mail for clients that are away, which is kept until they collect it. The server knows the sender and the
 * recipient of a mail, its length and when it came, but not what it says: mails are sealed.
 *
 * A mail is acknowledged once it is on the disk. Flushing the disk takes longer than everything else, and the
 * server does nothing else while it does. Therefore mails that come at about the same time are written in one
 * transaction, which is bounded, and between two transactions there is as much time for everything else as the
 * last one took. What there is no room for is refused at once.
 *
 * @module
 */

import { join } from "node:path";
import type { DatabaseSync } from "node:sqlite";
import type { Log } from "../../shared/process/log.ts";
import { ThrottledLog } from "../../shared/process/throttled_log.ts";
import {
  depositBatchMax,
  depositBatchMs,
  mailTtlMs,
  serverBusyTimeoutMs,
} from "../../shared/protocol/limits.ts";
import { openDatabase } from "../../shared/storage/database.ts";
import { inTransaction } from "../../shared/storage/transactions.ts";
import { Batches } from "../../shared/time/batches.ts";
import type { TimerClock } from "../../shared/time/clock.ts";
import type { LapseTime } from "../checked_time/checked_time.ts";
import type { MailCapacity } from "../limits/limits.ts";
import { DepositQueue, type Waiting } from "./deposit_queue.ts";
import type { KeptMail, Mail, MailboxAddress } from "./mail.ts";
import { MailTable } from "./mail_table.ts";
import type { FullReason } from "./room.ts";
import { migrations, recount } from "./schema.ts";

export type { Mail, MailboxAddress } from "./mail.ts";

/** A database of mails. Disposing of it closes it. */
export interface MailboxDatabase extends Disposable {
  readonly connection: DatabaseSync;
  /** How many mails there are. */
  readonly count: number;
  /** When the newest mail came: milliseconds since 1970, UTC; 0 if there is none. */
  readonly newestMs: number;
}

/**
 * Opens the database of mails in a directory, and makes both if they are missing.
 *
 * @param directory Undefined keeps the database in memory only.
 * @throws {DatabaseError} If it cannot be opened.
 */
export function openMailboxDatabase(directory: string | undefined): MailboxDatabase {
  const path = directory === undefined ? ":memory:" : join(directory, "mailbox.db");
  const connection = openDatabase(path, migrations, {
    prepare: (connection) => {
      // Opening may wait for another program. A server that is asked something may not.
      connection.exec(`PRAGMA busy_timeout = ${serverBusyTimeoutMs}`);
      recount(connection);
    },
  });
  const newest = connection.prepare("SELECT coalesce(max(at_ms), 0) AS at FROM mails");
  const total = connection.prepare("SELECT mails FROM total");
  return {
    connection,
    get count() {
      return (total.get() as { mails: number }).mails;
    },
    get newestMs() {
      return (newest.get() as { at: number }).at;
    },
    [Symbol.dispose]: () => connection.close(),
  };
}

/** Why a mail is not kept. */
export type MailRefusal = FullReason | "unavailable";

/** What is in a mailbox. */
export interface Collected {
  /** How many mails there are. */
  readonly count: number;
  /** The one that was asked for, if there is one. */
  readonly mail: KeptMail | undefined;
}

/** A mailbox's options. */
export interface MailboxOptions {
  readonly clock: TimerClock;
  /** The time of day: mail outlives the process. */
  readonly time: LapseTime;
  readonly log: Log;
  readonly capacity: MailCapacity;
  /** Told of a mailbox that has got mail. */
  readonly onMail?: (to: MailboxAddress) => void;
}

/** However slow the disk is, the time between two transactions is not longer than this, in milliseconds. */
const breatherMaxMs = 50;

/** How many mails that are too old are deleted in one batch. */
const expiryBatch = 50;
const expiryTimes = { stepMs: 1_000, pauseMs: 10 * 60_000 };

type Outcome = MailRefusal | undefined;

/** All mailboxes of a server. */
export class Mailbox {
  readonly #connection: DatabaseSync;
  readonly #table: MailTable;
  readonly #options: MailboxOptions;
  readonly #failures: ThrottledLog;
  readonly #expiry: Batches;
  readonly #queue = new DepositQueue<Outcome>();
  /** Cancels the next transaction, if one is due. */
  #cancel: (() => void) | undefined;
  /** The next transaction is not due before this, in the clock's milliseconds. */
  #breatherEndsAtMs = -Infinity;
  #closed = false;

  /** @param database The caller closes it, once the mailbox is closed. */
  constructor({ connection }: MailboxDatabase, options: MailboxOptions) {
    this.#connection = connection;
    this.#table = new MailTable(connection, options.capacity);
    this.#options = options;
    this.#failures = new ThrottledLog(options.log, options.clock);
    this.#expiry = new Batches(options.clock, expiryTimes);
  }

  /**
   * Keeps a mail.
   *
   * @returns Undefined once it is on the disk, or if it was there already; else why it is not kept. Never
   * rejected.
   */
  deposit(mail: Mail): Promise<Outcome> {
    const foreseen = this.#foresee(mail);
    if (foreseen !== undefined) {
      return Promise.resolve(foreseen === "duplicate" ? undefined : foreseen);
    }
    const { promise, resolve } = Promise.withResolvers<Outcome>();
    this.#queue.add({ mail, settle: resolve })?.settle("unavailable");
    this.#schedule();
    return promise;
  }

  /**
   * Deletes mails that their owner has taken, and finds the next one.
   *
   * @param taken Numbers of mails. Those that are not in the mailbox mean nothing.
   * @param after The number behind which the next one is looked for.
   * @returns Undefined if the database fails; then the mails that were taken may come again.
   */
  collect(
    owner: MailboxAddress,
    taken: readonly number[],
    after: number,
  ): Collected | undefined {
    try {
      if (taken.length > 0) {
        inTransaction(this.#connection, () => this.#table.remove(owner, taken));
      }
      return { mail: this.#table.next(owner, after), count: this.#table.count(owner) };
    } catch (error) {
      this.#noteFailure(error);
      return undefined;
    }
  }

  /** How many mails there are in a mailbox; 0 if the database fails. */
  count(owner: MailboxAddress): number {
    try {
      return this.#table.count(owner);
    } catch (error) {
      this.#noteFailure(error);
      return 0;
    }
  }

  /** Deletes some of the mails that nobody has collected in time, if it is time to. */
  expire(): void {
    try {
      const { time } = this.#options;
      if (!time.isCertain) return;
      this.#expiry.run(() => {
        const untilMs = time.now() - mailTtlMs;
        return this.#table.expire(untilMs, expiryBatch) === expiryBatch;
      });
    } catch (error) {
      this.#noteFailure(error);
    }
  }

  /**
   * Makes the mails that came at a time or later mails that have come now.
   *
   * @throws {Error} If the database fails.
   */
  renew(fromMs: number, nowMs: number): void {
    this.#table.renew(fromMs, nowMs);
  }

  /** Keeps no more mail, and refuses what has not been written. */
  close(): void {
    this.#closed = true;
    this.#cancel?.();
    for (const { settle } of this.#queue.clear()) settle("unavailable");
  }

  #foresee(mail: Mail): "duplicate" | Outcome {
    if (this.#closed) return "unavailable";
    try {
      return this.#table.foresee(mail);
    } catch (error) {
      this.#noteFailure(error);
      return "unavailable";
    }
  }

  #schedule(): void {
    const { clock } = this.#options;
    const delayMs = Math.max(0, this.#breatherEndsAtMs - clock.now());
    this.#cancel ??= clock.after(delayMs, () => this.#write());
  }

  #write(): void {
    const { clock, onMail } = this.#options;
    this.#cancel = undefined;
    const startedAtMs = clock.now();
    const outcomes = new Map<Waiting<Outcome>, Outcome>();
    let filled: MailboxAddress[] = [];
    try {
      filled = this.#durably(() => this.#writeBatch(startedAtMs, outcomes));
    } catch (error) {
      this.#noteFailure(error);
      // The next transaction would fail as well: nobody is kept waiting for it.
      const all = [...outcomes.keys(), ...this.#queue.clear()];
      for (const one of all) outcomes.set(one, "unavailable");
    }
    const endedAtMs = clock.now();
    this.#breatherEndsAtMs = endedAtMs + Math.min(endedAtMs - startedAtMs, breatherMaxMs);
    for (const [{ settle }, outcome] of outcomes) settle(outcome);
    for (const owner of filled) onMail?.(owner);
    if (!this.#queue.isEmpty) this.#schedule();
  }

  /** @returns Which mailboxes have got mail. */
  #writeBatch(startedAtMs: number, outcomes: Map<Waiting<Outcome>, Outcome>): MailboxAddress[] {
    const { clock, time } = this.#options;
    const filled: MailboxAddress[] = [];
    do {
      const one = this.#queue.next();
      if (one === undefined) break;
      outcomes.set(one, undefined);
      const outcome = this.#table.add(one.mail, time.now());
      if (outcome === "added") filled.push(one.mail.to);
      else if (outcome !== "duplicate") outcomes.set(one, outcome);
    } while (outcomes.size < depositBatchMax && clock.now() - startedAtMs < depositBatchMs);
    return filled;
  }

  /** Runs a transaction that is on the disk when this returns. */
  #durably<T>(work: () => T): T {
    // A power failure may undo everything else: what was deleted comes again, and is recognised as a duplicate.
    this.#connection.exec("PRAGMA synchronous = FULL");
    try {
      return inTransaction(this.#connection, work);
    } finally {
      this.#connection.exec("PRAGMA synchronous = NORMAL");
    }
  }

  #noteFailure(error: unknown): void {
    this.#failures.error("cannot use the database of mails", error);
  }
}
