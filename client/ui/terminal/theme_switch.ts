/**
 * Which theme a terminal has: the one that the user has chosen, or else (`auto`) the one that goes with the
 * background, as far as that is known. The terminal is asked for it, but never waited for.
 *
 * @module
 */

import { type Theme, themes } from "../theme.ts";
import type { Shown, ThemeChoice, ThemeName } from "../wording/wording.ts";
import { type Background, backgroundOfAnswer, backgroundOfVariable } from "./background.ts";

/** How long the terminal has to answer, in milliseconds: later the colours change no more by themselves. */
const answerMs = 3_000;

/** What was chosen in an earlier run, and how a choice is kept for the next one. */
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
  /** What kind of terminal it is, as `TERM` says. */
  readonly terminal: string | undefined;
  /** Asks the terminal for its background. */
  readonly ask: () => void;
  /** Told when there is another theme. */
  readonly changed: () => void;
  /** Milliseconds of a clock that does not go back. */
  readonly now: () => number;
}

/** The theme of a terminal. */
export class ThemeSwitch {
  readonly #outside: ThemeSurroundings;
  readonly #given: ThemeChoice | undefined;
  #setting: ThemeSetting | undefined;
  /** Undefined until it is known: nothing is coloured then. */
  #choice: ThemeChoice | undefined;
  #answer: Background | undefined;
  #askedAtMs: number | undefined;

  /** @param given What was chosen on the command line. */
  constructor(given: ThemeChoice | undefined, outside: ThemeSurroundings) {
    this.#given = given;
    this.#outside = outside;
    this.#choice = given;
  }

  /** Takes what was chosen in an earlier run, once that is known. */
  use(setting: ThemeSetting): void {
    this.#setting = setting;
    this.#become(this.#given ?? setting.choice);
  }

  /** The present one. */
  get theme(): Theme {
    return themes[this.#name];
  }

  /** Asks the terminal for its background, if that matters and nothing else says it. */
  ask(): void {
    const { isDumb, noColour, variable, terminal, now, ask } = this.#outside;
    if (isDumb || noColour || this.#choice !== "auto") return;
    // The console of Linux does not answer; older ones show the question.
    if (backgroundOfVariable(variable) !== undefined || terminal === "linux") return;
    this.#askedAtMs = now();
    ask();
  }

  /** The terminal has answered. */
  answered(text: string): void {
    const { now, changed } = this.#outside;
    if (this.#askedAtMs === undefined || now() - this.#askedAtMs > answerMs) return;
    this.#askedAtMs = undefined;
    const before = this.#name;
    this.#answer = backgroundOfAnswer(text) ?? this.#answer;
    if (this.#name !== before) changed();
  }

  /**
   * Takes what is shown: if that is a choice of a theme, makes it.
   *
   * @returns The same; of a theme, what became of it.
   */
  take(shown: Shown): Shown {
    if (shown.type !== "theme") return shown;
    const isKept = shown.choice === undefined ? undefined : this.#choose(shown.choice);
    return { type: "theme", choice: this.#choice ?? "auto", inUse: this.#name, isKept };
  }

  get #name(): ThemeName {
    const { isDumb, noColour, variable } = this.#outside;
    if (isDumb || this.#choice === undefined) return "none";
    if (this.#choice !== "auto") return this.#choice;
    return noColour ? "none" : backgroundOfVariable(variable) ?? this.#answer ?? "dark";
  }

  /** @returns Whether it is kept for the next start. */
  #choose(choice: ThemeChoice): boolean {
    this.#become(choice);
    this.ask();
    try {
      this.#setting?.keep(choice);
      return this.#setting !== undefined;
    } catch {
      // It is chosen all the same, and the answer says so.
      return false;
    }
  }

  #become(choice: ThemeChoice): void {
    const before = this.#name;
    this.#choice = choice;
    if (this.#name !== before) this.#outside.changed();
  }
}
