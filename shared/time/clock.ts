/**
 * Time as a parameter, so that a test can hold it still, or let it run at will.
 *
 * @module
 */

/** A clock that never goes backwards. */
export interface Clock {
  /** Milliseconds since some moment. Only differences mean anything. */
  now(): number;
}

/** A clock that also knows the time of day, and can be waited on. */
export interface TimerClock extends Clock {
  /** The time of day: milliseconds since 1970, UTC. It may go backwards. */
  timeOfDay(): number;
  /**
   * Calls a function once, later.
   *
   * @param ms How much later, in milliseconds.
   * @returns Takes that back; later it does nothing.
   */
  after(ms: number, then: () => void): () => void;
}

/** The machine's clock. */
export const systemClock: TimerClock = {
  now: () => performance.now(),
  timeOfDay: () => Date.now(),
  after: (ms, then) => {
    const timer = setTimeout(then, ms);
    return () => clearTimeout(timer);
  },
};

/**
 * Waits.
 *
 * @param ms How long, in milliseconds.
 * @returns True after the time, false as soon as the signal aborts.
 */
export function wait(ms: number, signal: AbortSignal, clock = systemClock): Promise<boolean> {
  if (signal.aborted) return Promise.resolve(false);
  const { promise, resolve } = Promise.withResolvers<boolean>();
  const cancel = clock.after(ms, () => finish(true));
  const onAbort = () => finish(false);
  const finish = (elapsed: boolean) => {
    cancel();
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
export async function within(
  ms: number,
  something: Promise<unknown>,
  clock = systemClock,
): Promise<boolean> {
  const late = Promise.withResolvers<boolean>();
  const cancel = clock.after(ms, () => late.resolve(false));
  try {
    return await Promise.race([something.then(() => true), late.promise]);
  } finally {
    cancel();
  }
}
