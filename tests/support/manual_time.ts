/**
 * Timers that run when a test says so.
 *
 * @module
 */

/** Takes the place of setTimeout and clearTimeout until it is disposed of. */
export class ManualTime implements Disposable {
  /** What waits, in the order in which it began to. */
  readonly #timers = new Map<number, { readonly then: () => void; readonly ms: number }>();
  readonly #setTimeout = globalThis.setTimeout;
  readonly #clearTimeout = globalThis.clearTimeout;
  #last = 0;

  constructor() {
    globalThis.setTimeout = ((then: () => void, ms = 0) => {
      this.#timers.set(++this.#last, { then, ms });
      return this.#last;
    }) as unknown as typeof setTimeout;
    globalThis.clearTimeout = ((id: number) => {
      this.#timers.delete(id);
    }) as typeof clearTimeout;
  }

  /** How long each that waits does so, in milliseconds. */
  get waits(): number[] {
    return [...this.#timers.values()].map(({ ms }) => ms);
  }

  /** Runs the one that waits, and all that follows from it until something waits again or nothing. */
  async pass(): Promise<void> {
    const [first, ...others] = this.#timers;
    if (first === undefined || others.length > 0) throw new Error(`Waiting: ${this.waits}`);
    this.#timers.delete(first[0]);
    first[1].then();
    await this.settle();
  }

  /** Lets whatever waits so long wait for ever. */
  drop(ms: number): void {
    for (const [id, timer] of this.#timers) if (timer.ms === ms) this.#timers.delete(id);
  }

  /** Runs everything that waits for no timer. */
  async settle(): Promise<void> {
    for (let i = 0; i < 50; i++) await undefined;
  }

  [Symbol.dispose](): void {
    globalThis.setTimeout = this.#setTimeout;
    globalThis.clearTimeout = this.#clearTimeout;
  }
}
