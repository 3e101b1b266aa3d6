/**
 * The rows of the whole screen: the title, the conversations beside the one that is seen, the status line, and the
 * input line. What does not fit is left out, the input line last.
 *
 * @module
 */

import { columnsOf, rowsOf } from "../../../shared/text/columns.ts";
import type { OwnSigns } from "../own_signs.ts";
import type { Theme } from "../theme.ts";
import type { Picture, ScreenSize } from "../terminal/terminal.ts";
import { type StatusPart, viewWords } from "../wording/wording.ts";
import { fittedRow } from "./fitted_row.ts";
import { fittedStatus } from "./status_line.ts";

/** A conversation in the list. */
export interface ListedView {
  /** Safe to print. */
  readonly name: string;
  readonly isSeen: boolean;
  /** Undefined if that is not known. */
  readonly here: boolean | undefined;
  readonly unread: number;
  readonly hasNews: boolean;
  readonly waiting: number;
}

/** What is on the screen. */
export interface ScreenContent {
  readonly title: readonly [left: string, right: string];
  readonly list: readonly ListedView[];
  /** What is wrong with all of it, and so stands before the rest of the status line; empty if nothing is. */
  readonly alarm: string;
  readonly status: readonly StatusPart[];
  readonly input: Picture;
  /** The rows of the conversation, for the room that it has. */
  readonly view: (size: ScreenSize) => readonly string[];
  /** The program's own signs, as the terminal has them. */
  readonly own: OwnSigns;
  readonly theme: Theme;
}

/** A screen. */
export interface Frame {
  readonly size: ScreenSize;
  readonly rows: readonly string[];
  readonly cursor: { readonly row: number; readonly column: number };
}

const listColumns = 16;
const nameColumns = 7;
/** Narrower screens have the list in the status line. */
const leastColumnsWithList = 70;
/** Rows beside the input line that a screen has at least with a title, and with a status line. */
const leastRowsWithTitle = 6;
const leastRowsWithStatus = 2;

/** Lays out a screen. It has exactly the rows and columns of the terminal. */
export function frameOf(content: ScreenContent, size: ScreenSize): Frame {
  const { columns } = size;
  const shownInput = content.input.rows.slice(-size.rows);
  const free = size.rows - shownInput.length;
  const hasTitle = free >= leastRowsWithTitle;
  const hasStatus = free >= leastRowsWithStatus;
  const height = free - Number(hasTitle) - Number(hasStatus);
  const hasList = columns >= leastColumnsWithList;
  const left = hasList ? listColumns + 1 : 0;
  const view = content.view({ columns: columns - left, rows: height });
  const { own, theme } = content;
  const list = hasList ? listRows(content.list, height, content) : [];
  const rows: string[] = [];
  if (hasTitle) rows.push(theme.frame(fittedRow(own(twoEnds(content.title, columns)), 0, columns)));
  for (let i = 0; i < height; i++) {
    const beside = hasList ? fittedRow(list[i] ?? "", 0, listColumns) + theme.bar(own("│")) : "";
    rows.push(beside + fittedRow(view[i] ?? "", left, columns - left));
  }
  if (hasStatus) {
    const alarm = content.alarm === "" ? "" : `${content.alarm}  `;
    const listed = hasList ? [] : [viewWords.list(content.list)];
    const status = fittedStatus([{ text: alarm }, ...listed, ...content.status], columns - 1);
    rows.push(theme.frame(fittedRow(` ${own(status)}`, 0, columns)));
  }
  rows.push(...shownInput.map(({ text }) => text));
  const hidden = content.input.rows.length - shownInput.length;
  const inputRow = Math.max(0, content.input.cursor.row - hidden);
  return {
    size,
    rows,
    cursor: { row: free + inputRow, column: content.input.cursor.column },
  };
}

function twoEnds([left, right]: readonly [string, string], columns: number): string {
  const between = columns - columnsOf(left) - columnsOf(right) - 2;
  return ` ${left}${between > 0 ? " ".repeat(between) + right : ""} `;
}

/** The list, with the conversation that is seen among its rows. */
function listRows(
  list: readonly ListedView[],
  height: number,
  { own, theme }: Pick<ScreenContent, "own" | "theme">,
): string[] {
  const seen = list.findIndex(({ isSeen }) => isSeen);
  const from = Math.max(0, Math.min(seen - height + 1, list.length - height));
  return list.slice(from, from + height).map((view, i) => {
    const number = from + i + 1;
    const { name, isSeen, here, unread, hasNews, waiting } = view;
    const mark = isSeen ? ">" : " ";
    const key = number <= 9 ? String(number) : " ";
    const dot = here === undefined ? "?" : own(here ? "●" : "○");
    const [shortName = ""] = rowsOf(name, nameColumns);
    const count = unread > 0
      ? viewWords.unread(unread)
      : hasNews
      ? "!"
      : waiting > 0
      ? `w${waiting > 9 ? "+" : waiting}`
      : "";
    const paint = isSeen ? theme.seen : unread > 0 || hasNews ? theme.news : (text: string) => text;
    return `${mark}${key} ${paint(fittedRow(shortName, 3, nameColumns))} ${dot}${
      count.padStart(3)
    }`;
  });
}

/** What to write to have a screen on the terminal. @param before What is on it; undefined if that is not known. */
export function written(before: Frame | undefined, { size, rows, cursor }: Frame): string {
  const isSame = before !== undefined && before.size.columns === size.columns &&
    before.size.rows === size.rows;
  let text = isSame ? "" : "\x1b[2J";
  for (const [i, row] of rows.entries()) {
    if (isSame && before.rows[i] === row) continue;
    // Where the cursor is placed within the row, something of the row before could stay beside a letter.
    text += `\x1b[${i + 1};1H\x1b[2K${row}`;
  }
  const isThere = text === "" && before?.cursor.row === cursor.row &&
    before.cursor.column === cursor.column;
  return isThere ? "" : `${text}\x1b[${cursor.row + 1};${cursor.column + 1}H`;
}
