/**
 * Finds out that a peer is gone without a word: after silence it is asked whether it is there, and after
 * silence to that it is not.
 *
 * @module
 */

import type { TimerClock } from "../../shared/time/clock.ts";

/** What a watch needs to know. */
export interface SilenceOptions {
  readonly clock: TimerClock;
  /** Silence after which the peer is asked. */
  readonly pingMs: number;
  /** How long it has to say anything then. */
  readonly pongMs: number;
  /** Asks the peer. */
  readonly ask: () => void;
  /** Told once that the peer is gone, `pingMs` and `pongMs` after its last sign of life. */
  readonly gone: () => void;
}

/** Watches one connection. What is sent on it is no sign of life of the peer's. */
export class Heartbeat {
  readonly #options: SilenceOptions;
  #heardAtMs: number;
  #asked = false;
  #unheeded = false;
  #cancel = () => {};

  constructor(options: SilenceOptions) {
    this.#options = options;
    this.#heardAtMs = options.clock.now();
  }

  /** To be told whenever something comes. */
  heard(): void {
    this.#heardAtMs = this.#options.clock.now();
    this.#asked = false;
  }

  /**
   * To be told when nothing more is read for a while, for reasons of our own, and when it is again: the
   * peer is not silent meanwhile, and we do not seem so to it.
   */
  unheeded(unheeded: boolean): void {
    this.#unheeded = unheeded;
    this.heard();
  }

  /** Begins to watch. */
  begin(): void {
    const { clock, pingMs, pongMs } = this.#options;
    const silentMs = clock.now() - this.#heardAtMs;
    const allowedMs = this.#asked ? pingMs + pongMs : pingMs;
    const leftMs = silentMs < allowedMs ? allowedMs - silentMs : this.#act(silentMs);
    if (leftMs !== undefined) this.#cancel = clock.after(leftMs, () => this.begin());
  }

  /** Ends. */
  end(): void {
    this.#cancel();
  }

  /** Does what so much silence calls for. @returns When to look again; undefined where that is never. */
  #act(silentMs: number): number | undefined {
    const { pingMs, pongMs, ask, gone } = this.#options;
    if (this.#asked) {
      gone();
      return undefined;
    }
    ask();
    if (this.#unheeded) {
      this.heard();
      return pingMs;
    }
    this.#asked = true;
    return pingMs + pongMs - silentMs;
  }
}
