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

/** What a peer has used. */
interface Spent {
  /** When it will have all of its time again. */
  readonly fullAtMs: number;
  /** Until when it rests: for as long as its last answer took, whichever of its links that went over. */
  readonly restsUntilMs: number;
}

const nothing: Spent = { fullAtMs: -Infinity, restsUntilMs: -Infinity };

/** The time that peers have left, over all links that each of them has. */
export class AuditBudget {
  readonly #clock: Clock;
  readonly #spent = new BoundedMap<PublicKey, Spent>(peersMax);

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  /** For how long a peer gets no answer, in milliseconds; 0 if it may have one now. */
  pauseMs(peer: PublicKey): number {
    const { fullAtMs, restsUntilMs } = this.#spent.get(peer) ?? nothing;
    return Math.max(0, Math.max(restsUntilMs, fullAtMs - burstMs * parts) - this.#clock.now());
  }

  /** Answers a question, at the cost of the peer that has asked it. */
  spend<T>(peer: PublicKey, answer: () => T): T {
    const beganAtMs = this.#clock.now();
    try {
      return answer();
    } finally {
      const endedAtMs = this.#clock.now();
      const tookMs = endedAtMs - beganAtMs;
      const { fullAtMs } = this.#spent.get(peer) ?? nothing;
      this.#spent.set(peer, {
        fullAtMs: Math.max(beganAtMs, fullAtMs) + tookMs * parts,
        restsUntilMs: endedAtMs + tookMs,
      });
    }
  }
}
