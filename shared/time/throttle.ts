/**
 * Doing something at most so often.
 *
 * @module
 */

import type { Clock } from "./clock.ts";

/** Lets one through, and then none until the interval is over. */
export class Throttle {
  readonly #clock: Clock;
  readonly #intervalMs: number;
  #dueAtMs = -Infinity;

  /** @param intervalMs The shortest time between two that pass, in milliseconds. */
  constructor(clock: Clock, intervalMs: number) {
    this.#clock = clock;
    this.#intervalMs = intervalMs;
  }

  /** Whether one may pass now. If so, the next interval begins. */
  pass(): boolean {
    const nowMs = this.#clock.now();
    if (nowMs < this.#dueAtMs) return false;
    this.#dueAtMs = nowMs + this.#intervalMs;
    return true;
  }
}
