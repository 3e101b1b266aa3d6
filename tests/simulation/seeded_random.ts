/**
 * Random numbers that are the same whenever the seed is: SFC32 (Chris Doty-Humphrey, PractRand).
 *
 * @module
 */

/** How many numbers are thrown away, so that those of close seeds have nothing in common. */
const warmUp = 16;

/** A generator of random numbers. */
export class SeededRandom {
  #a: number;
  #b: number;
  #c: number;
  #counter = 1;

  /** @param seed A whole number; its lower 64 bits count. */
  constructor(seed: number) {
    this.#a = seed | 0;
    this.#b = Math.floor(seed / 2 ** 32) | 0;
    this.#c = 0x9e3779b9 | 0;
    for (let i = 0; i < warmUp; i++) this.#next();
  }

  /** From 0 up to 1, as `Math.random` gives them. It needs no `this`. */
  readonly number = (): number => (this.#next() >>> 0) / 2 ** 32;

  /** A whole number from `min` to `max`, both included. */
  int(min: number, max: number): number {
    return min + Math.floor(this.number() * (max - min + 1));
  }

  /** Whether something happens that does so with a probability from 0 to 1. */
  chance(probability: number): boolean {
    return this.number() < probability;
  }

  /** One of a list that is not empty. */
  pick<T>(list: readonly T[]): T {
    return list[this.int(0, list.length - 1)]!;
  }

  /** Another generator, whose numbers do not depend on how many are taken from this one later. */
  split(): SeededRandom {
    return new SeededRandom((this.#next() >>> 0) + (this.#next() & 0x1fffff) * 2 ** 32);
  }

  #next(): number {
    const sum = (this.#a + this.#b + this.#counter) | 0;
    this.#counter = (this.#counter + 1) | 0;
    this.#a = this.#b ^ (this.#b >>> 9);
    this.#b = (this.#c + (this.#c << 3)) | 0;
    this.#c = ((this.#c << 21) | (this.#c >>> 11)) + sum | 0;
    return sum;
  }
}
