/**
 * The commands that change what the terminal does. What they answer, it takes.
 *
 * @module
 */

import type { Notify } from "../wording/wording.ts";
import { isThemeChoice, themeChoices } from "../theme_choices.ts";
import type { Command, Outcome } from "./command.ts";

const notifies: readonly Notify[] = ["off", "mention", "all"];

const notify: Command = {
  name: "notify",
  argument: `[${notifies.join("|")}]`,
  examples: ["/notify", "/notify all"],
  help: "have the terminal tell of messages: of none, of those with your name, or of all",
  run: (_context, what) => notifying(what),
};

const theme: Command = {
  name: "theme",
  argument: `[${themeChoices.join("|")}]`,
  examples: ["/theme", "/theme light"],
  help: "colour the terminal for a dark or a light background, by the one that it has, or not",
  run: (_context, choice) => {
    if (choice === undefined || isThemeChoice(choice)) return { type: "theme", choice };
    return { type: "usage", usage: `/theme ${themeChoices.join("|")}`, help: theme.help };
  },
};

/** The commands, in the order of the help. */
export const screenCommands: readonly Command[] = [
  notify,
  theme,
  {
    name: "clear",
    help: "clear the screen; what was on it stays above it",
    run: () => ({ type: "cleared" }),
  },
];

function notifying(what: string | undefined): Outcome {
  if (what === undefined) return { type: "notifying", what };
  const known = notifies.find((one) => one === what);
  if (known !== undefined) return { type: "notifying", what: known };
  return { type: "usage", usage: `/notify ${notifies.join("|")}`, help: notify.help };
}
