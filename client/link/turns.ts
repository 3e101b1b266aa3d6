/**
 * Work that may take long, done in turns: between two of them everybody else has theirs.
 *
 * @module
 */

import type { TimerClock } from "../../shared/time/clock.ts";

/** How long a turn may take, in milliseconds. */
const turnMs = 10;
/** The time is looked at once in so many pieces of work. */
const stride = 16;

/** The turns of one link. */
export class Turns {
  readonly #clock: Pick<TimerClock, "now" | "after">;
  #beganAtMs = 0;
  #pieces = 0;

  constructor(clock: Pick<TimerClock, "now" | "after">) {
    this.#clock = clock;
  }

  /** Begins a turn. */
  begin(): void {
    this.#beganAtMs = this.#clock.now();
  }

  /** Whether the turn is over, before a piece of work. */
  get isOver(): boolean {
    return ++this.#pieces % stride === 0 && this.#clock.now() - this.#beganAtMs >= turnMs;
  }

  /** Waits for the next turn, which begins then. */
  async next(): Promise<void> {
    await new Promise<void>((resolve) => this.#clock.after(0, resolve));
    this.begin();
  }
}
