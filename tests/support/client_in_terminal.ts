/**
 * A client in a terminal, whether it has the whole screen or one stream of lines: the same keys, and the same that
 * its user has to be able to read on the resulting screen.
 *
 * @module
 */

import { assert } from "@std/assert";
import { type ScreenBuild, ScreenProgram } from "./screen_program.ts";

/** How a terminal is used. */
export type TerminalKind = "--plain" | "screen";

/** Both ways to use a terminal. */
export const terminalKinds: readonly TerminalKind[] = ["--plain", "screen"];

/** A client in a terminal of 80 columns and 24 rows. */
export class ClientInTerminal implements AsyncDisposable {
  readonly kind: TerminalKind;
  /** The terminal. */
  readonly at: ScreenProgram;

  constructor(kind: TerminalKind, build: ScreenBuild, args: readonly string[]) {
    this.kind = kind;
    this.at = new ScreenProgram(build, ...args, ...kind === "--plain" ? [kind] : []);
  }

  /** Presses keys. */
  types(keys: string): Promise<void> {
    return this.at.types(keys);
  }

  /** Waits until the input line, at the foot of the screen, is so: whom it is for, and what is half typed. */
  async asks(whom: string, typed: string | RegExp = ""): Promise<void> {
    const behind = typeof typed === "string" ? typedPattern(typed) : typed.source;
    const prompt = String.raw`^${RegExp.escape(whom)}( \(\d+ waiting\))?>`;
    await this.at.sees(RegExp(`${prompt}${typed === "" ? "" : " ?"}${behind}$(?![^])`, "m"));
  }

  /** Waits until the user is told something, however the rows are broken. @returns The match. */
  async says(wanted: RegExp): Promise<RegExpExecArray> {
    let match: RegExpExecArray | null = null;
    await this.at.sees((rows) => (match = wanted.exec(unbroken(rows))) !== null);
    return match!;
  }

  /** What stands on the screen now, with its lines in one piece; of a stream of lines also what is above. */
  async text(): Promise<string> {
    return unbroken(await this.at.sees(() => true));
  }

  /** Waits until the user has a message before them, in the conversation that they look at. */
  async hears(name: string, text: string): Promise<void> {
    const who = this.kind === "screen" ? `${name} +` : `${name}: `;
    await this.says(RegExp(String.raw`^\d\d:\d\d ${who}${RegExp.escape(text)}$`, "m"));
  }

  /** Waits until the user has been told of messages of somebody with whom they do not talk now. */
  async hearsAside(name: string, text: string, count = 1): Promise<void> {
    if (this.kind === "--plain") return await this.hears(name, text);
    const rows = await this.at.sees(RegExp(String.raw`^ \d ${name} +[●○?] +${count} │`, "m"));
    assert(!unbroken(rows).includes(` ${text}\n`), "it is shown to somebody who looks elsewhere");
  }

  /** Waits until the user has been told that a contact calls with whom they do not talk now. */
  async isCalledBy(name: string): Promise<void> {
    if (this.kind === "screen") await this.at.sees(RegExp(`^ \\d ${name} +●`, "m"));
    else await this.says(RegExp(`${name} .*has called.*; /switch ${name} to answer`));
  }

  /** Waits for its end. @returns Its exit code. */
  async ends(): Promise<number> {
    return Number((await this.at.program.shows(/ended (\d+)/))[1]);
  }

  /** Ends it as its user does, whatever is half typed. */
  async quits(): Promise<void> {
    await this.types("\x15/quit\r");
    assert(await this.ends() === 0);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.at[Symbol.asyncDispose]();
  }
}

/** The rows without the list beside them, and each row that goes on with the one before. */
function unbroken(rows: readonly string[]): string {
  const isFull = / unread {3}\d\d:\d\d$/.test(rows[0] ?? "");
  const text = rows.map((row) => isFull && /^.{16}│/.test(row) ? row.slice(17) : row);
  return text.join("\n").replaceAll(/\n *│ /g, " ");
}

/** A text as it stands in the input line, whose rows end anywhere, and without the blanks behind them. */
function typedPattern(text: string): string {
  const patterns: Readonly<Record<string, string>> = { "\n": "\n *│ ?", " ": "(?: \n?|\n)" };
  return [...text].map((c) => patterns[c] ?? `${RegExp.escape(c)}\n?`).join("");
}
