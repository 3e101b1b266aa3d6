/**
 * The challenge of one connection: a nonce that whoever has a key is to sign. A connection has one at a
 * time, so that nothing is kept beside the connections themselves, however many nonces are asked for.
 *
 * @module
 */

import { Buffer } from "node:buffer";
import { timingSafeEqual } from "node:crypto";
import type { Clock } from "../../shared/time/clock.ts";
import { challengeTtlMs } from "../../shared/protocol/limits.ts";

const nonceBytes = 16;

/** A connection's challenge. */
export class Challenge {
  readonly #clock: Clock;
  #nonce: string | undefined;
  #givenAtMs = 0;

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  /** A new nonce, 128 bits in hexadecimal, in place of the one before. */
  give(): string {
    this.#givenAtMs = this.#clock.now();
    return this.#nonce = crypto.getRandomValues(new Uint8Array(nonceBytes)).toHex();
  }

  /**
   * Uses the nonce up, if it is the one that is named.
   *
   * @returns Whether it is, and no older than `challengeTtlMs`.
   */
  take(named: string | undefined): boolean {
    if (this.#nonce === undefined || named === undefined) return false;
    if (!isSame(this.#nonce, named)) return false;
    this.#nonce = undefined;
    return this.#clock.now() - this.#givenAtMs < challengeTtlMs;
  }
}

/** Takes as long for any text of the right length, so that no nonce is found out letter by letter. */
function isSame(nonce: string, named: string): boolean {
  const [a, b] = [Buffer.from(nonce), Buffer.from(named)];
  return a.length === b.length && timingSafeEqual(a, b);
}
