/**
 * What is left of the bytes that may be forwarded.
 *
 * @module
 */

import type { ByteRate } from "../limits/limits.ts";

/** A token bucket. What has come is forwarded even if it overdraws the bucket; the next has to wait for that. */
export class Allowance {
  readonly #rate: ByteRate;
  #left: number;
  #asOfMs: number;

  /** @param nowMs The time, in a clock's milliseconds, as below. */
  constructor(rate: ByteRate, nowMs: number) {
    this.#rate = rate;
    this.#left = rate.burst;
    this.#asOfMs = nowMs;
  }

  /** Counts bytes. @returns How long nothing more may be forwarded, in milliseconds; 0 if it may at once. */
  take(bytes: number, nowMs: number): number {
    this.#fill(nowMs);
    this.#left -= bytes;
    return this.waitMs(nowMs);
  }

  /** How long nothing may be forwarded, in milliseconds. */
  waitMs(nowMs: number): number {
    this.#fill(nowMs);
    return this.#left >= 0 ? 0 : -this.#left * 1_000 / this.#rate.perSecond;
  }

  /** Whether nothing of it is used up. */
  isFull(nowMs: number): boolean {
    this.#fill(nowMs);
    return this.#left >= this.#rate.burst;
  }

  #fill(nowMs: number): void {
    const { burst, perSecond } = this.#rate;
    this.#left = Math.min(burst, this.#left + (nowMs - this.#asOfMs) * perSecond / 1_000);
    this.#asOfMs = nowMs;
  }
}
