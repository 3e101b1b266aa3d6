/**
 * What is searched for, and whether a text has it. A text in memory is looked through as SQLite's FTS5 does it
 * (tokenizer `unicode61` with `remove_diacritics 2`).
 *
 * @module
 */

import { searchWordsMax } from "../../shared/protocol/limits.ts";

/** Characters that make up words. */
const wordPattern = /[\p{L}\p{N}\p{Co}]+/gu;
/** A shorter beginning of a word finds nearly everything, and takes long. */
const prefixLengthMin = 2;

/** The words of a search. */
export class SearchTerms {
  /** As they were written. */
  readonly #words: readonly string[];
  /** The parts of each word; `e-mail` has two. */
  readonly #terms: readonly (readonly string[])[];
  readonly #prefix: boolean;

  /** @param words As the user has written them. */
  constructor(words: string) {
    this.#words = words.replaceAll("\0", " ").split(/\s+/)
      .filter((word) => partsOf(word).length > 0).slice(0, searchWordsMax);
    this.#terms = this.#words.map(partsOf);
    this.#prefix = (this.#terms.at(-1)?.at(-1)?.length ?? 0) >= prefixLengthMin;
  }

  /** Whether there is nothing to look for. */
  get empty(): boolean {
    return this.#terms.length === 0;
  }

  /** The query for FTS5. */
  get query(): string {
    const quoted = this.#words.map((word) => `"${word.replaceAll('"', '""')}"`).join(" ");
    return this.#prefix ? `${quoted}*` : quoted;
  }

  /** Whether a text has all words, the last one at least as the beginning of a word. */
  match(text: string): boolean {
    const words = partsOf(text);
    const last = this.#terms.length - 1;
    return this.#terms.every((parts, i) => isWithin(parts, words, this.#prefix && i === last));
  }
}

/** The words of a text, without case and accents. */
function partsOf(text: string): string[] {
  // Most texts are ASCII, which has no accents.
  const plain = asciiPattern.test(text)
    ? text
    : text.normalize("NFD").replaceAll(/[\u0300-\u036f]/g, "").normalize("NFC");
  return plain.toLowerCase().match(wordPattern) ?? [];
}

const asciiPattern = /^[\0-\x7f]*$/;

function isWithin(parts: readonly string[], words: readonly string[], prefix: boolean): boolean {
  const last = parts.length - 1;
  return words.some((_, at) =>
    parts.every((part, i) =>
      prefix && i === last ? words[at + i]?.startsWith(part) : words[at + i] === part
    )
  );
}
