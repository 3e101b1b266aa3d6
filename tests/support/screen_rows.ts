/**
 * What stands on a full screen of 80 columns and 24 rows, taken apart: what is the program's own is where it belongs,
 * whatever others write.
 *
 * @module
 */

import { obeyed } from "./hostile_text/hostile_text.ts";

const listRow = /^(?:[ >][\d ] [\w.:-]+ +[●○?][ \dw+!]{4}| {16})│$/;

/**
 * The rows of the view that is seen.
 *
 * @param self Whose screen it is.
 * @returns Undefined if anything around it is not as it should be.
 */
export function viewIn(rows: readonly string[], self: string): string[] | undefined {
  const status = rows.findLastIndex((row) => row.startsWith(" ["));
  const isIntact = rows.length === 24 && rows.every((row) => !obeyed.test(row)) &&
    RegExp(`^ ${self} .* \\d+\\+? unread {3}\\d\\d:\\d\\d$`).test(rows[0]!) &&
    status > 0 && RegExp(`^${self}(?: → \\w+)?>`).test(rows[status + 1]!);
  if (!isIntact) return undefined;
  const view = rows.slice(1, status);
  return view.every((row) => listRow.test(row.slice(0, 17)))
    ? view.map((row) => row.slice(17))
    : undefined;
}

/** A title that the program itself gives its window. */
export const ownTitle = /^(?:\(\d+\+?\) )?p2pchat$/;
