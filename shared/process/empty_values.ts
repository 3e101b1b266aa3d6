/**
 * Command lines on which a value is empty.
 *
 * @module
 */

import type { Command } from "commander";

/** Why, as it is in most cases. */
const why = "It is empty; is a variable of yours not set?";

/**
 * Refuses the values of a subcommand that are empty, as `--data "$DATA"` is if nothing has set that variable: as the name
 * of a directory they would stand for the one that the program happens to be started in.
 *
 * What may be left out, such as the text of a message, is no name, and whoever takes it says what an empty one means.
 */
export function refuseEmptyValues(command: Command): void {
  for (let at: Command | null = command; at !== null; at = at.parent) {
    const empty = at.options.find((option) => at!.getOptionValue(option.attributeName()) === "");
    if (empty) command.error(`error: option '${empty.flags}' argument '' is invalid. ${why}`);
  }
  command.registeredArguments.forEach((argument, i) => {
    if (!argument.required || command.args[i] !== "") return;
    command.error(`error: argument '' is invalid for '${argument.name()}'. ${why}`);
  });
}
