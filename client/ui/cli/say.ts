/**
 * What the commands about a profile tell, line by line.
 *
 * @module
 */

import { writeAllSync } from "../../../shared/net/write_all.ts";
import { fitted } from "../../../shared/process/fitted.ts";
import { plainText } from "../script/script.ts";
import type { ProfileAnswer } from "../wording/wording.ts";

/** Prints an answer. @param print Takes each line. */
export function say(answer: ProfileAnswer, print: (line: string) => void): void {
  for (const line of plainText(answer).trimEnd().split("\n")) print(line);
}

/** Prints a line on standard output. */
export function sayOnStandardOutput(line: string): void {
  writeAllSync(Deno.stdout, new TextEncoder().encode(fitted(line, Deno.stdout) + "\n"));
}

/** Prints a line on standard error: standard output is for what a command was asked for. */
export function sayOnStandardError(line: string): void {
  writeAllSync(Deno.stderr, new TextEncoder().encode(fitted(line, Deno.stderr) + "\n"));
}
