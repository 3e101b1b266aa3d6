/**
 * The time of day by which names and mail lapse. The machine's clock may be wrong for a moment: after a start
 * without a battery it shows 1970, and a bad time server can move it by years. What is deleted by such a time
 * does not come back when the clock is put right.
 *
 * So while the server runs this time passes as the monotonic clock does, and it is kept on the disk. If the
 * machine's clock shows something else, by more than a day, nothing lapses until one of two things happens:
 * that clock agrees again, or it has run evenly with the monotonic one for a day.
 *
 * @module
 */

import type { Log } from "../../shared/process/log.ts";
import { ThrottledLog } from "../../shared/process/throttled_log.ts";
import type { TimerClock } from "../../shared/time/clock.ts";

/** What is kept of the time. */
export interface KeptTime {
  /** The latest time: milliseconds since 1970, UTC; 0 if none is known. */
  readonly latestMs: number;
  /** If the time is in doubt: what was used at this time or later has been used since the doubt began. */
  readonly doubtedFromMs: number | undefined;
}

/** Where the time is kept. */
export interface TimeStore {
  /** @throws {Error} If it cannot be read. */
  read(): KeptTime;
  /** @throws {Error} If it cannot be written. */
  write(time: KeptTime): void;
}

/** What it works with. */
export interface CheckedTimeOptions {
  readonly clock: TimerClock;
  readonly store: TimeStore;
  /** The time of the newest thing that is kept elsewhere; 0 if there is none. */
  readonly newestMs: number;
  /** The machine's clock is wrong if it shows an earlier time: milliseconds since 1970, UTC. */
  readonly releasedAtMs: number;
  /**
   * Makes everything that was used at a time or later used now. It may be done again.
   *
   * @throws {Error} If that fails; it is tried again.
   */
  readonly renew: (fromMs: number, nowMs: number) => void;
  readonly log: Log;
}

/** What lapses needs no more of the time than this. */
export type LapseTime = Pick<CheckedTime, "now" | "isCertain">;

const dayMs = 24 * 60 * 60_000;

/** By how much the two clocks may drift apart within a day, in milliseconds. */
const driftMs = 5 * 60_000;

/** How often the time is written, in milliseconds. */
const writtenEveryMs = 60_000;

/** A time of day that is not taken from the machine's clock unchecked. */
export class CheckedTime {
  readonly #options: CheckedTimeOptions;
  readonly #failures: ThrottledLog;
  #nowMs: number;
  /** The monotonic clock when `#nowMs` was right. */
  #asOfMs: number;
  #doubtedFromMs: number | undefined;
  /** Both clocks when they began to agree, while the time is in doubt. */
  #agreement: { readonly clockMs: number; readonly wallMs: number } | undefined;
  /** The time by which the doubt can end, once that is known. */
  #settledMs: number | undefined;
  /** When the time is to be written next, by the monotonic clock. */
  #writtenAgainAtMs = -Infinity;

  /** @throws {Error} If the store cannot be read. */
  constructor(options: CheckedTimeOptions) {
    const { clock, store, newestMs, releasedAtMs, log } = options;
    const kept = store.read();
    this.#options = options;
    this.#failures = new ThrottledLog(log, clock);
    const latestMs = Math.max(kept.latestMs, newestMs);
    // On a first start there is nothing to compare with, and nothing to lose.
    this.#nowMs = latestMs > 0 ? latestMs : Math.max(clock.timeOfDay(), releasedAtMs);
    this.#asOfMs = clock.now();
    this.#doubtedFromMs = kept.doubtedFromMs;
    this.#advance();
  }

  /** The time of day: milliseconds since 1970, UTC. While it is in doubt it goes on from the latest known one. */
  now(): number {
    this.#advance();
    return Math.floor(this.#nowMs);
  }

  /** Whether something may lapse by this time. */
  get isCertain(): boolean {
    this.#advance();
    return this.#doubtedFromMs === undefined;
  }

  /** Does what is due: ends a doubt, and writes the time from time to time. */
  sweep(): void {
    this.#advance();
    if (this.#settledMs !== undefined) this.#settle(this.#settledMs);
    if (this.#asOfMs >= this.#writtenAgainAtMs) this.keep();
  }

  /** Writes the time. */
  keep(): void {
    this.#writtenAgainAtMs = this.#asOfMs + writtenEveryMs;
    const latestMs = this.now();
    this.#attempt(() =>
      this.#options.store.write({ latestMs, doubtedFromMs: this.#doubtedFromMs })
    );
  }

  #advance(): void {
    const { clock } = this.#options;
    const [clockMs, wallMs] = [clock.now(), clock.timeOfDay()];
    this.#nowMs += Math.max(0, clockMs - this.#asOfMs);
    this.#asOfMs = clockMs;
    if (this.#isLikely(wallMs)) {
      if (this.#doubtedFromMs === undefined) this.#nowMs = Math.max(this.#nowMs, wallMs);
      else this.#settledMs = Math.max(this.#nowMs, wallMs);
      return;
    }
    if (this.#doubtedFromMs === undefined) this.#doubt(wallMs);
    this.#settledMs = this.#hasAgreed(clockMs, wallMs) ? wallMs : undefined;
  }

  /** Whether the machine's clock shows about what it should. */
  #isLikely(wallMs: number): boolean {
    return wallMs >= this.#options.releasedAtMs && Math.abs(wallMs - this.#nowMs) <= dayMs;
  }

  /** Whether the machine's clock has passed as the monotonic one for a day. */
  #hasAgreed(clockMs: number, wallMs: number): boolean {
    const { releasedAtMs } = this.#options;
    const since = this.#agreement;
    const drift = since && wallMs - since.wallMs - (clockMs - since.clockMs);
    if (drift === undefined || Math.abs(drift) > driftMs || wallMs < releasedAtMs) {
      this.#agreement = { clockMs, wallMs };
      return false;
    }
    return clockMs - since!.clockMs >= dayMs;
  }

  #doubt(wallMs: number): void {
    this.#doubtedFromMs = Math.floor(this.#nowMs);
    this.#agreement = undefined;
    this.#writtenAgainAtMs = -Infinity;
    this.#options.log.warn(
      "the machine's clock may be wrong; no name and no mail lapses until it has run evenly for 24 hours",
      { shows: timeText(wallMs), expected: timeText(this.#nowMs) },
    );
  }

  #settle(nowMs: number): void {
    const { log, renew } = this.#options;
    const fromMs = this.#doubtedFromMs!;
    // If this fails the doubt stays, and so does what was used meanwhile.
    if (!this.#attempt(() => renew(fromMs, Math.floor(nowMs)))) return;
    this.#nowMs = nowMs;
    this.#doubtedFromMs = this.#settledMs = this.#agreement = undefined;
    this.#writtenAgainAtMs = -Infinity;
    log.info("the machine's clock is trusted again; names and mail lapse as before", {
      now: timeText(nowMs),
    });
  }

  #attempt(work: () => void): boolean {
    try {
      work();
      return true;
    } catch (error) {
      this.#failures.error("cannot keep the time", error);
      return false;
    }
  }
}

/** A time for the log. A clock can show one that has no date. */
function timeText(ms: number): string {
  const date = new Date(ms);
  return Number.isNaN(date.getTime()) ? String(ms) : date.toISOString();
}
