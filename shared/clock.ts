/**
 * Time as a parameter, so that a test can hold it still.
 *
 * @module
 */

/** A clock that never goes backwards. */
export interface Clock {
  /** Milliseconds since some moment. Only differences mean anything. */
  now(): number;
}

/** The machine's monotonic clock. */
export const monotonicClock: Clock = { now: () => performance.now() };

/**
 * Waits.
 *
 * @param ms How long, in milliseconds.
 * @returns True after the time, false as soon as the signal aborts.
 */
export function wait(ms: number, signal: AbortSignal): Promise<boolean> {
  if (signal.aborted) return Promise.resolve(false);
  const { promise, resolve } = Promise.withResolvers<boolean>();
  const timer = setTimeout(() => finish(true), ms);
  const onAbort = () => finish(false);
  const finish = (elapsed: boolean) => {
    clearTimeout(timer);
    signal.removeEventListener("abort", onAbort);
    resolve(elapsed);
  };
  signal.addEventListener("abort", onAbort);
  return promise;
}
