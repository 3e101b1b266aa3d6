/**
 * Text that comes from outside and means harm: one corpus for every place at which remote words reach a screen.
 *
 * @module
 */

/** What each text tries, and the text. */
export const hostileTexts: Readonly<Record<string, string>> = {
  "clears the screen": "\x1b[2J\x1b[H* delivered to bob",
  "colours all that follows": "\x1b[31mred",
  "writes to the clipboard (OSC 52)": "\x1b]52;c;cm0gLXJmIH4=\x07",
  "sets the title (OSC 0)": "\x1b]0;alice> \x07",
  "makes a link (OSC 8)": "\x1b]8;;http://192.0.2.1/\x1b\\bob\x1b]8;;\x1b\\",
  "notifies (OSC 9, 777, 99)": "\x1b]9;x\x07\x1b]777;notify;a;b\x07\x1b]99;;x\x1b\\",
  "asks the terminal to answer": "\x1b[6n\x1b[c\x1b[>c\x1b[18t",
  "has the terminal report keys and paste": "\x1b[?2004l\x1b[?1000h\x1b[>1u",
  "leaves the screen": "\x1b[?1049l\x1b[?25l\x1bc",
  "begins a device control string": "\x1bP$qm\x1b\\ and \x1bX and \x1b^",
  "never ends its sequence": "\x1b]0;",
  "uses C1": "\x9b2J\x9d0;t\x9c\x90q\x9c\x85\x84",
  "returns to overwrite": "hello\ralice: I owe you",
  "steps back to overwrite": "hello\b\b\b\b\bevil",
  "feeds lines": "one\n* bob is verified\r\nerror: no\x0b\x0c\u2028* two\u2029",
  "rings and tabs": "\x07\x07\t\t\x00\x7f",
  "turns around (bidi)": "\u202eecila\u202c \u2066x\u2069 \u200f\u061c",
  "hides between (zero width)": "b\u200bo\u200cb\u200d\u2060\ufeff\u00ad",
  "speaks in tags": `a${String.fromCodePoint(...[0xe0001, 0xe0068, 0xe0069, 0xe007f])}`,
  "blanks to the edge": `${"\u00a0".repeat(200)}* you are verified`,
  "other blanks": "\u2000\u2003\u3000\u1680\u2800\u3164\uffa0x",
  "looks like another name": "аlice, аlіcе, al\u0131ce, alice\u0301",
  "stacks marks": `e${"\u0301".repeat(400)}`,
  "is half a character": "\ud800x\udc00",
  "does not break": "x".repeat(4_000),
  "is wide": "漢👩‍👩‍👧‍👦🏳️‍🌈👍🏽❤️🇩🇪".repeat(40),
  "is private or none at all": "\ue000\uffff\u{10ffff}\ufffd",
};

/** A character that a terminal obeys, or that has it show others in another order: by Unicode's own properties. */
export const obeyed = /[\p{Cc}\p{Cs}\p{Bidi_Control}\p{Zl}\p{Zp}]/u;

/** Texts that are long: what they cost has to be bounded. */
export const longTexts: Readonly<Record<string, string>> = {
  "a MiB without a break": "x".repeat(1 << 20),
  "a million marks": `e${"\u0301".repeat(1_000_000)}`,
  "a million sequences": "\x1b[31m".repeat(200_000),
  "a million lines": "\n".repeat(1_000_000),
};

/** A text that has something forged wherever a terminal ends a row of so many columns and goes on in the next. */
export function forgedAnywhere(forged: string, columns: number): string {
  return forged.padEnd(columns + 1, "x").repeat(columns);
}
