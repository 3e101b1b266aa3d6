/**
 * The themes that a user can choose.
 *
 * @module
 */

import type { ThemeChoice } from "./wording/wording.ts";

/** All of them, as they are typed. */
export const themeChoices: readonly ThemeChoice[] = ["auto", "dark", "light", "none"];

/** Whether a text is one of them. */
export function isThemeChoice(text: string | undefined): text is ThemeChoice {
  return (themeChoices as readonly (string | undefined)[]).includes(text);
}
