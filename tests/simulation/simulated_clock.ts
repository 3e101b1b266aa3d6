/**
 * Time that passes when nothing is left to be done: everything that follows from an event is done in no
 * time at all, and then it is the time of the next event.
 *
 * @module
 */

import { setImmediate } from "node:timers";
import type { TimerClock } from "../../shared/time/clock.ts";

/** The time of day at which every simulation begins: milliseconds since 1970, UTC. */
const dawnMs = Date.UTC(2030, 0, 1);

interface Event {
  readonly atMs: number;
  /** Among events of one time, the order in which they were planned. */
  readonly order: number;
  /** Undefined where it was taken back. */
  then: (() => void) | undefined;
}

/** A clock that a simulation turns. */
export class SimulatedClock implements TimerClock {
  #nowMs = 0;
  #planned = 0;
  #done = 0;
  readonly #queue: Event[] = [];
  #interruption: { readonly after: number; readonly then: () => void } | undefined;

  now(): number {
    return this.#nowMs;
  }

  timeOfDay(): number {
    return dawnMs + Math.floor(this.#nowMs);
  }

  after(ms: number, then: () => void): () => void {
    return this.at(this.#nowMs + Math.max(0, ms), then);
  }

  /** Calls a function once, at a time of this clock. @returns Takes that back. */
  at(atMs: number, then: () => void): () => void {
    const event: Event = { atMs: Math.max(this.#nowMs, atMs), order: this.#planned++, then };
    push(this.#queue, event);
    return () => event.then = undefined;
  }

  /** How many events there have been. */
  get events(): number {
    return this.#done;
  }

  /** Has something done when so many events have been, and all that follows from the last of them. */
  interrupt(after: number, then: () => void): void {
    this.#interruption = { after, then };
  }

  /** Lets time pass. @param ms How much, in milliseconds. */
  async pass(ms: number): Promise<void> {
    const untilMs = this.#nowMs + ms;
    await this.settle();
    while (await this.#step(untilMs));
    this.#nowMs = untilMs;
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
   * @throws {Error} Where it is not done within so many milliseconds.
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

  /** Done when all is that waits for no event. */
  async settle(): Promise<void> {
    // Reactions of promises all run before the next turn. The second turn is for what waits for one
    // itself, as a transaction does that takes in all that comes within a turn.
    await turn();
    await turn();
  }

  /** Runs the next event, if it is due by then, with all that follows from it. */
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
  readonly #clock: SimulatedClock;
  readonly #offsetMs: number;
  #ended = false;

  /** @param offsetMs How far the machine's time of day is ahead, in milliseconds. */
  constructor(clock: SimulatedClock, offsetMs = 0) {
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

function turn(): Promise<void> {
  return new Promise((resolve) => setImmediate(resolve));
}

function isBefore(a: Event, b: Event): boolean {
  return a.atMs < b.atMs || (a.atMs === b.atMs && a.order < b.order);
}

/** Adds to a heap, whose first is the next. */
function push(heap: Event[], event: Event): void {
  let at = heap.push(event) - 1;
  while (at > 0) {
    const parent = (at - 1) >> 1;
    if (!isBefore(event, heap[parent]!)) break;
    heap[at] = heap[parent]!;
    at = parent;
  }
  heap[at] = event;
}

/** Takes the first out of a heap that is not empty. */
function pop(heap: Event[]): void {
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
