/**
 * A row of the screen that takes exactly the columns that it has, whatever stands in it. Terminals disagree on how
 * wide some letters are: behind each of these the cursor is placed where it belongs, so that nothing else moves.
 *
 * @module
 */

import { graphemeCells, isNarrow } from "../../../shared/text/columns.ts";

// deno-lint-ignore no-control-regex -- colours and places are made of these
const sequence = /(\x1b\[[0-9;]*[mG])/;

/**
 * A text in a row: cut at its end if it is longer, and filled with blanks if it is shorter.
 *
 * @param text Without control characters, but for colours, and for places in it that this function has put there.
 * @param from The column of the screen in which it begins, from 0.
 */
export function fittedRow(text: string, from: number, columns: number): string {
  let row = "";
  let column = 0;
  let isFull = false;
  for (const piece of text.split(sequence)) {
    if (piece.startsWith("\x1b")) row += piece;
    else if (isFull) continue;
    else if (isNarrow(piece)) {
      const taken = piece.slice(0, columns - column);
      row += taken;
      column += taken.length;
    } else {
      for (const cell of graphemeCells(piece)) {
        isFull = column + cell.columns > columns;
        if (isFull) break;
        row += cell.text;
        column += cell.columns;
        if (cell.isDisputed) row += `\x1b[${from + column + 1}G`;
      }
    }
  }
  return row + " ".repeat(columns - column);
}
