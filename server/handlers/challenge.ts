/**
 * The challenge of one connection: a nonce that a client signs to show that it has a key. A connection has one
 * at a time, so that nothing is kept beside the connections however many nonces are asked for.
 *
 * @module
 */

import { Buffer } from "node:buffer";
import { timingSafeEqual } from "node:crypto";
import { challengeTtlMs } from "../../shared/protocol/limits.ts";
import { randomId } from "../../shared/protocol/random_id.ts";
import type { Clock } from "../../shared/time/clock.ts";

/** A connection's challenge. */
export class Challenge {
  readonly #clock: Clock;
  #nonce: string | undefined;
  #givenAtMs = 0;

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  /** Another challenge of the same connection, for what is asked at the same time. */
  another(): Challenge {
    return new Challenge(this.#clock);
  }

  /** Makes a new nonce, 128 bits in hexadecimal, which replaces the one before. */
  give(): string {
    this.#givenAtMs = this.#clock.now();
    return this.#nonce = randomId();
  }

  /**
   * Uses the nonce up if it is the one that a request names.
   *
   * @returns Whether it is, and is not older than `challengeTtlMs`.
   */
  take(named: string | undefined): boolean {
    if (this.#nonce === undefined || named === undefined) return false;
    if (!isSame(this.#nonce, named)) return false;
    this.#nonce = undefined;
    return this.#clock.now() - this.#givenAtMs < challengeTtlMs;
  }
}

/** Takes as long for any text of the right length, so that nobody can guess a nonce letter by letter. */
function isSame(nonce: string, named: string): boolean {
  const [a, b] = [Buffer.from(nonce), Buffer.from(named)];
  return a.length === b.length && timingSafeEqual(a, b);
}
