/**
 * How much time answering a peer's questions may take: a peer that goes on asking gets its answers more slowly,
 * and everybody else is served meanwhile.
 *
 * @module
 */

import type { Clock } from "../../shared/time/clock.ts";
import { BoundedMap } from "../../shared/collections/bounded_map.ts";
import type { PublicKey } from "../../shared/crypto/public_key.ts";

/** Time that a peer may use at once, in milliseconds: enough to compare some hundred thousand messages. */
const burstMs = 500;
/** From then on answers take at most one part in so many of the time. */
const parts = 10;
/** Peers of which it is known what they have used. */
const peersMax = 256;

/** The time that peers have left, over all links that each of them has. */
export class AuditBudget {
  readonly #clock: Clock;
  /** When each peer will have all of its time again. */
  readonly #fullAtMs = new BoundedMap<PublicKey, number>(peersMax);

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  /** For how long a peer gets no answer, in milliseconds; 0 if it may have one now. */
  pauseMs(peer: PublicKey): number {
    const fullAtMs = this.#fullAtMs.get(peer) ?? -Infinity;
    return Math.max(0, fullAtMs - this.#clock.now() - burstMs * parts);
  }

  /** Answers a question, at the cost of the peer that has asked it. */
  spend<T>(peer: PublicKey, answer: () => T): T {
    const beganAtMs = this.#clock.now();
    try {
      return answer();
    } finally {
      const endedAtMs = this.#clock.now();
      const fullAtMs = Math.max(beganAtMs, this.#fullAtMs.get(peer) ?? -Infinity);
      this.#fullAtMs.set(peer, fullAtMs + (endedAtMs - beganAtMs) * parts);
    }
  }
}
