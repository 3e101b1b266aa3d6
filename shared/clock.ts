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

/** Done when the signal aborts. */
export function aborted(signal: AbortSignal): Promise<void> {
  const { promise, resolve } = Promise.withResolvers<void>();
  signal.addEventListener("abort", () => resolve(), { once: true });
  if (signal.aborted) resolve();
  return promise;
}

/**
 * Waits for something, but not for ever.
 *
 * @param ms How long at most, in milliseconds.
 * @returns Whether it was done in time.
 * @throws {unknown} What it is rejected with in time; later that is nobody's business any more.
 */
export async function within(ms: number, something: Promise<unknown>): Promise<boolean> {
  const late = Promise.withResolvers<boolean>();
  const timer = setTimeout(() => late.resolve(false), ms);
  try {
    return await Promise.race([something.then(() => true), late.promise]);
  } finally {
    clearTimeout(timer);
  }
}
