/**
 * What may still come from a terminal that nobody has typed.
 *
 * @module
 */

/** How long an answer may take until the end of the program does not wait for it, in milliseconds. */
const answerMs = 500;

/** An answer of the terminal, which comes soon or never. */
export class PendingAnswer {
  #pending: PromiseWithResolvers<void> | undefined;

  /** Done when it has come or has taken too long; undefined if none is awaited. */
  get over(): Promise<void> | undefined {
    return this.#pending?.promise;
  }

  /** It may come from now on. @param withinMs How long that may take, in milliseconds. */
  await(withinMs = answerMs): void {
    const pending = Promise.withResolvers<void>();
    const timer = setTimeout(pending.resolve, withinMs);
    pending.promise.then(() => {
      clearTimeout(timer);
      if (this.#pending === pending) this.#pending = undefined;
    });
    this.#pending = pending;
  }

  /** It has come. */
  came(): void {
    this.#pending?.resolve();
  }
}
