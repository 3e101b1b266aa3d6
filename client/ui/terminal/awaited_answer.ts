/**
 * The answer of a terminal that was asked for the colour of its background, among the keys: `ESC ] 11 ; …`, ended by
 * BEL or by ESC `\`. Over a slow line it may come in pieces, however late. None of it is ever taken for keys; and what
 * turns out to be none of it is given back, so that no key is lost.
 *
 * @module
 */

/** What the answer begins with. */
const beginning = "\x1b]11;";

/** Letters of an answer behind that, at most; those that are known have at most 24. */
const lettersMax = 64;

/** What a letter is: a further one of what may be the answer, the last one of it, or none of it. */
type Step = "more" | "whole" | "none";

/** What may be the answer. */
export class AwaitedAnswer {
  #isAwaited = false;
  /** What may be its beginning; empty if nothing is. */
  #read = "";
  /** How much of that was given up, as the beginning of a sequence is if nothing follows for some time. */
  #givenUp = 0;

  /** An answer will come. */
  await(): void {
    this.#isAwaited = true;
  }

  /** Whether an answer is awaited that has not begun. */
  get mayBegin(): boolean {
    return this.#isAwaited && !this.hasBegun;
  }

  /** Whether something was read that may be its beginning. */
  get hasBegun(): boolean {
    return this.#read !== "";
  }

  /** What was read of it, and would be keys if it is none. */
  get heldBack(): string {
    return this.#read.slice(this.#givenUp);
  }

  /** Whether nothing of what was read has been given up. */
  get isFresh(): boolean {
    return this.#givenUp === 0;
  }

  /** Nothing came for some time: what was read so far is no more than it would be without an answer. */
  giveUp(): void {
    this.#givenUp = this.#read.length;
  }

  /** Takes the next letter. If it is none of an answer, what is {@linkcode heldBack} is no more than keys. */
  take(letter: string): Step {
    const [before, now] = [this.#read, this.#read + letter];
    const isTooLong = now.length > beginning.length + lettersMax;
    if (now.length <= beginning.length) {
      if (!beginning.startsWith(now)) return "none";
    } else if (before.endsWith("\x1b")) {
      return letter === "\\" ? "whole" : "none";
    } else if (letter === "\x07") {
      return "whole";
    } else if (letter !== "\x1b" && (isTooLong || letter < " " || letter > "~")) {
      return "none";
    }
    this.#read = now;
    return "more";
  }

  /** It was whole. @returns What it says. */
  finish(): string {
    const text = this.#read.slice(beginning.length).replace("\x1b", "");
    this.#isAwaited = false;
    this.drop();
    return text;
  }

  /** It was none. */
  drop(): void {
    this.#read = "";
    this.#givenUp = 0;
  }
}
