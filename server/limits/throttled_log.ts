/**
 * Saying in the log that something does not work, but not each time that somebody comes upon it.
 *
 * @module
 */

import type { Clock } from "../../shared/time/clock.ts";
import type { Log } from "../../shared/process/log.ts";

/** From one line in the log to the next. */
const complaintMs = 10_000;

/** What is said of one thing that fails, of whatever nature. */
export class ThrottledLog {
  readonly #log: Log;
  readonly #clock: Clock;
  #dueAtMs = -Infinity;

  constructor(log: Log, clock: Clock) {
    this.#log = log;
    this.#clock = clock;
  }

  /** Says it, if nothing has been said lately. */
  say(event: string, error: unknown): void {
    const nowMs = this.#clock.now();
    if (nowMs < this.#dueAtMs) return;
    this.#dueAtMs = nowMs + complaintMs;
    this.#log.error(event, { error: String(error) });
  }
}
