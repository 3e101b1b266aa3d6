/**
 * What a terminal sends, as keys and pastes: UTF-8, the control characters, and the escape sequences of ECMA-48
 * as xterm and those after it use them, with bracketed paste (`CSI 200 ~` … `CSI 201 ~`). A sequence that is not
 * known is swallowed whole, and none of it is typed. What is split over two reads is put together.
 *
 * @module
 */

import { AwaitedAnswer } from "./awaited_answer.ts";

/** What the user has done. */
export type Input =
  /** Letters, without control characters. */
  | { readonly type: "text"; readonly text: string }
  /** A key that types nothing, such as `left`, `ctrl+a`, `alt+b`, `enter` or `ctrl+left`. */
  | { readonly type: "key"; readonly key: string }
  | {
    /** A paste; only its beginning if it is longer than anything that could be sent. */
    readonly type: "paste";
    readonly text: string;
    readonly isWhole: boolean;
  };

/** What a terminal tells: that, or that its window got or lost the focus. */
export type TerminalInput = Input | { readonly type: "focus"; readonly hasFocus: boolean };

/** What is kept of a paste, in UTF-16 code units: more than a message can have, whatever is left out of it. */
const pasteCharactersMax = 64 * 1024;

/** How long a lone ESC is taken for the beginning of a sequence, and how long what has begun one. */
const escapeMs = 100;
const sequenceMs = 500;

/** Characters of a sequence that are looked at; the keys' own have at most ten. */
const sequenceMax = 32;

const pasteEnd = "\x1b[201~";

/** A report of the focus, in which no terminal has parameters. */
// deno-lint-ignore no-control-regex -- that is what it begins with
const focusReport = /\x1b\[([IO])/g;

/** What is being read. */
type State =
  | "ground"
  /** Behind ESC. */
  | "escape"
  /** Behind ESC `[`: parameters, until a letter. */
  | "csi"
  /** Behind ESC `O`: the same, of the keys of a number block. */
  | "ss3"
  /** An operating system command or a device's report, which ends by BEL or ESC `\`. */
  | "string"
  | "paste";

/** Turns what a terminal sends into keys and pastes. */
export class KeyReader {
  readonly #utf8 = new TextDecoder();
  #state: State = "ground";
  /** Whether ESC came before the sequence that is being read: as the key Alt does. */
  #alt = false;
  #parameters = "";
  /** How many characters of a mouse report are still to be swallowed. */
  #swallows = 0;
  #inputs: TerminalInput[] = [];
  /** The pieces of a paste, and their length. */
  #pasted: string[] = [];
  #pastedLength = 0;
  #isWhole = true;
  /** What may be the beginning of the end of the paste. */
  #tail = "";
  readonly #answer = new AwaitedAnswer();
  readonly #onAnswer: (text: string) => void;
  #hasReports = false;

  /** @param onAnswer Told what the terminal says of its background, if that was {@linkcode awaitAnswer awaited}. */
  constructor(onAnswer: (text: string) => void = () => {}) {
    this.#onAnswer = onAnswer;
  }

  /** The terminal was asked for the colour of its background, and will answer among the keys, or never. */
  awaitAnswer(): void {
    this.#answer.await();
  }

  /** The terminal was asked to report its focus. It may do so at any time, also within what is pasted. */
  awaitReports(): void {
    this.#hasReports = true;
  }

  /** What the user has done, as far as it is complete. */
  read(bytes: Uint8Array): TerminalInput[] {
    this.#readText(this.#utf8.decode(bytes, { stream: true }));
    return this.#inputs.splice(0);
  }

  /** How long to wait for the rest of a sequence before {@linkcode giveUp}, in milliseconds; undefined if none has begun. */
  get patienceMs(): number | undefined {
    if (this.#answer.hasBegun) {
      if (!this.#answer.isFresh) return undefined;
      return this.#answer.heldBack === "\x1b" ? escapeMs : sequenceMs;
    }
    if (this.#state === "ground" || this.#state === "paste") return undefined;
    return this.#state === "escape" ? escapeMs : sequenceMs;
  }

  /** Nothing came behind what may have been the beginning of a sequence: ESC is the key. */
  giveUp(): TerminalInput[] {
    if (this.#answer.hasBegun && this.#answer.isFresh) {
      // Whatever else begins as the answer does is swallowed.
      if (this.#answer.heldBack === "\x1b") this.#begin(false);
      this.#answer.giveUp();
    }
    if (this.#state === "escape") this.#escapes();
    if (this.#state !== "paste") this.#state = "ground";
    return this.#inputs.splice(0);
  }

  #readText(text: string): void {
    for (let at = 0; at < text.length;) {
      at = this.#answer.hasBegun
        ? this.#mayAnswer(text, at)
        : this.#state === "paste"
        ? this.#paste(text, at)
        : this.#state === "ground"
        ? this.#ground(text, at)
        : this.#sequence(text, at);
    }
  }

  #mayAnswer(text: string, at: number): number {
    const step = this.#answer.take(text[at]!);
    if (step === "more") return at + 1;
    if (step === "whole") {
      this.#onAnswer(this.#answer.finish());
      return at + 1;
    }
    const { heldBack } = this.#answer;
    this.#answer.drop();
    const isSequence = heldBack.startsWith("\x1b");
    if (isSequence) this.#begin(false);
    this.#readText(heldBack.slice(Number(isSequence)));
    return at;
  }

  #ground(text: string, from: number): number {
    let at = from;
    if (this.#swallows > 0) {
      const end = Math.min(text.length, at + this.#swallows);
      this.#swallows -= end - at;
      return end;
    }
    while (at < text.length && !isControl(text.charCodeAt(at))) at++;
    if (at > from) {
      this.#inputs.push({ type: "text", text: text.slice(from, at) });
      return at;
    }
    if (text[at] === "\x1b" && this.#answer.mayBegin) this.#answer.take("\x1b");
    else if (text[at] === "\x1b") this.#begin(false);
    // A line end of two characters is one.
    else if (text[at] !== "\n" || text[at - 1] !== "\r") this.#control(text[at]!, false);
    return at + 1;
  }

  #begin(alt: boolean): void {
    this.#state = "escape";
    this.#alt = alt;
    this.#parameters = "";
  }

  #sequence(text: string, at: number): number {
    const c = text[at]!;
    if (this.#state === "escape") return this.#escape(text, at);
    if (this.#state === "string") {
      if (c === "\x07") this.#state = "ground";
      else if (c === "\x1b") this.#begin(false);
      return at + 1;
    }
    // A control character ends a sequence, and is one by itself.
    if (isControl(c.charCodeAt(0))) {
      this.#state = "ground";
      return at;
    }
    const isParameter = this.#state === "csi"
      ? c >= " " && c <= "?" || c === "[" && this.#parameters === ""
      : c >= "0" && c <= "?";
    if (isParameter) {
      if (this.#parameters.length < sequenceMax) this.#parameters += c;
      return at + 1;
    }
    const introducer = this.#state === "csi" ? "[" : "O";
    this.#state = "ground";
    this.#end(introducer, c);
    return at + 1;
  }

  #escape(text: string, at: number): number {
    const c = text[at]!;
    this.#state = "ground";
    if (c === "[") this.#state = "csi";
    else if (c === "O") this.#state = "ss3";
    // The end of a string, which has been read.
    else if (c === "\\") return at + 1;
    else if ("]P_^X".includes(c)) this.#state = "string";
    else if (c === "\x1b") this.#begin(true);
    // No key is Alt and a slash, and a command that has lost its slash would go out as a message.
    else if (c === "/") {
      this.#escapes();
      return at;
    } else if (isControl(c.charCodeAt(0))) this.#control(c, true);
    else {
      const letter = String.fromCodePoint(text.codePointAt(at)!);
      this.#key(`alt+${letter.toLowerCase()}`);
      return at + letter.length;
    }
    return at + 1;
  }

  /** ESC was the key, once or twice. */
  #escapes(): void {
    this.#key("escape");
    if (this.#alt) this.#key("escape");
  }

  /** A sequence is complete. */
  #end(introducer: "[" | "O", final: string): void {
    const parameters = this.#parameters;
    if (introducer === "[" && final === "~" && parameters === "200") {
      this.#state = "paste";
    } else if (introducer === "[" && final === "M") {
      // A report of the mouse, of the oldest form or of a later one.
      if (parameters === "") this.#swallows = 3;
    } else if (introducer === "[" && parameters === "" && (final === "I" || final === "O")) {
      // No terminal sends Alt with it: that was the key ESC.
      if (this.#alt) this.#key("escape");
      this.#focus(final);
    } else {
      const key = keyOf(parameters, final, this.#alt);
      if (key !== undefined) this.#key(key);
    }
  }

  #control(c: string, alt: boolean): void {
    const key = controls[c];
    if (key !== undefined) this.#key(alt ? `alt+${key}` : key);
  }

  #key(key: string): void {
    this.#inputs.push({ type: "key", key });
  }

  #focus(final: string): void {
    this.#inputs.push({ type: "focus", hasFocus: final === "I" });
  }

  #paste(text: string, from: number): number {
    const rest = this.#tail + text.slice(from);
    const end = rest.indexOf(pasteEnd);
    if (end === -1) {
      const kept = beginningAtEnd(rest);
      this.#tail = kept === 0 ? "" : rest.slice(-kept);
      this.#keep(rest.slice(0, rest.length - kept));
      return text.length;
    }
    this.#keep(rest.slice(0, end));
    const behind = rest.length - end - pasteEnd.length;
    const all = this.#pasted.join("");
    const reports = this.#hasReports ? [...all.matchAll(focusReport)] : [];
    const pasted = reports.length === 0 ? all : all.replaceAll(focusReport, "");
    this.#inputs.push({ type: "paste", text: pasted, isWhole: this.#isWhole });
    for (const [, final] of reports) this.#focus(final!);
    this.#state = "ground";
    this.#pasted = [];
    this.#pastedLength = 0;
    this.#isWhole = true;
    this.#tail = "";
    return text.length - behind;
  }

  #keep(text: string): void {
    const kept = text.slice(0, pasteCharactersMax - this.#pastedLength);
    if (kept.length < text.length) this.#isWhole = false;
    if (kept === "") return;
    this.#pasted.push(kept);
    this.#pastedLength += kept.length;
  }
}

/** How many characters at the end of a text may be the beginning of the end of a paste. */
function beginningAtEnd(text: string): number {
  for (let length = Math.min(pasteEnd.length - 1, text.length); length > 0; length--) {
    if (text.endsWith(pasteEnd.slice(0, length))) return length;
  }
  return 0;
}

function isControl(code: number): boolean {
  return code < 0x20 || code >= 0x7f && code < 0xa0;
}

/** The keys that send one control character; the others are not used. */
const controls: Readonly<Record<string, string>> = {
  ...Object.fromEntries(
    [..."abcdefghijklmnopqrstuvwxyz"].map((
      letter,
      i,
    ) => [String.fromCharCode(i + 1), `ctrl+${letter}`]),
  ),
  "\b": "backspace",
  "\t": "tab",
  "\n": "enter",
  "\r": "enter",
  "\x7f": "backspace",
};

/** The keys of sequences that end by a letter. */
const letterKeys: Readonly<Record<string, string>> = {
  A: "up",
  B: "down",
  C: "right",
  D: "left",
  F: "end",
  H: "home",
  M: "enter",
};

/** Those of sequences that end by a tilde, by their number. */
const numberKeys: Readonly<Record<string, string>> = {
  1: "home",
  3: "delete",
  4: "end",
  5: "page-up",
  6: "page-down",
  7: "home",
  8: "end",
};

/** Those that a terminal sends by the number of their character, if it is set to. */
const codeKeys: Readonly<Record<string, string>> = {
  9: "tab",
  13: "enter",
  27: "escape",
  127: "backspace",
};

/** The key of a sequence; undefined if there is none of use. */
function keyOf(parameters: string, final: string, alt: boolean): string | undefined {
  const [first = "", second = "1", third = ""] = parameters.split(";");
  // `27;5;9~` and `9;5u` are the same key.
  const byCode = final === "u" ? first : final === "~" && first === "27" ? third : undefined;
  // Of an older form, `O5D`, the only number is that of the modifiers.
  const isLone = parameters !== "" && !parameters.includes(";") && letterKeys[final] !== undefined;
  const modifiers = Number.parseInt(isLone ? first : second) - 1;
  if (Number.isNaN(modifiers)) return undefined;
  const key = byCode !== undefined
    ? codeKeys[byCode] ?? letterOf(byCode)
    : final === "~"
    ? numberKeys[first]
    : letterKeys[final];
  if (key === undefined) return undefined;
  const ctrl = (modifiers & 4) !== 0 ? "ctrl+" : "";
  return `${ctrl}${alt || (modifiers & 2) !== 0 ? "alt+" : ""}${key}`;
}

function letterOf(code: string): string | undefined {
  const letter = /^\d{2,3}$/.test(code) ? String.fromCharCode(Number(code)).toLowerCase() : "";
  return /^[a-z]$/.test(letter) ? letter : undefined;
}
