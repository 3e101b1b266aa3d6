/**
 * The lines that were entered before: the arrow keys go back and forth among them, and a search finds them.
 *
 * @module
 */

import type { LineText } from "./edited_line.ts";

/** Lines that are remembered: the latest. */
const linesMax = 1_000;

/** What was entered in this run. */
export class LineHistory {
  /** The latest last, each once. */
  readonly #lines: LineText[] = [];
  /** Which of them is in the input line; that many are there if none is. */
  #at = 0;
  /** What was being typed when the user went back. */
  #draft: LineText = { text: "", typed: 0 };

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
    const to = this.#at + step;
    if (to < 0 || to > this.#lines.length) return undefined;
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
    return this.#lines.findLast(({ text }) => text.includes(part) && left-- === 0);
  }
}
