/**
 * What each key does to the line, as people know it of readline and of shells. Nothing here knows a terminal.
 *
 * @module
 */

import { EditedLine, type LineText } from "./edited_line.ts";
import type { Input } from "./keys.ts";
import type { LineHistory } from "./line_history.ts";

/** What a key asks of the terminal, beside that the line is drawn again. */
export type Wish =
  | { readonly type: "none" }
  /** The line is entered, and the next one empty. */
  | { readonly type: "enter"; readonly line: LineText; readonly beginsPasted: boolean }
  /** Ctrl+C and Ctrl+D in an empty line, and Ctrl+Z. */
  | { readonly type: "interrupt" | "end" | "suspend" }
  | { readonly type: "clear-screen" }
  /** Tab, in a line that is no pasted text. */
  | { readonly type: "complete" }
  | { readonly type: "pasted"; readonly text: string; readonly isWhole: boolean };

/** What is searched for among earlier lines. */
export interface LineSearch {
  readonly part: string;
  readonly isFound: boolean;
}

const none: Wish = { type: "none" };

/** A line, its history, and the search in that. */
export class LineEditor {
  readonly line = new EditedLine();
  readonly #historyNow: () => LineHistory;
  #search: { part: string; skip: number; isFound: boolean; readonly before: LineText } | undefined;

  /** @param history Gives the lines of the conversation that is current. */
  constructor(history: () => LineHistory) {
    this.#historyNow = history;
  }

  /** The search that is under way. What is found is in the line. */
  get search(): LineSearch | undefined {
    return this.#search;
  }

  /** Has another line edited. A search in the one before is over. */
  set(line: LineText): void {
    this.#search = undefined;
    this.#history.leave();
    this.line.set(line);
  }

  /** Takes a key. */
  take(input: Input): Wish {
    switch (input.type) {
      case "text":
        if (this.#search === undefined) this.line.insert(input.text);
        else this.#find(this.#search.part + input.text, 0);
        return none;
      case "paste":
        this.#search = undefined;
        return { ...input, type: "pasted" };
      case "key":
        return this.#search === undefined ? this.#key(input.key) : this.#searchKey(input.key);
    }
  }

  get #history(): LineHistory {
    return this.#historyNow();
  }

  #key(key: string): Wish {
    const { line } = this;
    switch (key) {
      case "enter":
        return this.#enter();
      case "ctrl+c":
        if (line.text === "") return { type: "interrupt" };
        line.killAll();
        this.#history.leave();
        return none;
      case "ctrl+d":
        if (line.text === "") return { type: "end" };
        line.erase("behind");
        return none;
      case "ctrl+z":
        return { type: "suspend" };
      case "ctrl+l":
        return { type: "clear-screen" };
      case "tab":
        return line.beginsPasted ? none : { type: "complete" };
      case "ctrl+r":
        this.#search = { part: "", skip: 0, isFound: true, before: line.content };
        return none;
      default:
        edits[key]?.(line);
        if (key === "up" || key === "ctrl+p") this.#go(-1);
        if (key === "down" || key === "ctrl+n") this.#go(1);
        return none;
    }
  }

  #enter(): Wish {
    const { content: line, beginsPasted } = this.line;
    if (line.text.trim() !== "") this.#history.add(line);
    this.#history.leave();
    this.line.set({ text: "", typed: 0 });
    return { type: "enter", line, beginsPasted };
  }

  #go(step: -1 | 1): void {
    const line = this.#history.go(step, this.line.content);
    if (line !== undefined) this.line.set(line);
  }

  #searchKey(key: string): Wish {
    const { part, skip, before } = this.#search!;
    switch (key) {
      case "ctrl+r":
        this.#find(part, skip + 1);
        return none;
      case "backspace":
        this.#find([...part].slice(0, -1).join(""), 0);
        return none;
      case "escape":
      case "ctrl+g":
      case "ctrl+c":
        this.line.set(before);
        this.#search = undefined;
        return none;
      default:
        // What was found is taken, and the key does what it does in any line.
        this.#search = undefined;
        return this.#key(key);
    }
  }

  #find(part: string, skip: number): void {
    const { before } = this.#search!;
    const found = part === "" ? before : this.#history.find(part, skip);
    if (found !== undefined) this.line.set(found);
    this.#search = {
      part,
      // Behind the last one there is none, however often it is asked for.
      skip: found === undefined ? Math.max(0, skip - 1) : skip,
      isFound: found !== undefined,
      before,
    };
  }
}

/** The keys that change the line or move the cursor, and need nothing else. */
const edits: Readonly<Record<string, (line: EditedLine) => unknown>> = {
  left: (line) => line.move("left"),
  "ctrl+b": (line) => line.move("left"),
  right: (line) => line.move("right"),
  "ctrl+f": (line) => line.move("right"),
  home: (line) => line.move("home"),
  "ctrl+a": (line) => line.move("home"),
  end: (line) => line.move("end"),
  "ctrl+e": (line) => line.move("end"),
  "ctrl+left": (line) => line.move("word-left"),
  "alt+left": (line) => line.move("word-left"),
  "alt+b": (line) => line.move("word-left"),
  "ctrl+right": (line) => line.move("word-right"),
  "alt+right": (line) => line.move("word-right"),
  "alt+f": (line) => line.move("word-right"),
  backspace: (line) => line.erase("before"),
  "ctrl+h": (line) => line.erase("before"),
  delete: (line) => line.erase("behind"),
  "ctrl+k": (line) => line.kill("end"),
  "ctrl+u": (line) => line.kill("home"),
  "ctrl+w": (line) => line.kill("blank-left"),
  "alt+backspace": (line) => line.kill("word-left"),
  "alt+d": (line) => line.kill("word-right"),
  "ctrl+y": (line) => line.yank(),
  "alt+enter": (line) => line.insert("\n"),
};
