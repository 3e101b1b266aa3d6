/**
 * The lines that were entered before in a conversation: the arrow keys go back and forth among them, and a search
 * finds them.
 *
 * @module
 */

import { BoundedMap } from "../../../shared/collections/bounded_map.ts";
import type { LineText } from "./edited_line.ts";

/** Lines that are remembered: the latest. */
const linesMax = 1_000;
/** Conversations whose lines are remembered. */
const conversationsMax = 64;

/** What was entered in a conversation. */
export class LineHistory {
  /** The latest last, each once. */
  readonly #lines: LineText[] = [];
  /** What was entered in earlier runs, the latest first. It is read as the user goes back. */
  readonly #earlier: Iterator<LineText>;
  /** Which of them is in the input line; that many are there if none is. */
  #at = 0;
  /** What was being typed when the user went back. */
  #draft: LineText = { text: "", typed: 0 };

  constructor(earlier: Iterable<LineText>) {
    this.#earlier = earlier[Symbol.iterator]();
  }

  /** Remembers a line. */
  add(line: LineText): void {
    const same = this.#lines.findIndex(({ text }) => text === line.text);
    if (same !== -1) this.#lines.splice(same, 1);
    this.#lines.push(line);
    if (this.#lines.length > linesMax) this.#lines.shift();
    this.leave();
  }

  /** The next one is gone back to from the end again. */
  leave(): void {
    this.#at = this.#lines.length;
  }

  /**
   * Goes to an earlier or later line.
   *
   * @param now What is in the input line.
   * @returns What is in it then; undefined if there is nothing further.
   */
  go(step: -1 | 1, now: LineText): LineText | undefined {
    if (step === -1 && this.#at === 0 && !this.#readEarlier()) return undefined;
    const to = this.#at + step;
    if (to > this.#lines.length) return undefined;
    if (this.#at === this.#lines.length) this.#draft = now;
    this.#at = to;
    return this.#lines[to] ?? this.#draft;
  }

  /**
   * Searches from the latest line back.
   *
   * @param skip How many of those that are found are passed over.
   */
  find(part: string, skip: number): LineText | undefined {
    let left = skip;
    const isMeant = ({ text }: LineText) => text.includes(part) && left-- === 0;
    const found = this.#lines.findLast(isMeant);
    if (found !== undefined) return found;
    while (this.#readEarlier()) if (isMeant(this.#lines[0]!)) return this.#lines[0];
    return undefined;
  }

  /** Reads one line more of those of earlier runs. @returns Whether there was one. */
  #readEarlier(): boolean {
    while (this.#lines.length < linesMax) {
      const { value, done } = this.#earlier.next();
      if (done) return false;
      if (this.#lines.some(({ text }) => text === value.text)) continue;
      this.#lines.unshift(value);
      this.#at++;
      return true;
    }
    return false;
  }
}

/** The lines of each conversation. */
export class LineHistories {
  readonly #earlier: (name: string) => Iterable<LineText>;
  readonly #histories = new BoundedMap<string, LineHistory>(conversationsMax);

  /** @param earlier Reads what was entered in earlier runs, the latest first. */
  constructor(earlier: (name: string) => Iterable<LineText>) {
    this.#earlier = earlier;
  }

  /** Those of a conversation. @param name Empty for what was entered while none was current. */
  of(name: string): LineHistory {
    const known = this.#histories.get(name) ?? new LineHistory(this.#earlier(name));
    // The one that is used is the last to be forgotten.
    this.#histories.set(name, known);
    return known;
  }
}
