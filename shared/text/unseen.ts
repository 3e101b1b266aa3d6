/**
 * What cannot be seen at the beginning of a line. Where a line begins decides whether it is a command: all that look
 * at that have to agree on it.
 *
 * @module
 */

import { latePattern } from "./late_pattern.ts";

/** One such character, for an expression with the flag `u`: a blank, a control character, or what no font draws. */
export const unseen = String.raw`[\s\p{Cc}\p{Cf}\p{Default_Ignorable_Code_Point}]`;

const allUnseen = latePattern(() => RegExp(`^${unseen}*$`, "u"));

/** Whether there is nothing to be seen of a text. */
export function isUnseen(text: string): boolean {
  return allUnseen().test(text);
}
