/**
 * How much room text takes on a terminal, and where its lines and its letters are broken.
 *
 * @module
 */

import stringWidth from "fast-string-width";
import { latePattern } from "./late_pattern.ts";

/** Letters of one column each, which most texts consist of, and the bars that stand before them. */
const narrow = /^[\x20-\x7e\u00a1-\u00ac\u00ae-\u02ff\u2500-\u257f]*$/;

/** Made when it is first needed: what it has to load takes a twentieth of a client's start. */
let segmenter: Intl.Segmenter | undefined;

/** A grapheme: what is moved over, deleted and shown as one. */
interface Cell {
  /** Where it begins. */
  readonly at: number;
  readonly columns: number;
  readonly isBlank: boolean;
}

/** A grapheme, and how it is drawn. */
export interface GraphemeCell {
  /** Where it begins. */
  readonly at: number;
  readonly text: string;
  /** The columns that it takes at most. */
  readonly columns: number;
  /** Whether some terminals give it fewer. */
  readonly isDisputed: boolean;
}

/**
 * The columns that a text takes at most. Terminals disagree on some: of what has several parts, such as a family of
 * emoji, some draw each part by itself; and what Unicode has not yet given a width can be wide.
 *
 * @param text Without control characters.
 */
export function columnsOf(text: string): number {
  if (narrow.test(text)) return text.length;
  let columns = 0;
  for (const { segment } of graphemesOf(text)) columns += columnsOfGrapheme(segment);
  return columns;
}

/**
 * Breaks a line into rows: at blanks if there are some, which are left out there, else between graphemes.
 *
 * @param text Without control characters.
 * @param columns What the first row has.
 * @param further What each further row has. A grapheme that is wider is broken into its characters, as terminals
 *   draw it that do not join them; a character that is wider stands on a row of its own.
 * @param whole Characters at the beginning that are not broken at a blank, and of which none is left out.
 */
export function rowsOf(text: string, columns: number, further = columns, whole = 0): string[] {
  if (text.length <= columns && narrow.test(text)) return [text];
  const rows: string[] = [];
  /** Where the row begins, and the columns that are left of it. */
  let [from, left] = [0, columns];
  /** Where what follows on its last blank begins, and the columns that this takes. */
  let [word, wordColumns] = [0, 0];
  const withoutBlanks = (from: number, to?: number) => {
    const row = text.slice(from, to).trimEnd();
    return from === 0 && row.length < whole ? text.slice(0, whole) : row;
  };
  const breakAt = (to: number, taken: number) => {
    rows.push(withoutBlanks(from, to));
    [from, left] = [to, further - taken];
  };
  for (const { at, columns, isBlank } of cellsOf(text, further)) {
    if (isBlank) {
      left -= columns;
      if (at >= whole) [word, wordColumns] = [at + 1, 0];
      continue;
    }
    if (columns > left) {
      // A word that is longer than a row is broken where the row ends.
      if (word > from && wordColumns + columns <= further) breakAt(word, wordColumns);
      else if (at > from) breakAt(at, 0);
    }
    left -= columns;
    wordColumns += columns;
  }
  return [...rows, left < 0 ? withoutBlanks(from) : text.slice(from)];
}

/** Whether each character of a text is a letter of one column, on which all terminals agree. */
export function isNarrow(text: string): boolean {
  return narrow.test(text);
}

/**
 * The graphemes of a text.
 *
 * @param text Without control characters.
 */
export function* graphemeCells(text: string): Generator<GraphemeCell> {
  for (const { segment, index: at } of graphemesOf(text)) {
    const isAgreed = segment.length === 1 && narrow.test(segment) || agreed().test(segment);
    yield { at, text: segment, columns: columnsOfGrapheme(segment), isDisputed: !isAgreed };
  }
}

/** Where the grapheme begins and ends that a character is part of. */
export function graphemeAt(
  text: string,
  at: number,
): { readonly from: number; readonly to: number } {
  // Between two characters of ASCII there is always a boundary, but in a line end of two.
  if ([at - 1, at, at + 1].every((i) => !(text.charCodeAt(i) >= 0x80))) {
    return { from: at, to: at + 1 };
  }
  const { index, segment } = graphemesOf(text).containing(at)!;
  return { from: index, to: index + segment.length };
}

/** @param most Of a grapheme that is wider, each character by itself. */
function* cellsOf(text: string, most: number): Generator<Cell> {
  if (narrow.test(text)) {
    for (let at = 0; at < text.length; at++) yield { at, columns: 1, isBlank: text[at] === " " };
    return;
  }
  for (const { segment, index } of graphemesOf(text)) {
    const columns = columnsOfGrapheme(segment);
    const isBlank = segment === " ";
    if (columns <= most) yield { at: index, columns, isBlank };
    else {
      let at = index;
      for (const c of segment) {
        yield { at, columns: columnsOfGrapheme(c), isBlank };
        at += c.length;
      }
    }
  }
}

function graphemesOf(text: string): Intl.Segments {
  segmenter ??= new Intl.Segmenter(undefined, { granularity: "grapheme" });
  return segmenter.segment(text);
}

/** Marks that some terminals give a column of their own. */
const spacingMark = latePattern(() => /^\p{Mc}$/u);
/** What may be wide one day, or in the font at hand. */
const unknown = latePattern(() => /^[\p{Cn}\p{Co}]$/u);

/** One letter or sign, which is neither emoji, nor a mark, nor unassigned: these widths stand in old tables. */
const agreed = latePattern(() =>
  /^(?!\p{Extended_Pictographic}|\p{Emoji_Presentation})[\p{L}\p{N}\p{P}\p{S}\p{Zs}]$/u
);

function columnsOfGrapheme(grapheme: string): number {
  if (grapheme.length === 1) return narrow.test(grapheme) ? 1 : columnsOfCharacter(grapheme);
  let apart = 0;
  for (const c of grapheme) apart += columnsOfCharacter(c);
  return Math.max(apart, stringWidth(grapheme));
}

function columnsOfCharacter(c: string): number {
  if (spacingMark().test(c)) return 1;
  return unknown().test(c) ? 2 : stringWidth(c);
}
