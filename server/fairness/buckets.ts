/**
 * Token buckets, one for each verb: who has used up theirs waits until there is a token, and who would have to wait
 * for too long is refused. A bucket is kept as the time at which it will be full again (the generic cell rate
 * algorithm, ITU-T I.371).
 *
 * @module
 */

import type { RatedVerb, Rates } from "../limits/limits.ts";

/** The buckets of one host, or of one key. */
export class Buckets {
  readonly #rates: Rates;
  /** A host's share of these rates: more than 1 if it stands for several. */
  readonly #share: number;
  /** When each is full again; none is there before it is needed. */
  readonly #fullAtMs: Partial<Record<RatedVerb, number>> = {};

  constructor(rates: Rates, share = 1) {
    this.#rates = rates;
    this.#share = share;
  }

  /** How long a request would have to wait for its token, in milliseconds; 0 if there is one. */
  waitMs(verb: RatedVerb, nowMs: number): number {
    const fullAtMs = this.#fullAtMs[verb];
    if (fullAtMs === undefined || fullAtMs <= nowMs) return 0;
    const { burst } = this.#rates[verb];
    // Of a full bucket the last token is gone when it takes so long to fill it again.
    return Math.max(0, fullAtMs - nowMs - (burst * this.#share - 1) * this.#msPerToken(verb));
  }

  /** Takes a token, or the next that there will be. */
  take(verb: RatedVerb, nowMs: number): void {
    const fullAtMs = this.#fullAtMs[verb] ?? nowMs;
    this.#fullAtMs[verb] = Math.max(fullAtMs, nowMs) + this.#msPerToken(verb);
  }

  /** Whether all are full, so that they need not be kept. */
  areFull(nowMs: number): boolean {
    return Object.values(this.#fullAtMs).every((fullAtMs) => fullAtMs <= nowMs);
  }

  #msPerToken(verb: RatedVerb): number {
    return 1_000 / (this.#rates[verb].perSecond * this.#share);
  }
}
