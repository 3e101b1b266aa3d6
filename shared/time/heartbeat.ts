/**
 * Notices that the other end of a connection is gone without a word: after some silence it is pinged, and if
 * it stays silent it is lost.
 *
 * @module
 */

import type { TimerClock } from "./clock.ts";

/** What a heartbeat needs. Times are in milliseconds. */
export interface HeartbeatOptions {
  readonly clock: TimerClock;
  /** The silence after which a ping is sent. */
  readonly pingMs: number;
  /** How long the other end then has to say anything. */
  readonly pongMs: number;
  /** Sends a ping. */
  readonly ping: () => void;
  /** Told once that the other end is lost, `pongMs` after a ping that nothing has followed. */
  readonly lost: () => void;
}

/** Watches one connection. */
export class Heartbeat {
  readonly #options: HeartbeatOptions;
  #heardAtMs: number;
  /** Infinity if it does not matter when something was sent. */
  #saidAtMs = Infinity;
  /** When the ping was sent since which nothing has been heard. */
  #pingedAtMs: number | undefined;
  #paused = false;
  /** Undefined while nothing is watched. */
  #cancel: (() => void) | undefined;

  constructor(options: HeartbeatOptions) {
    this.#options = options;
    this.#heardAtMs = options.clock.now();
  }

  /** Begins to watch. */
  start(): void {
    this.#cancel?.();
    this.#cancel = () => {};
    this.#act();
  }

  /** Stops watching. */
  stop(): void {
    this.#cancel?.();
    this.#cancel = undefined;
    this.#pingedAtMs = undefined;
  }

  /** Something has come from the other end. */
  heard(): void {
    this.#heardAtMs = this.#options.clock.now();
    this.#pingedAtMs = undefined;
  }

  /**
   * Something has been sent to the other end. Once this has been called, a ping is also sent after `pingMs`
   * in which nothing was sent: for another end that gives us up if it hears nothing.
   */
  said(): void {
    this.#saidAtMs = this.#options.clock.now();
  }

  /**
   * Nothing is read for a while, for reasons of our own, or is read again. Meanwhile the other end is not
   * taken for silent, and goes on being pinged so that it does not take us for silent either.
   */
  pause(paused: boolean): void {
    this.#paused = paused;
    this.heard();
  }

  /** Does what is due, and sleeps until something else may be. */
  #act(): void {
    const { clock, ping, lost } = this.#options;
    const now = clock.now();
    if (this.#lostAtMs <= now) {
      this.stop();
      return lost();
    }
    if (this.#pingAtMs <= now) {
      this.#pingedAtMs = now;
      if (this.#paused) this.heard();
      ping();
      if (this.#cancel === undefined) return;
    }
    const nextAtMs = Math.min(this.#pingAtMs, this.#lostAtMs);
    this.#cancel = clock.after(nextAtMs - now, () => this.#act());
  }

  /** When a ping is due, as far as is known now. */
  get #pingAtMs(): number {
    if (this.#pingedAtMs !== undefined) return Infinity;
    return Math.min(this.#heardAtMs, this.#saidAtMs) + this.#options.pingMs;
  }

  /** When the other end is lost, as far as is known now. */
  get #lostAtMs(): number {
    return this.#pingedAtMs === undefined ? Infinity : this.#pingedAtMs + this.#options.pongMs;
  }
}
