/**
 * What is known of a terminal's background: whether it is dark or light.
 *
 * @module
 */

/** What theme goes with a background. */
export type Background = "dark" | "light";

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
