/**
 * The signs that the program itself draws with, as a terminal has them. What people write stays as it is.
 *
 * @module
 */

/** Gives the program's own signs, which a text of it has, as the terminal has them. */
export type OwnSigns = (text: string) => string;

/** For a terminal that has all of them. */
export const allSigns: OwnSigns = (text) => text;

/** Signs of this program, and what stands for each in a terminal that has only ASCII. */
const signs = new Map(
  Object.entries({
    "│": "|",
    "─": "-",
    "●": "*",
    "○": "o",
    "·": "-",
    "…": ".",
    "✓": "v",
    "✉": "m",
    "→": ">",
    "⋮": ":",
    "—": "-",
    "–": "-",
    "“": '"',
    "”": '"',
  }),
);

/** A text of this program's, with ASCII in the place of its signs. Nothing becomes wider. */
export function asciiSigns(text: string): string {
  return text.replaceAll(/[^\0-\x7f]/gu, (c) => signs.get(c) ?? c);
}
