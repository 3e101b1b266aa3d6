/**
 * When a peer that cannot be reached is looked for again: ever less often, and at once when it is said to
 * be back.
 *
 * @module
 */

import { Backoff } from "../../shared/time/backoff.ts";
import type { Clock } from "../../shared/time/clock.ts";

/** How long from one search to the next, at first and at most. */
const againMs = { firstMs: 1_000, maxMs: 60_000 };
/** However often the peer is said to be back, it is not looked for more often than this. */
const leastMs = 1_000;

/** What a search needs. */
export interface PeerSearchOptions {
  readonly clock: Pick<Clock, "now">;
  /** Gives numbers from 0 up to 1. */
  readonly random: () => number;
  /** Looks for the peer and opens a link if it is there. Done when that is over, either way. Never throws. */
  readonly search: () => Promise<void>;
}

/** The searches for one peer. */
export class PeerSearch {
  readonly #options: PeerSearchOptions;
  readonly #backoff: Backoff;
  #underWay = false;
  #wanted = false;
  #startedAtMs = -Infinity;
  /** Undefined while nothing is planned: a search is under way, or has led to a link. */
  #dueAtMs: number | undefined = 0;

  constructor(options: PeerSearchOptions) {
    this.#options = options;
    this.#backoff = new Backoff({ ...againMs, random: options.random });
  }

  /** Whether a search is under way. */
  get underWay(): boolean {
    return this.#underWay;
  }

  /** Whether the peer was said to be back, and has not been looked for since. */
  get wanted(): boolean {
    return this.#wanted;
  }

  /** When to search next, by the clock that does not go back; undefined if that is not known yet. */
  get dueAtMs(): number | undefined {
    return this.#dueAtMs;
  }

  /** Whether it is time to search. */
  get due(): boolean {
    return this.#dueAtMs !== undefined && this.#options.clock.now() >= this.#dueAtMs;
  }

  /** The peer, or the server, is said to be back. */
  wake(): void {
    this.#backoff.reset();
    this.#dueAtMs = this.#startedAtMs + leastMs;
    this.#wanted = true;
  }

  /** The last link is over: a link that breaks whenever it opens is not opened again without a pause. */
  putOff(): void {
    this.#dueAtMs = this.#options.clock.now() + this.#backoff.next();
  }

  /** The peer has taken something, so it can be reached. */
  succeeded(): void {
    this.#backoff.reset();
  }

  /** Searches once. @param connected Whether there is a link, asked when the search is over. */
  async run(connected: () => boolean): Promise<void> {
    const { clock, search } = this.#options;
    this.#underWay = true;
    this.#wanted = false;
    this.#startedAtMs = clock.now();
    this.#dueAtMs = undefined;
    await search();
    this.#underWay = false;
    // If the peer was said to be back meanwhile, the next search is planned already.
    if (!connected() && this.#dueAtMs === undefined) this.putOff();
  }
}
