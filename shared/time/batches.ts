/**
 * Long work that is done a batch at a time, so that nothing else waits for it.
 *
 * @module
 */

import type { Clock } from "./clock.ts";

/** How batches follow each other, in milliseconds. */
export interface BatchesOptions {
  /** From one batch to the next. */
  readonly stepMs: number;
  /** From the last batch to the first one of the next time; also after one that fails. */
  readonly pauseMs: number;
}

/** Says when the next batch of a work is due. */
export class Batches {
  readonly #clock: Clock;
  readonly #options: BatchesOptions;
  #dueAtMs = -Infinity;

  constructor(clock: Clock, options: BatchesOptions) {
    this.#clock = clock;
    this.#options = options;
  }

  /**
   * Does the next batch if it is due.
   *
   * @param batch Does it. @returns Whether there is another one.
   * @throws {unknown} What `batch` throws.
   */
  run(batch: () => boolean): void {
    const nowMs = this.#clock.now();
    if (nowMs < this.#dueAtMs) return;
    this.#dueAtMs = nowMs + this.#options.pauseMs;
    if (batch()) this.#dueAtMs = nowMs + this.#options.stepMs;
  }
}
