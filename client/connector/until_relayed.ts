/**
 * Waiting for a way over the server, where there is none yet: it may restart while somebody is called.
 *
 * @module
 */

import { type TimerClock, wait } from "../../shared/time/clock.ts";

/** How often it is looked whether there is one, in milliseconds. */
const lookMs = 250;

/**
 * Waits until there is a way over the server.
 *
 * @param isThere Whether there is.
 * @param signal Ends the waiting.
 * @throws {unknown} The reason of the signal.
 */
export async function untilRelayed(
  isThere: () => boolean,
  signal: AbortSignal,
  clock: TimerClock,
): Promise<void> {
  while (!isThere()) {
    signal.throwIfAborted();
    await wait(lookMs, signal, clock);
  }
}
