/**
 * Waiting for a way over the server, where there is none at the moment: it may restart while somebody is called.
 *
 * @module
 */

import { type TimerClock, wait } from "../../shared/time/clock.ts";

/** How often it is looked whether there is one, in milliseconds. */
const lookMs = 250;

/** What waiting needs. */
export interface OnceRelayedOptions<L> {
  /** Whether there is a way over the server. */
  readonly isThere: () => boolean;
  readonly call: () => Promise<L>;
  /** Ends the waiting. */
  readonly over: AbortSignal;
  readonly clock: TimerClock;
}

/**
 * Calls over the server once there is a way, and again if that is lost with the call.
 *
 * @throws {unknown} Why the call fails; or the reason of the signal.
 */
export async function onceRelayed<L>(options: OnceRelayedOptions<L>): Promise<L> {
  const { isThere, call, over, clock } = options;
  for (;;) {
    while (!isThere()) {
      over.throwIfAborted();
      await wait(lookMs, over, clock);
    }
    try {
      return await call();
    } catch (error) {
      if (isThere()) throw error;
    }
  }
}
