/**
 * Logging that something fails, but not every time that it does.
 *
 * @module
 */

import type { Clock } from "../time/clock.ts";
import { Throttle } from "../time/throttle.ts";
import type { Log, LogFields } from "./log.ts";

/** The shortest time between two lines, in milliseconds. */
const intervalMs = 10_000;

/** The errors of one thing, such as a database. What comes between two lines is counted in the second. */
export class ThrottledLog {
  readonly #log: Log;
  readonly #throttle: Throttle;
  #dropped = 0;

  constructor(log: Log, clock: Clock) {
    this.#log = log;
    this.#throttle = new Throttle(clock, intervalMs);
  }

  /** Logs an error, and what else is to be said of it, unless one has been logged a short time ago. */
  error(event: string, error: unknown, fields: LogFields = {}): void {
    this.#write("error", event, { ...fields, error: String(error) });
  }

  /** The same for what mends itself. */
  warn(event: string, error: unknown): void {
    this.#write("warn", event, { error: String(error) });
  }

  /** The same for what is no error of this program. */
  notice(event: string, fields: LogFields): void {
    this.#write("warn", event, fields);
  }

  #write(level: "error" | "warn", event: string, fields: LogFields): void {
    if (!this.#throttle.pass()) {
      this.#dropped++;
      return;
    }
    const dropped = this.#dropped;
    this.#dropped = 0;
    this.#log[level](event, { ...fields, ...dropped > 0 && { dropped } });
  }
}
