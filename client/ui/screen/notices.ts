/**
 * What stands between the messages of a view.
 *
 * @module
 */

import type { Lasting } from "./answers.ts";
import type { Notice } from "./blocks.ts";

/** Notices that are kept: the latest, and of those that are messages more than of others. */
const noticesMax = 500;

/** The notices of a view, in their order. */
export class Notices {
  #all: Notice[] = [];
  /** Those that stood there when the view was cleared, and when a line was entered. */
  #cleared: ReadonlySet<Notice> = new Set();
  #entered: ReadonlySet<Notice> = new Set();

  /** All of them. */
  get all(): readonly Notice[] {
    return this.#all;
  }

  /** Those that have come since the view was cleared. */
  get sinceCleared(): readonly Notice[] {
    return this.#all.filter((notice) => !this.#cleared.has(notice));
  }

  /** Puts something behind the last message. */
  add(notice: Notice): void {
    this.#all.push(notice);
    if (this.#all.length <= noticesMax) return;
    const other = this.#all.findIndex(({ isMessage }) => !isMessage);
    this.#all.splice(Math.max(0, other), 1);
  }

  /** The view is cleared of what is in it. */
  clear(): void {
    this.#cleared = new Set(this.#all);
  }

  /** A line is entered: what it answers is what stands there. */
  entered(): void {
    this.#entered = new Set(this.#all);
  }

  /** Takes off the answers that stood there when a line was entered. @returns Whether there were any. */
  takeOffAnswered(): boolean {
    return this.#takeOff((notice) => notice.lasting !== undefined && this.#entered.has(notice));
  }

  /** Takes off the answers of commands. @param lasting Only of these; not given for all. */
  takeOffAnswers(lasting?: Lasting): boolean {
    return this.#takeOff((notice) =>
      lasting === undefined ? notice.lasting !== undefined : notice.lasting === lasting
    );
  }

  #takeOff(isOff: (notice: Notice) => boolean): boolean {
    const before = this.#all.length;
    this.#all = this.#all.filter((notice) => !isOff(notice));
    return this.#all.length < before;
  }
}
