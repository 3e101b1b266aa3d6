/**
 * What wordings are made of. All text from outside passes the sanitiser here, once.
 *
 * @module
 */

import { makeVisible } from "../../../shared/text/visible.ts";
import type { HistoryRow } from "./history_rows.ts";
import { shorten } from "../../../shared/text/quote.ts";

/** What kind of thing is said. A front end chooses colours and prefixes by it. */
export type Tone = "message" | "notice" | "list" | "history" | "problem";

/** Something to show. */
export interface Wording {
  readonly tone: Tone;
  /** Who wrote it, for a message. */
  readonly name?: string;
  /** For a message that says what its author does: their name as people see it then, and that. */
  readonly action?: { readonly who: string; readonly lines: readonly string[] };
  /** What each line is marked with, for a message. */
  readonly mark?: string;
  /** When it was written, for a message. */
  readonly time?: string;
  /** What is said, safe to print. */
  readonly lines: readonly string[];
  /** The messages of a history; its only line stands above them. */
  readonly rows?: readonly HistoryRow[];
  /** What a person can do with the rows of a history, if each of them has a number. */
  readonly numbered?: string;
}

/** The words for each type of something. */
export type Words<S extends { readonly type: string }> = {
  readonly [T in S["type"]]: (shown: OfType<S, T>, now: Date) => Wording;
};

/** Those of a union that can be of a type. */
export type OfType<S extends { readonly type: string }, T> = S extends { readonly type: infer U }
  ? T extends U ? S : never
  : never;

/** Something that the user should know. */
export function notice(...lines: string[]): Wording {
  return { tone: "notice", lines: lines.map(makeVisible) };
}

/** Something that went wrong. */
export function problem(...lines: string[]): Wording {
  return { tone: "problem", lines: lines.map(makeVisible) };
}

/** Something that the user has asked to see. */
export function list(...lines: string[]): Wording {
  return { tone: "list", lines: lines.map(makeVisible) };
}

/** Rows as lines, each column starting at the same place. All columns but the last are ASCII. */
export function aligned(rows: readonly (readonly string[])[]): string[] {
  const widths = rows[0]!.map((_, i) => Math.max(...rows.map((row) => row[i]!.length)));
  return rows.map((row) =>
    `  ${row.map((cell, i) => i === row.length - 1 ? cell : cell.padEnd(widths[i]!)).join("  ")}`
      .trimEnd()
  );
}

/** The end of a line about messages: how many they are. One goes without saying. */
export function counted(count: number): string {
  return count === 1 ? "" : `: ${count} messages`;
}

/** More of anything than this has nobody counted here. */
const claimedMax = 100_000;

/** A number that another program claims, and that nothing here bears out. */
export function claimed(count: number): string {
  return count > claimedMax ? `more than ${claimedMax.toLocaleString("en")}` : String(count);
}

/** Characters of a quoted text. */
const quotedMax = 60;

/** A text in quotes. One that is longer is cut. */
export function quoted(text: string, max = quotedMax): string {
  return `“${shorten(text, max)}”`;
}

/** The end of a sentence about a file that a newer version of the program has written. */
export function newerWords(
  { version, known }: { readonly version: number; readonly known: number },
): string {
  return `it is of version ${version}, and this program knows version ${known}; use the newer program`;
}

/** A time in whole seconds, as people read it. */
export function secondsText(seconds: number): string {
  return seconds === 1 ? "a second" : `${seconds} seconds`;
}
