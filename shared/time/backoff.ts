/**
 * The time to wait before trying again.
 *
 * @module
 */

/** The limits of a back-off, in milliseconds. */
export interface BackoffOptions {
  readonly firstMs: number;
  readonly maxMs: number;
  /** Gives numbers from 0 up to 1; `Math.random` by default. */
  readonly random?: () => number;
}

/**
 * The waits between tries. Each has a bound that is twice the one before, up to the longest. The wait is
 * drawn from the upper half below its bound, so that many clients of a lost server do not return at the same
 * moment.
 */
export class Backoff {
  readonly #options: BackoffOptions;
  #tries = 0;

  constructor(options: BackoffOptions) {
    this.#options = options;
  }

  /** Gives the next wait, in milliseconds. */
  next(): number {
    const { firstMs, maxMs, random = Math.random } = this.#options;
    const ceiling = Math.min(maxMs, firstMs * 2 ** Math.min(this.#tries++, 30));
    return ceiling * (0.5 + 0.5 * random());
  }

  /** Starts again with the first wait. Call it after a success. */
  reset(): void {
    this.#tries = 0;
  }
}
