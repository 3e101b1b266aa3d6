/**
 * Time as a parameter, so that a test can stop it or advance it.
 *
 * @module
 */

/** A clock that never goes backwards. */
export interface Clock {
  /** Milliseconds since an unspecified moment. Only differences have a meaning. */
  now(): number;
}

/** A clock that also knows the time of day and calls functions later. */
export interface TimerClock extends Clock {
  /** The time of day: milliseconds since 1970, UTC. It may go backwards. */
  timeOfDay(): number;
  /**
   * Calls a function once, later.
   *
   * @param ms How much later, in milliseconds; at once if that is past.
   * @returns A function that cancels the call. After the call it does nothing.
   */
  after(ms: number, then: () => void): () => void;
}

/** A timer that is late by this much was held up: the process was stopped, or did not get to run. */
const heldUpMs = 1_000;
/** How long the program then has to read what has come meanwhile, before the timer is due. */
const catchUpMs = 1_000;

/**
 * The machine's clock.
 *
 * After a pause of the process all its timers are due at once, and the runtime serves them before it reads
 * what has come meanwhile. Then an answer that came in time would be taken for a missing one, and a peer
 * that talked all the time for a silent one. So a timer that was held up waits for the reading.
 */
export const systemClock: TimerClock = {
  now: () => performance.now(),
  timeOfDay: () => Date.now(),
  after: (ms, then) => {
    const dueAtMs = performance.now() + ms;
    // The runtime prints a warning for a time that is past.
    let timer = setTimeout(() => {
      if (performance.now() - dueAtMs < heldUpMs) return then();
      timer = setTimeout(then, catchUpMs);
    }, Math.max(0, ms));
    return () => clearTimeout(timer);
  },
};

/**
 * Calls a function again and again.
 *
 * @param ms The time between two calls, in milliseconds.
 * @returns A function that ends that.
 */
export function every(ms: number, then: () => void, clock: TimerClock = systemClock): () => void {
  const next = () =>
    clock.after(ms, () => {
      cancel = next();
      then();
    });
  let cancel = next();
  return () => cancel();
}

/**
 * Waits for a time.
 *
 * @param ms How long, in milliseconds.
 * @returns True after that time; false as soon as the signal aborts.
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

/** A signal that is disposed of when what it limits is over: then it aborts, if it has not before. */
export interface Deadline extends Disposable {
  readonly signal: AbortSignal;
}

/**
 * Limits how long something may take.
 *
 * @param ms How long, in milliseconds.
 * @param signal Aborts it before, if it aborts.
 */
export function deadline(
  ms: number,
  signal: AbortSignal,
  clock: Pick<TimerClock, "after"> = systemClock,
): Deadline {
  const over = new AbortController();
  const cancel = clock.after(ms, () => over.abort());
  return {
    signal: AbortSignal.any([signal, over.signal]),
    [Symbol.dispose]() {
      cancel();
      over.abort();
    },
  };
}

/** Waits until the signal aborts. */
export function aborted(signal: AbortSignal): Promise<void> {
  const { promise, resolve } = Promise.withResolvers<void>();
  signal.addEventListener("abort", () => resolve(), { once: true });
  if (signal.aborted) resolve();
  return promise;
}

/**
 * Waits for a promise, up to a time limit.
 *
 * @param ms The limit, in milliseconds.
 * @returns Whether the promise was fulfilled in time.
 * @throws {unknown} What it is rejected with in time. A later rejection is ignored.
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
