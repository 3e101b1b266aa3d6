/**
 * The only sanitiser between text from outside and a terminal. A terminal obeys what it gets: escape
 * sequences move the cursor, set the clipboard and change the title; bidirectional overrides show text in
 * another order; what is invisible hides what a text says, or pushes it to where it seems to be somebody
 * else's. Here such characters become visible instead, or a blank.
 *
 * What people write stays as it is: joiners between letters or emoji, selectors behind what they select, the
 * tags of a flag, a no-break space, and marks on letters (Unicode, UTS #51, UAX #15 section 13).
 *
 * @module
 */

import { latePattern } from "./late_pattern.ts";

/** Marks on one letter at most; no script that is written needs more. */
const marksMax = 8;

/** Invisible, or blank without being a space: what Unicode lets a renderer ignore, formats, and blank letters. */
const invisible = String
  .raw`[\p{Cc}\p{Cs}\p{Cf}\p{Default_Ignorable_Code_Point}\p{Zl}\p{Zp}\u2800]`;
/** What of it is seen all the same: signs that stand before Arabic and Kaithi numbers. */
const seenFormat = String.raw`[\u0600-\u0605\u06dd\u070f\u0890\u0891\u08e2\u{110bd}\u{110cd}]`;

/** All that may have to be changed: if nothing of it is there, the text stays as it is. */
const suspicious = latePattern(() =>
  new RegExp(`${invisible}|[^\\S ]|^\\p{M}|\\p{M}{${marksMax + 1}}`, "u")
);
/** Most texts: nothing of them has to be changed, which is found out without any class of Unicode. */
const ascii = /^[\x20-\x7e]*$/;

/** Some characters, without those of them that are invisible. */
function seen(characters: string): string {
  return `[[${characters}]--${invisible}]`;
}

/** What is looked at as a whole; the first that fits counts. */
const parts = latePattern(() =>
  new RegExp(
    [
      // The flag of a region: a black flag, its tags, and their end.
      "(?<flag>\\u{1f3f4}[\\u{e0030}-\\u{e0039}\\u{e0061}-\\u{e007a}]{3,6}\\u{e007f})",
      // A joiner, or the opposite, between letters; a joiner between emoji.
      `(?<joiner>(?<=${seen("\\p{L}\\p{M}")})[\\u200c\\u200d](?=${seen("\\p{L}")})` +
      "|(?<=[\\p{Extended_Pictographic}\\p{Emoji_Modifier}]\\ufe0f?)\\u200d" +
      "(?=\\p{Extended_Pictographic}))",
      // A selector behind what it selects.
      `(?<selector>(?<=${seen("\\p{L}\\p{N}\\p{S}\\p{P}")})[\\ufe00-\\ufe0f\\u{e0100}-\\u{e01ef}])`,
      // Nothing before a mark that begins the text; or what is too many of them.
      `(?<marks>(?<![^])(?=${seen("\\p{M}")})|(?<=${seen("\\p{M}")}{${marksMax}})${
        seen("\\p{M}")
      }+)`,
      "(?<blanks>[\\p{Zs}--\\u0020]+)",
      `(?<invisible>[${invisible}--${seenFormat}])`,
    ].join("|"),
    "gv",
  )
);

/** A base for a mark that has none. */
const dottedCircle = "◌";

const ideographicSpace = "\u3000";

/**
 * Makes a text safe to print on one line. Control characters become their pictures (ESC is `␛`, a line feed
 * is `␊`), and other invisible characters become their code, such as `<U+202E>`.
 */
export function makeVisible(text: string): string {
  if (ascii.test(text) || !suspicious().test(text)) return text;
  return text.replaceAll(parts(), (part, ...more) => {
    const { flag, joiner, selector, marks, blanks } = more.at(-1) as Record<string, string>;
    if ((flag ?? joiner ?? selector) !== undefined) return part;
    if (marks !== undefined) return marks === "" ? dottedCircle : `<${[...marks].length} marks>`;
    if (blanks === undefined) return shown(part);
    if (blanks === ideographicSpace) return blanks;
    return [...blanks].length === 1 ? " " : [...blanks].map(shown).join("");
  });
}

/** {@linkcode makeVisible} for each line of a text. A tab becomes four spaces. */
export function makeVisibleLines(text: string): string[] {
  return text.replaceAll("\t", "    ").split(/\r?\n/).map(makeVisible);
}

function shown(character: string): string {
  const code = character.codePointAt(0)!;
  if (code < 0x20) return String.fromCharCode(0x2400 + code);
  if (code === 0x7f) return "␡";
  return `<U+${code.toString(16).toUpperCase().padStart(4, "0")}>`;
}
