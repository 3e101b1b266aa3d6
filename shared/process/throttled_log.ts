/**
 * Logging that something fails, but not every time that it does.
 *
 * @module
 */

import type { Clock } from "../time/clock.ts";
import { Throttle } from "../time/throttle.ts";
import type { Log } from "./log.ts";

/** The shortest time between two lines, in milliseconds. */
const intervalMs = 10_000;

/** The errors of one thing, such as a database. What comes between two lines is dropped. */
export class ThrottledLog {
  readonly #log: Log;
  readonly #throttle: Throttle;

  constructor(log: Log, clock: Clock) {
    this.#log = log;
    this.#throttle = new Throttle(clock, intervalMs);
  }

  /** Logs an error, unless one has been logged a short time ago. */
  error(event: string, error: unknown): void {
    if (this.#throttle.pass()) this.#log.error(event, { error: String(error) });
  }
}
