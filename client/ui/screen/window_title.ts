/**
 * The title of the terminal's window.
 *
 * @module
 */

/** The title, which is written only if it is another one. */
export class WindowTitle {
  readonly #write: (text: string) => void;
  #last: string | undefined;

  constructor(write: (text: string) => void) {
    this.#write = write;
  }

  /** Names the window. @param title Without control characters. */
  name(title: string): void {
    if (title === this.#last) return;
    this.#last = title;
    this.#write(`\x1b]2;${title}\x07`);
  }
}
