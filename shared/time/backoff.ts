/**
 * How long to wait before trying again.
 *
 * @module
 */

/** Bounds of a back-off, in milliseconds. */
export interface BackoffOptions {
  readonly firstMs: number;
  readonly maxMs: number;
  /** Gives numbers from 0 up to 1; `Math.random` where not given. */
  readonly random?: () => number;
}

/**
 * The waits between tries: each up to twice the one before, up to the longest, drawn from its upper
 * half, so that many who lost the same server do not come back at the same instant.
 */
export class Backoff {
  readonly #options: BackoffOptions;
  #tries = 0;

  constructor(options: BackoffOptions) {
    this.#options = options;
  }

  /** The next wait, in milliseconds. */
  next(): number {
    const { firstMs, maxMs, random = Math.random } = this.#options;
    const ceiling = Math.min(maxMs, firstMs * 2 ** Math.min(this.#tries++, 30));
    return ceiling * (0.5 + 0.5 * random());
  }

  /** To be called after a success. */
  reset(): void {
    this.#tries = 0;
  }
}
