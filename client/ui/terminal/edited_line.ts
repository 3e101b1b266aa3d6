/**
 * The text of a line that is being edited, and the cursor in it, which stands between two graphemes: what a
 * reader takes for one letter, as a flag or a family of emoji, is moved over and deleted as one.
 *
 * @module
 */

import { graphemeAt } from "../../../shared/text/columns.ts";
import { latePattern } from "../../../shared/text/late_pattern.ts";
import { isUnseen } from "../../../shared/text/unseen.ts";

/** Of a text that is edited, UTF-16 code units at most: more than a message can have. */
const lineCharactersMax = 64 * 1024;

/** Blanks that stand for a tab. */
const tab = "    ";

/** What a line held, and where it came from. */
export interface LineText {
  readonly text: string;
  /** How many characters at its beginning were typed: the first one behind them came by a paste. */
  readonly typed: number;
}

/** A line that is being edited. Each change takes a time that is at most linear in its length. */
export class EditedLine {
  #text = "";
  #cursor = 0;
  #typed = 0;
  /** What was killed last, and whether all of it was typed. */
  #killed = { text: "", isTyped: true };

  get text(): string {
    return this.#text;
  }

  /** Where the cursor is, in UTF-16 code units. */
  get cursor(): number {
    return this.#cursor;
  }

  /** The line, to be {@linkcode EditedLine.set set} again. */
  get content(): LineText {
    return { text: this.#text, typed: this.#typed };
  }

  /** Whether the line begins with what was pasted. A slash there begins no command. */
  get beginsPasted(): boolean {
    return this.#text !== "" && isUnseen(this.#text.slice(0, this.#typed));
  }

  /** Makes it another line, with the cursor at its end. */
  set({ text, typed }: LineText): void {
    this.#text = text;
    this.#cursor = text.length;
    this.#typed = typed;
  }

  /**
   * Puts a text before the cursor. A tab becomes blanks; of other control characters only line breaks stay.
   *
   * @param fits Whether the line may become that one.
   * @returns Whether it has; if not, nothing is changed.
   */
  insert(
    text: string,
    how: "typed" | "pasted" = "typed",
    fits = (line: string) => line.length <= lineCharactersMax,
  ): boolean {
    const clean = withoutControls(text);
    const at = this.#cursor;
    const line = this.#text.slice(0, at) + clean + this.#text.slice(at);
    if (!fits(line)) return false;
    this.#text = line;
    this.#cursor = at + clean.length;
    if (how === "pasted") this.#typed = Math.min(this.#typed, at);
    else if (at <= this.#typed) this.#typed += clean.length;
    this.#snap();
    return true;
  }

  /** Moves the cursor. */
  move(to: "left" | "right" | "home" | "end" | "word-left" | "word-right"): void {
    this.#cursor = this.#target(to);
  }

  /** Deletes a letter, before or behind the cursor. */
  erase(which: "before" | "behind"): void {
    this.#cut(this.#target(which === "before" ? "left" : "right"));
  }

  /** Deletes from the cursor to somewhere else, and remembers what that was. */
  kill(to: "home" | "end" | "word-left" | "word-right" | "blank-left"): void {
    const target = this.#target(to);
    const [from, end] = target < this.#cursor ? [target, this.#cursor] : [this.#cursor, target];
    if (from === end) return;
    this.#killed = { text: this.#text.slice(from, end), isTyped: end <= this.#typed };
    this.#cut(target);
  }

  /** Deletes the whole line, and remembers it. */
  killAll(): void {
    this.#cursor = this.#text.length;
    this.kill("home");
  }

  /** Puts in what was killed last. */
  yank(): void {
    this.insert(this.#killed.text, this.#killed.isTyped ? "typed" : "pasted");
  }

  #cut(to: number): void {
    const [from, end] = to < this.#cursor ? [to, this.#cursor] : [this.#cursor, to];
    this.#text = this.#text.slice(0, from) + this.#text.slice(end);
    this.#cursor = from;
    // If it reached into what was pasted, nothing behind it is known to be typed.
    if (from < this.#typed) this.#typed = Math.max(from, this.#typed - (end - from));
    this.#snap();
  }

  #target(to: Parameters<EditedLine["move"]>[0] | "blank-left"): number {
    const [text, at] = [this.#text, this.#cursor];
    switch (to) {
      case "left":
        return at === 0 ? 0 : graphemeAt(text, at - 1).from;
      case "right":
        return at === text.length ? at : graphemeAt(text, at).to;
      case "home":
        return 0;
      case "end":
        return text.length;
      case "word-left":
        return this.#skip(-1, [notWord(), word()]);
      case "word-right":
        return this.#skip(1, [notWord(), word()]);
      case "blank-left":
        return this.#skip(-1, [blank, notBlank]);
    }
  }

  /** Where one is behind all characters of the first kind, and then all of the second one. */
  #skip(step: -1 | 1, kinds: readonly RegExp[]): number {
    const text = this.#text;
    let at = this.#cursor;
    for (const kind of kinds) {
      for (;;) {
        const c = step === 1 ? characterAt(text, at) : characterBefore(text, at);
        if (c === "" || !kind.test(c)) break;
        at += step * c.length;
      }
    }
    return at === 0 || at === text.length ? at : boundary(text, at, step);
  }

  /** What stands around the cursor may have become one letter. */
  #snap(): void {
    this.#cursor = boundary(this.#text, this.#cursor, 1);
  }
}

const word = latePattern(() => /[\p{L}\p{N}\p{M}_]/u);
const notWord = latePattern(() => /[^\p{L}\p{N}\p{M}_]/u);
const blank = /\s/u;
const notBlank = /\S/u;

function characterAt(text: string, at: number): string {
  const code = text.codePointAt(at);
  return code === undefined ? "" : String.fromCodePoint(code);
}

function characterBefore(text: string, at: number): string {
  const pair = text.slice(Math.max(0, at - 2), at);
  return /^[\ud800-\udbff][\udc00-\udfff]$/.test(pair) ? pair : pair.slice(-1);
}

/** The next place between two graphemes, which may be this one. */
function boundary(text: string, at: number, step: -1 | 1): number {
  if (at === 0 || at === text.length) return at;
  const { from, to } = graphemeAt(text, at);
  return from === at || step === -1 ? from : to;
}

/** A text with line breaks of one character, and without other control characters. */
function withoutControls(text: string): string {
  // deno-lint-ignore no-control-regex -- that is what this is about
  if (!/[\x00-\x1f\x7f-\x9f]/.test(text)) return text;
  return text.replaceAll(/\r\n?/g, "\n").replaceAll("\t", tab)
    .replaceAll(/[^\P{Cc}\n]/gu, "");
}
