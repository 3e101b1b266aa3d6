/**
 * The status line in the room that it has: what matters least is said in fewer words first, and nothing is cut within
 * a word.
 *
 * @module
 */

import { columnsOf } from "../../../shared/text/columns.ts";
import type { StatusPart } from "../wording/wording.ts";

/** The line, in at most so many columns as far as its parts can be said so. */
export function fittedStatus(parts: readonly StatusPart[], columns: number): string {
  const texts = parts.map(({ text }) => text);
  const fits = () => columnsOf(texts.join("")) <= columns;
  const steps = parts.flatMap(({ shorter = [] }, part) =>
    shorter.map(([rank, text]) => ({ part, rank, text }))
  ).toSorted((a, b) => a.rank - b.rank);
  const shortened: number[] = [];
  for (const { part, text } of steps) {
    if (fits()) break;
    texts[part] = text;
    shortened.push(part);
  }
  // What was shortened last may have left room for more of what was before.
  for (const part of new Set(shortened.toReversed())) {
    const before = texts[part]!;
    const { text, shorter = [] } = parts[part]!;
    for (const longer of [text, ...shorter.map(([, text]) => text)]) {
      if (longer === before) break;
      texts[part] = longer;
      if (fits()) break;
      texts[part] = before;
    }
  }
  return texts.join("");
}
