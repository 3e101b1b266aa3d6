/**
 * What people might say to each other: sentences of words of which few are frequent and most are rare, as
 * in any language (Zipf's law). The same every time.
 *
 * @module
 */

const letters = "etaoinshrdlcumwfgypbvkjxqz";
const wordsCount = 30_000;
/** As many Chinese characters as a newspaper uses, spread over all of the first block of Unicode. */
const charactersCount = 3_000;
const charactersInAll = 20_000;
const characterStep = 7_919;
const firstCharacter = 0x4e00;

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
    return Array.from({ length: count }, () => this.#words[this.#rank(wordsCount)]!).join(" ");
  }

  /** The Chinese character that is so many-th in frequency, from 0. */
  character(rank: number): string {
    return String.fromCodePoint(firstCharacter + rank * characterStep % charactersInAll);
  }

  /** A sentence of 8 to 24 Chinese characters. */
  characters(): string {
    const count = 8 + Math.floor(this.#random() * 17);
    return Array.from({ length: count }, () => this.character(this.#rank(charactersCount)))
      .join("");
  }

  /** A rank from 0, few of which are frequent. */
  #rank(count: number): number {
    const rank = Math.floor(Math.exp(this.#random() * Math.log(count)));
    return Math.min(rank, count) - 1;
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
