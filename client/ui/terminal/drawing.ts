/**
 * The input line on the screen: its rows, where the cursor is, and what to write to get there from what was drawn
 * before. The terminal itself never breaks a row, and nothing is ever written or erased above the first one.
 *
 * Terminals disagree on how wide some letters are. Behind each such letter the cursor is placed in the column
 * where it belongs by the greatest of these widths, so that nothing else moves.
 *
 * @module
 */

import { columnsOf, graphemeCells, isNarrow } from "../../../shared/text/columns.ts";
import { makeVisible } from "../../../shared/text/visible.ts";
import { allSigns, type OwnSigns } from "../own_signs.ts";
import { rowsAboveText } from "../wording/wording.ts";

/** How large a terminal is. */
export interface ScreenSize {
  readonly columns: number;
  readonly rows: number;
}

/** What is drawn. */
export interface DrawnLine {
  /** Safe to print. */
  readonly prompt: string;
  /** It may hold line breaks. */
  readonly text: string;
  /** Where the cursor is in the text, in UTF-16 code units. */
  readonly cursor: number;
  readonly own?: OwnSigns;
}

interface Row {
  readonly text: string;
  readonly columns: number;
  /** Whether terminals agree on how wide each letter of it is. */
  readonly isAgreed: boolean;
}

interface Position {
  readonly row: number;
  readonly column: number;
}

/** Rows of the screen, from the first one of the prompt on. */
export interface Picture {
  readonly rows: readonly Row[];
  readonly cursor: Position;
  readonly prompt: string;
  /** How wide the terminal is. */
  readonly columns: number;
}

/** What stands before a row that begins behind a line break, if there is room for it. */
const bar = "│ ";
const leastColumnsWithBar = 12;
/** Stands behind the prompt for the rows above, if they do not fit on the screen. */
const more = "⋮";

/** Erases from the cursor to the end of the row, or to that of the screen. */
const eraseRow = "\x1b[K";
const eraseBelow = "\x1b[J";

/**
 * How a line looks.
 *
 * @param whole Whether all its rows are drawn; if not, only as many as leave the screen a row for what comes in.
 */
export function pictureOf(line: DrawnLine, size: ScreenSize, whole = false): Picture {
  const columns = Math.max(1, size.columns);
  const { own = allSigns } = line;
  const builder = new RowBuilder(columns);
  builder.add(line.prompt);
  let from = 0;
  for (const part of line.text.split("\n")) {
    if (from > 0) {
      builder.breakRow();
      if (columns >= leastColumnsWithBar) builder.add(own(bar));
    }
    builder.add(part, line.cursor - from);
    from += part.length + 1;
  }
  const { rows, cursor } = builder.end();
  const { prompt } = line;
  const most = whole ? rows.length : Math.max(1, size.rows - 1);
  // The cursor is in the last of the rows that are drawn, or the line begins in the first one.
  const hidden = Math.max(0, cursor.row + 1 - most);
  const drawn = rows.slice(hidden, hidden + most);
  if (hidden > 0 && most > 1) drawn[0] = promptRow(prompt, hidden + 1, columns, own);
  return { rows: drawn, cursor: { ...cursor, row: cursor.row - hidden }, prompt, columns };
}

/** Stands for the rows above that have no room: with the prompt, so that one sees for whom the line is. */
function promptRow(prompt: string, count: number, columns: number, own: OwnSigns): Row {
  const texts = [`${more} ${rowsAboveText(count)}`, more, ""].map((text) => prompt + own(text));
  const text = texts.find((text) => columnsOf(text) <= columns) ?? endOf(prompt, columns);
  const builder = new RowBuilder(columns);
  builder.add(text);
  return builder.end().rows[0]!;
}

/** The end of a prompt that has no room: it says the most. */
function endOf(prompt: string, columns: number): string {
  let room = columns;
  const cells = [...graphemeCells(prompt.trimEnd())];
  const first = cells.findLastIndex((cell) => (room -= cell.columns) < 0);
  return cells.slice(first + 1).map(({ text }) => text).join("");
}

/** Breaks a text into rows. */
class RowBuilder {
  readonly #columns: number;
  readonly #rows: Row[] = [];
  #row = "";
  #column = 0;
  #isAgreed = true;
  #cursor: Position | undefined;

  constructor(columns: number) {
    this.#columns = columns;
  }

  /** @param cursor Where the cursor is in this part; in another one if it is beyond its ends. */
  add(part: string, cursor = -1): void {
    if (isNarrow(part)) this.#addNarrow(part, cursor);
    else this.#addCells(part, cursor);
    if (cursor === part.length) {
      // Behind a full row the cursor is in the next one.
      if (this.#column >= this.#columns) this.breakRow();
      this.#place();
    }
  }

  breakRow(): void {
    this.#rows.push({ text: this.#row, columns: this.#column, isAgreed: this.#isAgreed });
    this.#row = "";
    this.#column = 0;
    this.#isAgreed = true;
  }

  end(): { rows: Row[]; cursor: Position } {
    this.breakRow();
    return { rows: this.#rows, cursor: this.#cursor ?? { row: 0, column: 0 } };
  }

  #addNarrow(part: string, cursor: number): void {
    for (let at = 0; at < part.length;) {
      if (this.#column >= this.#columns) this.breakRow();
      const taken = part.slice(at, at + this.#columns - this.#column);
      if (cursor >= at && cursor < at + taken.length) this.#place(cursor - at);
      this.#row += taken;
      this.#column += taken.length;
      at += taken.length;
    }
  }

  #addCells(part: string, cursor: number): void {
    const isSafe = makeVisible(part) === part;
    for (const { at, text, columns, isDisputed } of graphemeCells(part)) {
      const isHere = cursor >= at && cursor < at + text.length;
      const shown = isSafe ? text : makeVisible(text);
      if (shown !== text) {
        if (isHere && this.#column < this.#columns) this.#place();
        // What is named by its code can be broken anywhere.
        for (const c of shown) this.#put(c, 1, c !== "◌" && !isNarrow(c), false);
        continue;
      }
      this.#put(text, columns, isDisputed, isHere);
    }
  }

  #put(text: string, columns: number, isDisputed: boolean, isHere: boolean): void {
    // A row has no room for it at all.
    if (columns > this.#columns) return this.#put("?", 1, false, isHere);
    if (this.#column + columns > this.#columns) this.breakRow();
    if (isHere) this.#place();
    this.#row += text;
    this.#column += columns;
    if (isDisputed) {
      this.#isAgreed = false;
      this.#row += toColumn(Math.min(this.#column, this.#columns - 1));
    }
  }

  #place(ahead = 0): void {
    const column = Math.min(this.#column + ahead, this.#columns - 1);
    this.#cursor = { row: this.#rows.length, column };
  }
}

/**
 * What to write to have a picture on the screen.
 *
 * @param before What is on it; undefined if nothing is, and the cursor stands in the first column of a free row.
 */
export function drawn(before: Picture | undefined, picture: Picture): string {
  const { rows, cursor } = picture;
  const last = rows.length - 1;
  if (before === undefined) {
    return rows.map(({ text }) => text).join("\n") + moved(behind(picture, last), cursor);
  }
  if (before.columns !== picture.columns || before.prompt !== picture.prompt) {
    return erased(before) + drawn(undefined, picture);
  }
  const change = firstChange(before.rows, rows);
  if (change === undefined) return moved(before.cursor, cursor);
  const { row: first, column, at } = change;
  let [text, now] = ["", before.cursor];
  const goTo = (row: number) => {
    // Only a line feed makes a row that is not there yet.
    const bottom = Math.min(row - 1, before.rows.length - 1);
    if (now.row < bottom) text += moved(now, { row: bottom, column: now.column });
    text += "\n";
    now = { row, column: 0 };
  };
  for (let row = first; row <= last; row++) {
    const [old, next] = [before.rows[row], rows[row]!];
    if (row > first || old === undefined) goTo(row);
    else text += moved(now, { row, column });
    if (old !== undefined && !covers(next, old)) text += eraseRow;
    text += row > first ? next.text : next.text.slice(at);
    now = behind(picture, row);
  }
  if (before.rows.length > rows.length) {
    const below = { row: last + 1, column: 0 };
    if (now.row > last) text += moved(now, below);
    else goTo(below.row);
    now = below;
    text += eraseBelow;
  }
  return text + moved(now, cursor);
}

/** What to write to take a picture off the screen. The cursor is where it began. */
export function erased(picture: Picture): string {
  const { row, column } = picture.cursor;
  return moved({ row, column }, { row: 0, column }) + "\r" + eraseBelow;
}

/** What to write to have the cursor behind a picture, in a row of its own. */
export function left(picture: Picture): string {
  const last = behind(picture, picture.rows.length - 1);
  return moved(picture.cursor, { ...last, column: picture.cursor.column }) + "\n";
}

/** Where the first difference is, also in the text of its row; undefined if there is none. */
function firstChange(
  before: readonly Row[],
  rows: readonly Row[],
): Position & { readonly at: number } | undefined {
  const length = Math.max(before.length, rows.length);
  for (let row = 0; row < length; row++) {
    const [old, next] = [before[row], rows[row]];
    if (old?.text === next?.text) continue;
    const at = old === undefined || next === undefined ? 0 : commonBeginning(old, next);
    return { row, column: columnsOf(next?.text.slice(0, at) ?? ""), at };
  }
  return undefined;
}

/** How many characters at the beginning of a row can stay, if another one is drawn over it. */
function commonBeginning(old: Row, next: Row): number {
  if (!old.isAgreed || !next.isAgreed) return 0;
  let at = 0;
  while (at < next.text.length && old.text[at] === next.text[at]) at++;
  // What follows could belong to the letter before.
  return [old, next].every(({ text }) => isNarrow(text.slice(at, at + 1))) ? at : 0;
}

/** Whether a row leaves nothing to be seen of what was drawn there. */
function covers(row: Row, before: Row): boolean {
  return row.isAgreed && before.isAgreed && row.columns >= before.columns;
}

/** Where the cursor is behind a row. */
function behind({ rows, columns }: Picture, row: number): Position {
  // Behind the last column terminals differ: it is placed anew, whatever is wanted.
  const column = rows[row]!.columns;
  return { row, column: column >= columns ? Number.NaN : column };
}

function moved(from: Position, to: Position): string {
  const rows = to.row - from.row;
  const vertical = rows === 0 ? "" : rows < 0 ? `\x1b[${-rows}A` : `\x1b[${rows}B`;
  if (from.column === to.column) return vertical;
  return vertical + (to.column === 0 ? "\r" : toColumn(to.column));
}

function toColumn(column: number): string {
  return `\x1b[${column + 1}G`;
}
