/**
 * What people might say to each other: sentences of words of which few are frequent and most are rare, as
 * in any language (Zipf's law). The same every time.
 *
 * @module
 */

const letters = "etaoinshrdlcumwfgypbvkjxqz";
const wordsCount = 30_000;

/** A source of sentences of 4 to 15 words. */
export class Chatter {
  readonly #words = Array.from({ length: wordsCount }, (_, i) => wordOf(i));
  #state: number;

  constructor(seed = 1) {
    this.#state = seed;
  }

  /** The word that is so many-th in frequency, from 0. */
  word(rank: number): string {
    return this.#words[rank]!;
  }

  sentence(): string {
    const count = 4 + Math.floor(this.#random() * 12);
    return Array.from({ length: count }, () => {
      const rank = Math.floor(Math.exp(this.#random() * Math.log(wordsCount)));
      return this.#words[Math.min(rank, wordsCount) - 1]!;
    }).join(" ");
  }

  /** Mulberry32. */
  #random(): number {
    this.#state = (this.#state + 0x6d2b79f5) | 0;
    let t = Math.imul(this.#state ^ (this.#state >>> 15), 1 | this.#state);
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t;
    return ((t ^ (t >>> 14)) >>> 0) / 2 ** 32;
  }
}

function wordOf(rank: number): string {
  let word = "";
  // Backwards, so that many words do not begin alike.
  for (let rest = rank + letters.length; rest > 0; rest = Math.floor(rest / letters.length)) {
    word += letters[rest % letters.length];
  }
  return word;
}
