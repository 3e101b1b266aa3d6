/**
 * A clock whose time passes when a test says so.
 *
 * @module
 */

import type { TimerClock } from "../../shared/time/clock.ts";

interface Timer {
  readonly atMs: number;
  readonly then: () => void;
}

/** A clock that stands still by itself. */
export class ManualClock implements TimerClock {
  #nowMs = 5_000;
  readonly #timers = new Set<Timer>();

  now(): number {
    return this.#nowMs;
  }

  timeOfDay(): number {
    return 1_700_000_000_000 + this.#nowMs;
  }

  after(ms: number, then: () => void): () => void {
    const timer = { atMs: this.#nowMs + ms, then };
    this.#timers.add(timer);
    return () => this.#timers.delete(timer);
  }

  /** How many timers wait. */
  get waiting(): number {
    return this.#timers.size;
  }

  /** Lets time pass, and whatever waits for it happen, in order. */
  async pass(ms: number): Promise<void> {
    const untilMs = this.#nowMs + ms;
    await settle();
    for (;;) {
      const [next] = [...this.#timers].sort((a, b) => a.atMs - b.atMs);
      if (next === undefined || next.atMs > untilMs) break;
      this.#timers.delete(next);
      this.#nowMs = Math.max(this.#nowMs, next.atMs);
      next.then();
      await settle();
    }
    this.#nowMs = untilMs;
  }
}

/** Runs everything that waits for nothing but its turn. */
export async function settle(): Promise<void> {
  for (let i = 0; i < 300; i++) await undefined;
}
