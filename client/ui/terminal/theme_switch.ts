/**
 * Which theme a terminal has: the one that the user has chosen, or else (`auto`) the one that goes with the
 * background, as far as that is known.
 *
 * @module
 */

import { type Theme, themes } from "../theme.ts";
import type { Shown, ThemeChoice, ThemeName } from "../wording/wording.ts";
import { backgroundOfVariable } from "./background.ts";

/** What was chosen in an earlier run or on the command line, and how a choice is kept for the next one. */
export interface ThemeSetting {
  readonly choice: ThemeChoice;
  /** @throws {Error} If it cannot be kept. */
  keep(choice: ThemeChoice): void;
}

/** What is known of the terminal. */
export interface ThemeSurroundings {
  /** Whether it knows no escape sequences. */
  readonly isDumb: boolean;
  /** Whether the user wants no colours in any program, as `NO_COLOR` says (no-color.org). */
  readonly noColour: boolean;
  /** What the variable `COLORFGBG` says. */
  readonly variable: string | undefined;
}

/** The theme of a terminal. */
export class ThemeSwitch {
  readonly #setting: ThemeSetting;
  readonly #outside: ThemeSurroundings;
  #choice: ThemeChoice;

  constructor(setting: ThemeSetting, outside: ThemeSurroundings) {
    this.#setting = setting;
    this.#outside = outside;
    this.#choice = setting.choice;
  }

  /** The present one. */
  get theme(): Theme {
    return themes[this.#name];
  }

  /**
   * Takes what is shown: if that is a choice of a theme, makes it.
   *
   * @returns The same; of a theme, what became of it.
   */
  take(shown: Shown): Shown {
    if (shown.type !== "theme") return shown;
    const isKept = shown.choice === undefined ? undefined : this.#choose(shown.choice);
    return { type: "theme", choice: this.#choice, inUse: this.#name, isKept };
  }

  get #name(): ThemeName {
    const { isDumb, noColour, variable } = this.#outside;
    if (isDumb) return "none";
    if (this.#choice !== "auto") return this.#choice;
    return noColour ? "none" : backgroundOfVariable(variable) ?? "dark";
  }

  /** @returns Whether it is kept for the next start. */
  #choose(choice: ThemeChoice): boolean {
    this.#choice = choice;
    try {
      this.#setting.keep(choice);
      return true;
    } catch {
      // It is chosen all the same, and the answer says so.
      return false;
    }
  }
}
