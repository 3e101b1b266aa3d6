/**
 * Time that stands still until a test lets it pass. Everything that follows from a timer is done in no time at
 * all, and then it is the time of the next one.
 *
 * @module
 */

import { setImmediate } from "node:timers";
import type { TimerClock } from "../../shared/time/clock.ts";

/** The time of day at which every test begins: milliseconds since 1970, UTC. */
const dawnMs = Date.UTC(2030, 0, 1);

interface Timer {
  readonly atMs: number;
  /** How long it was to wait, in milliseconds. */
  readonly ms: number;
  /** Among timers of one time, the order in which they were set. */
  readonly order: number;
  /** Undefined if it was cancelled. */
  then: (() => void) | undefined;
}

/** A clock that a test turns. */
export class FakeClock implements TimerClock {
  readonly #startMs: number;
  #nowMs: number;
  #planned = 0;
  #done = 0;
  readonly #queue: Timer[] = [];
  #interruption: { readonly after: number; readonly then: () => void } | undefined;

  /** @param startMs What it shows at first. By default that is not 0, which could be taken for no time. */
  constructor(startMs = 5_000) {
    this.#startMs = this.#nowMs = startMs;
  }

  now(): number {
    return this.#nowMs;
  }

  timeOfDay(): number {
    return dawnMs + Math.floor(this.#nowMs - this.#startMs);
  }

  after(ms: number, then: () => void): () => void {
    return this.#set(this.#nowMs + Math.max(0, ms), ms, then);
  }

  /** Calls a function once, at a time of this clock. @returns Takes that back. */
  at(atMs: number, then: () => void): () => void {
    return this.#set(Math.max(this.#nowMs, atMs), atMs - this.#nowMs, then);
  }

  /** How long each timer that waits was to do so, in milliseconds, in the order in which they were set. */
  get waits(): number[] {
    return this.#waiting.map(({ ms }) => ms);
  }

  /** How many timers wait. */
  get waiting(): number {
    return this.#waiting.length;
  }

  /** How many timers have run out. */
  get events(): number {
    return this.#done;
  }

  /** Has something done when so many timers have run out, and all that follows from the last of them. */
  interrupt(after: number, then: () => void): void {
    this.#interruption = { after, then };
  }

  /** Lets time pass. @param ms How much, in milliseconds. */
  async pass(ms: number): Promise<void> {
    await this.#passTo(this.#nowMs + ms);
  }

  /**
   * Lets time pass until the one timer that waits runs out.
   *
   * @throws {Error} If none waits, or more than one.
   */
  async passNext(): Promise<void> {
    const [next, ...others] = this.#waiting;
    if (next === undefined || others.length > 0) throw new Error(`Waiting: ${this.waits}`);
    await this.#passTo(next.atMs);
  }

  /** Cancels each timer that was to wait so long. */
  drop(ms: number): void {
    for (const timer of this.#queue) if (timer.ms === ms) timer.then = undefined;
  }

  /**
   * Lets time pass until something holds.
   *
   * @param withinMs How much time at most, in milliseconds.
   * @returns Whether it holds.
   */
  async passUntil(holds: () => boolean, withinMs: number): Promise<boolean> {
    const untilMs = this.#nowMs + withinMs;
    await this.settle();
    while (!holds()) {
      if (await this.#step(untilMs)) continue;
      this.#nowMs = untilMs;
      return holds();
    }
    return true;
  }

  /**
   * Lets time pass until something is done.
   *
   * @returns What it gives.
   * @throws {unknown} What it is rejected with.
   * @throws {Error} If it is not done within so many milliseconds.
   */
  async finish<T>(something: Promise<T>, withinMs = 60_000): Promise<T> {
    let done = false;
    const finished = () => {
      done = true;
    };
    something.then(finished, finished);
    if (!await this.passUntil(() => done, withinMs)) {
      throw new Error(`It is not done after ${withinMs} ms: everything waits for something else`);
    }
    return await something;
  }

  /** Done when everything is that waits for no timer. */
  async settle(): Promise<void> {
    await settle();
  }

  get #waiting(): Timer[] {
    return this.#queue.filter(({ then }) => then !== undefined).sort((a, b) => a.order - b.order);
  }

  #set(atMs: number, ms: number, then: () => void): () => void {
    const timer: Timer = { atMs, ms, order: this.#planned++, then };
    push(this.#queue, timer);
    return () => timer.then = undefined;
  }

  async #passTo(untilMs: number): Promise<void> {
    await this.settle();
    while (await this.#step(untilMs));
    this.#nowMs = untilMs;
  }

  /** Runs the next timer, if it is due by then, with all that follows from it. */
  async #step(untilMs: number): Promise<boolean> {
    if (this.#interruption !== undefined && this.#done >= this.#interruption.after) {
      const { then } = this.#interruption;
      this.#interruption = undefined;
      then();
      await this.settle();
    }
    while (this.#queue[0] !== undefined && this.#queue[0].then === undefined) pop(this.#queue);
    const next = this.#queue[0];
    if (next === undefined || next.atMs > untilMs) return false;
    pop(this.#queue);
    this.#nowMs = next.atMs;
    this.#done++;
    const { then } = next;
    // It cannot be taken back any more, and what it holds is free.
    next.then = undefined;
    then!();
    await this.settle();
    return true;
  }
}

/** What a program has of the clock while it runs on some machine. */
export class ProcessClock implements TimerClock {
  readonly #clock: FakeClock;
  readonly #offsetMs: number;
  #ended = false;

  /** @param offsetMs How far the machine's time of day is ahead, in milliseconds. */
  constructor(clock: FakeClock, offsetMs = 0) {
    this.#clock = clock;
    this.#offsetMs = offsetMs;
  }

  now(): number {
    return this.#clock.now();
  }

  timeOfDay(): number {
    return this.#clock.timeOfDay() + this.#offsetMs;
  }

  after(ms: number, then: () => void): () => void {
    return this.#clock.after(ms, () => {
      if (!this.#ended) then();
    });
  }

  /** The program is gone: what it waited for never comes. */
  end(): void {
    this.#ended = true;
  }
}

/** Runs everything that waits for no timer and no network. */
export async function settle(): Promise<void> {
  // Reactions of promises all run before the next turn. The second turn is for what waits for one
  // itself, as a transaction does that takes in all that comes within a turn.
  await turn();
  await turn();
}

function turn(): Promise<void> {
  return new Promise((resolve) => setImmediate(resolve));
}

function isBefore(a: Timer, b: Timer): boolean {
  return a.atMs < b.atMs || (a.atMs === b.atMs && a.order < b.order);
}

/** Adds to a heap, whose first is the next. */
function push(heap: Timer[], timer: Timer): void {
  let at = heap.push(timer) - 1;
  while (at > 0) {
    const parent = (at - 1) >> 1;
    if (!isBefore(timer, heap[parent]!)) break;
    heap[at] = heap[parent]!;
    at = parent;
  }
  heap[at] = timer;
}

/** Takes the first out of a heap that is not empty. */
function pop(heap: Timer[]): void {
  const last = heap.pop()!;
  if (heap.length === 0) return;
  let at = 0;
  for (;;) {
    let child = 2 * at + 1;
    if (child >= heap.length) break;
    if (child + 1 < heap.length && isBefore(heap[child + 1]!, heap[child]!)) child++;
    if (!isBefore(heap[child]!, last)) break;
    heap[at] = heap[child]!;
    at = child;
  }
  heap[at] = last;
}
