/**
 * What is known of a terminal's background: whether it is dark or light.
 *
 * @module
 */

/** What theme goes with a background. */
export type Background = "dark" | "light";

/** Asks a terminal for the colour of its background, as xterm and those after it understand it (OSC 11). */
export const backgroundQuestion = "\x1b]11;?\x1b\\";

/**
 * What the variable `COLORFGBG` says, which rxvt, Konsole and others set: two or three of the sixteen colours, the
 * last one that of the background.
 *
 * @returns Undefined if it does not say it.
 */
export function backgroundOfVariable(text: string | undefined): Background | undefined {
  const [, last] = /^[^;]+;(?:[^;]+;)?(\d{1,2})$/.exec(text ?? "") ?? [];
  const colour = Number(last ?? NaN);
  if (!(colour <= 15)) return undefined;
  // Of the colours in their darker kin only the last one, white, is light; of the brighter ones only the first is not.
  return colour <= 6 || colour === 8 ? "dark" : "light";
}

/**
 * What a terminal has answered: `rgb:ffff/ffff/ffff` as a rule, of one to four digits each (XParseColor(3)), also with
 * a fourth part for how opaque it is, or `#ffffff`.
 *
 * @returns Undefined if it is no colour.
 */
export function backgroundOfAnswer(text: string): Background | undefined {
  const [, parts] = /^rgba?:([\da-f]{1,4}(?:\/[\da-f]{1,4}){2,3})$/i.exec(text) ?? [];
  const [, digits] = /^#((?:[\da-f]{3}){1,4})$/i.exec(text) ?? [];
  const hex = parts?.split("/") ?? (digits === undefined ? undefined : inThree(digits));
  if (hex === undefined) return undefined;
  const [red, green, blue] = hex.map((part) =>
    linear(parseInt(part, 16) / (16 ** part.length - 1))
  );
  return 0.2126 * red! + 0.7152 * green! + 0.0722 * blue! > lightFrom ? "light" : "dark";
}

/**
 * The luminance (WCAG 2.2, relative luminance) from which on black stands out better than white: there the contrast of
 * both, which is (L + 0.05) / 0.05 and 1.05 / (L + 0.05), is the same.
 */
const lightFrom = Math.sqrt(1.05 * 0.05) - 0.05;

function inThree(digits: string): string[] {
  const length = digits.length / 3;
  return [0, 1, 2].map((i) => digits.slice(i * length, (i + 1) * length));
}

/** A part of a colour of sRGB, from 0 to 1, as an amount of light. */
function linear(part: number): number {
  return part <= 0.04045 ? part / 12.92 : ((part + 0.055) / 1.055) ** 2.4;
}
