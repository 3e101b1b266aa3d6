/**
 * Taking turns: so many may do something at a time, and the others wait, who came first going first.
 *
 * @module
 */

/** Turns. */
export class Semaphore {
  readonly #max: number;
  readonly #waiting: (() => void)[] = [];
  #taken = 0;

  /** @param max How many have a turn at a time. */
  constructor(max: number) {
    this.#max = max;
  }

  /** Does something once there is a turn. @throws {unknown} What it throws. */
  async take<T>(what: () => Promise<T>): Promise<T> {
    if (this.#taken < this.#max) this.#taken++;
    // Whoever is done hands over its turn.
    else await new Promise<void>((resolve) => this.#waiting.push(resolve));
    try {
      return await what();
    } finally {
      const next = this.#waiting.shift();
      if (next === undefined) this.#taken--;
      else next();
    }
  }
}
