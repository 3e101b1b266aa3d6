/**
 * Waiting until a connection is open, but not for ever.
 *
 * @module
 */

import { dialTimeoutMs } from "../../shared/protocol/limits.ts";
import { systemClock, type TimerClock } from "../../shared/time/clock.ts";
import type { UserError } from "../user_error.ts";

/** When dialling is given up. */
export interface DialOptions {
  readonly signal: AbortSignal;
  /** In milliseconds; `dialTimeoutMs` if not given. */
  readonly timeoutMs?: number;
  /** What the time is measured with. */
  readonly clock?: TimerClock;
}

/**
 * Waits until a connection is open.
 *
 * @param connect Opens it. When the signal that it gets aborts, it closes what is half open.
 * @param failure Makes the error for the user of what went wrong.
 * @throws {UserError} If it does not open in time.
 * @throws {unknown} The reason of the options' signal if that aborts.
 */
export async function connectWithin<C extends { close(): void }>(
  connect: (givenUp: AbortSignal) => Promise<C>,
  { signal, timeoutMs = dialTimeoutMs, clock = systemClock }: DialOptions,
  failure: (cause: unknown) => UserError,
): Promise<C> {
  const giving = new AbortController();
  const { promise: given, reject: giveUp } = Promise.withResolvers<never>();
  const cancel = clock.after(timeoutMs, () => giveUp(new Deno.errors.TimedOut()));
  const onAbort = () => giveUp(signal.reason);
  signal.addEventListener("abort", onAbort);
  if (signal.aborted) onAbort();
  const connecting = connect(giving.signal);
  try {
    return await Promise.race([connecting, given]);
  } catch (cause) {
    // A connection that opens too late belongs to no one.
    connecting.then((conn) => conn.close(), () => {});
    giving.abort();
    if (signal.aborted) throw signal.reason;
    throw failure(cause);
  } finally {
    cancel();
    signal.removeEventListener("abort", onAbort);
  }
}
