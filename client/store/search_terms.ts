/**
 * What is searched for, and whether a text has it.
 *
 * @module
 */

import { searchTokensMax, searchWordsMax } from "./store_limits.ts";
import { isWord, tokensOf } from "./search_tokens.ts";

/** A shorter beginning of a word finds nearly everything, and takes long. */
const prefixLengthMin = 2;

/** The words of a search. */
export class SearchTerms {
  /** The tokens of each word, which a text has to have side by side; `e-mail` has two. */
  readonly #phrases: readonly (readonly string[])[];
  /** The words that are not searched for: they hold no token, or are too many. */
  readonly ignored: readonly string[];
  /** Whether the last token may be the beginning of a longer one. */
  readonly #prefix: boolean;

  /** @param words As the user has written them. */
  constructor(words: string) {
    const { phrases, ignored } = phrasesOf(words);
    this.#phrases = phrases;
    this.ignored = ignored;
    const last = this.#phrases.at(-1)?.at(-1);
    this.#prefix = last !== undefined && isWord(last) && last.length >= prefixLengthMin;
  }

  /** Whether there is nothing that can be searched for. */
  get empty(): boolean {
    return this.#phrases.length === 0;
  }

  /** The query for FTS5. */
  get query(): string {
    // No token holds a quote.
    const quoted = this.#phrases.map((tokens) => `"${tokens.join(" ")}"`).join(" ");
    return this.#prefix ? `${quoted}*` : quoted;
  }

  /**
   * Whether a text has all words, the last one at least as the beginning of a word.
   *
   * @param tokens The text's.
   */
  match(tokens: readonly string[]): boolean {
    const last = this.#phrases.length - 1;
    return this.#phrases.every((phrase, i) => isWithin(phrase, tokens, this.#prefix && i === last));
  }
}

function phrasesOf(words: string): { phrases: string[][]; ignored: string[] } {
  const phrases: string[][] = [];
  const ignored: string[] = [];
  let room = searchTokensMax;
  for (const word of words.split(/\s+/)) {
    if (word === "") continue;
    // What of a word is too much is no matter: its beginning is long enough.
    const tokens = tokensOf(word).slice(0, room);
    if (tokens.length === 0 || phrases.length === searchWordsMax) {
      ignored.push(word);
    } else {
      phrases.push(tokens);
      room -= tokens.length;
    }
  }
  return { phrases, ignored };
}

function isWithin(phrase: readonly string[], tokens: readonly string[], prefix: boolean): boolean {
  const last = phrase.length - 1;
  return tokens.some((_, at) =>
    phrase.every((token, i) =>
      prefix && i === last ? tokens[at + i]?.startsWith(token) : tokens[at + i] === token
    )
  );
}
