/**
 * Trying several addresses of one peer, the next one whenever the last has failed or taken a while, until one
 * answers: Happy Eyeballs (RFC 8305).
 *
 * @module
 */

import type { TimerClock } from "../../shared/time/clock.ts";

/** How long an address has before the next one is tried as well, in milliseconds (RFC 8305 section 5). */
const usualNextAfterMs = 100;

/** What a race needs. */
export interface CandidateRaceOptions<C, L> {
  readonly candidates: readonly C[];
  /** @param signal Aborts if another has answered first, or the race is given up. */
  readonly attempt: (candidate: C, signal: AbortSignal) => Promise<L>;
  /** Whether no further one need be tried. */
  readonly isSettled: () => boolean;
  /** How long each has before the next one is tried as well, in milliseconds; 100 if not given. */
  readonly nextAfterMs?: number;
  readonly clock: Pick<TimerClock, "after">;
  /** Gives the race up. */
  readonly signal: AbortSignal;
}

/**
 * Tries candidates until one succeeds.
 *
 * @returns What the first to succeed gave; undefined if none has to any more, or there are none.
 * @throws {unknown} Why the last one failed, if all did; or the reason of the signal.
 */
export async function raceCandidates<C, L>(
  options: CandidateRaceOptions<C, L>,
): Promise<L | undefined> {
  const { candidates, attempt, isSettled, clock, signal } = options;
  const { nextAfterMs = usualNextAfterMs } = options;
  const won = Promise.withResolvers<L | undefined>();
  const over = new AbortController();
  const give = AbortSignal.any([signal, over.signal]);
  const giveUp = () => won.reject(signal.reason);
  signal.addEventListener("abort", giveUp);
  let next = 0;
  let underWay = 0;
  let cancel = () => {};
  const start = () => {
    cancel();
    if (give.aborted) return;
    if (isSettled()) return won.resolve(undefined);
    if (next === candidates.length) {
      if (underWay === 0) won.resolve(undefined);
      return;
    }
    underWay++;
    attempt(candidates[next++]!, give).then(won.resolve, (error) => {
      underWay--;
      if (underWay === 0 && next === candidates.length) won.reject(error);
      else start();
    });
    cancel = clock.after(nextAfterMs, start);
  };
  try {
    signal.throwIfAborted();
    start();
    return await won.promise;
  } finally {
    cancel();
    over.abort();
    signal.removeEventListener("abort", giveUp);
  }
}
