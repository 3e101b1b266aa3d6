/**
 * Two ways to somebody: straight to where they are, and over the server. The straight one has a start, so that a
 * server is not troubled by those who can do without it; then whichever opens first is taken (as in RFC 8305).
 *
 * @module
 */

import type { TimerClock } from "../../shared/time/clock.ts";

/**
 * How long the way over the server waits for the other, in milliseconds: about as long as a connection to the next
 * continent takes to open.
 */
const headStartMs = 150;

/** What a race needs. */
export interface RelayRaceOptions<L> {
  readonly direct: () => Promise<L>;
  /** @param signal Aborts if the other way has opened first. */
  readonly relayed: (signal: AbortSignal) => Promise<L>;
  /** Whether a failure of the direct way settles that nobody is to be talked to. */
  readonly isFinal: (error: unknown) => boolean;
  readonly clock: TimerClock;
}

/**
 * Tries both ways. The direct one goes on if the other has opened first: it is the better one.
 *
 * @returns What has opened first.
 * @throws {unknown} Why the direct way failed, if both do, or if that settles it.
 */
export async function raceWithRelay<L>(options: RelayRaceOptions<L>): Promise<L> {
  const { direct, relayed, isFinal, clock } = options;
  const first = Promise.withResolvers<L>();
  const start = Promise.withResolvers<void>();
  const settled = new AbortController();
  const cancel = clock.after(headStartMs, start.resolve);
  const straight = direct();
  straight.then((link) => {
    settled.abort();
    first.resolve(link);
  }, (error) => {
    if (isFinal(error)) {
      settled.abort();
      first.reject(error);
    }
  }).finally(start.resolve);
  const around = start.promise.then(() => {
    settled.signal.throwIfAborted();
    return relayed(settled.signal);
  });
  // Of two reasons the direct way's says more: where somebody should be, and what is there instead.
  around.catch(() => straight).then(first.resolve, first.reject);
  try {
    return await first.promise;
  } finally {
    cancel();
  }
}
