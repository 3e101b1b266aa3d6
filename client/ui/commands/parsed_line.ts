/**
 * What a line is that the user has entered: a message, a command, or nothing. Blanks before it, also those
 * that cannot be seen, do not change what it is.
 *
 * @module
 */

import { latePattern } from "../../../shared/text/late_pattern.ts";
import { unseen } from "../../../shared/text/unseen.ts";

/** What a line is. */
export type ParsedLine =
  | { readonly type: "empty" }
  /** A message. */
  | { readonly type: "text"; readonly text: string }
  | {
    /** A line that begins with one slash. */
    readonly type: "command";
    /** The word behind the slash; there may be no such command. */
    readonly name: string;
    /** What stands behind that word and one blank, without the blanks at its end. */
    readonly rest: string | undefined;
  };

const seenAtOnce = latePattern(() => RegExp(`^(?!${unseen})[^/]`, "u"));
const beforeAndSlashes = latePattern(() => RegExp(`^(${unseen}*)(/{0,2})`, "u"));

/** Tells what a line is. */
export function parseLine(line: string): ParsedLine {
  // Most lines begin with the letter of a message.
  if (seenAtOnce().test(line)) return { type: "text", text: line };
  if (line.trim() === "") return { type: "empty" };
  const [before, slashes] = beforeAndSlashes().exec(line)!.slice(1) as [string, string];
  if (slashes === "") return { type: "text", text: line };
  const behind = line.slice(before.length + 1);
  // Two slashes begin a message with one slash, such as a path.
  if (slashes === "//") return { type: "text", text: before + behind };
  const [, name, rest] = /^(\S*)(?:\s(.*))?$/s.exec(behind.trimEnd())!;
  return { type: "command", name: name!, rest };
}
