/**
 * Which hosts may ask, how often, and for how long.
 *
 * @module
 */

import type { Clock } from "../../shared/time/clock.ts";

/** Hosts that are expected at a time. */
const hostsMax = 10_000;
/** How often a host may ask, for each time that it was let: packets get lost, and then there is another asker. */
const timesEach = 4;
/** How often it may at most: many clients may be behind one router. */
const timesMax = 64;

interface Expected {
  untilMs: number;
  times: number;
}

/** The hosts that are expected. */
export class Expectations {
  readonly #clock: Clock;
  readonly #forMs: number;
  /** By host; those first that were let first. */
  readonly #hosts = new Map<string, Expected>();

  /** @param forMs How long a host is expected, in milliseconds. */
  constructor({ clock, forMs }: { readonly clock: Clock; readonly forMs: number }) {
    this.#clock = clock;
    this.#forMs = forMs;
  }

  /** Whether nobody is expected. */
  get isEmpty(): boolean {
    this.#expire();
    return this.#hosts.size === 0;
  }

  /** Lets a host ask. @returns Whether there is room. */
  add(host: string): boolean {
    this.#expire();
    const known = this.#hosts.get(host);
    if (known === undefined && this.#hosts.size >= hostsMax) return false;
    const times = Math.min((known?.times ?? 0) + timesEach, timesMax);
    this.#hosts.delete(host);
    this.#hosts.set(host, { untilMs: this.#clock.now() + this.#forMs, times });
    return true;
  }

  /** Whether a host may ask now. It has once less often to. */
  take(host: string): boolean {
    this.#expire();
    const expected = this.#hosts.get(host);
    if (expected === undefined) return false;
    expected.times--;
    if (expected.times === 0) this.#hosts.delete(host);
    return true;
  }

  #expire(): void {
    const nowMs = this.#clock.now();
    for (const [host, { untilMs }] of this.#hosts) {
      if (untilMs > nowMs) return;
      this.#hosts.delete(host);
    }
  }
}
