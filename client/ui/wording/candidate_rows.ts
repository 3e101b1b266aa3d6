/**
 * What Tab offers, as rows of a terminal.
 *
 * @module
 */

import { columnsOf, rowsOf } from "../../../shared/text/columns.ts";
import { makeVisible } from "../../../shared/text/visible.ts";

/** Columns between two candidates. */
const gap = 2;

/** One that is wider is cut if it takes more than half of a row: it would leave no room for others beside it. */
const wideColumns = 24;

/** How candidates are laid out. */
interface Layout {
  readonly columns: number;
  /** How many rows there may be. */
  readonly rows: number;
  /** Marks what is cut. */
  readonly cutSign: string;
}

/**
 * Candidates in columns, from left to right, safe to print. If there are too many, the last row says how many more.
 *
 * @param candidates What the user can choose from.
 */
export function candidateRows(candidates: readonly string[], layout: Layout): string[] {
  const { columns, rows, cutSign } = layout;
  const cut = (text: string, columns: number) => {
    if (columnsOf(text) <= columns) return text;
    const [begin = ""] = columns < 2 ? [] : rowsOf(text, columns - 1);
    // A single letter can be wider.
    return (columnsOf(begin) < columns ? begin : "") + cutSign;
  };
  const most = Math.min(columns, Math.max(wideColumns, Math.floor((columns - gap) / 2)));
  const words = candidates.map((one) => cut(makeVisible(one.trim()), most));
  const width = Math.max(...words.map(columnsOf));
  const inRow = Math.max(1, Math.floor((columns + gap) / (width + gap)));
  const hasAll = Math.ceil(words.length / inRow) <= rows;
  const shown = hasAll ? words.length : inRow * (rows - 1);
  const grid: string[] = [];
  for (let at = 0; at < shown; at += inRow) {
    const row = words.slice(at, at + inRow).map((word) =>
      word + " ".repeat(width - columnsOf(word))
    );
    grid.push(row.join(" ".repeat(gap)).trimEnd());
  }
  return hasAll ? grid : [...grid, cut(`and ${words.length - shown} more`, columns)];
}
