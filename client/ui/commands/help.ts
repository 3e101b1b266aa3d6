/**
 * What the help says, from the table of commands.
 *
 * @module
 */

import type { Answer } from "../wording/wording.ts";
import type { Command } from "./command.ts";
import { beginningWith, findCommand } from "./find_command.ts";

/** How a command is typed: its name and its argument. */
export function usageOf({ name, argument }: Command): string {
  return `/${name}${argument === undefined ? "" : ` ${argument}`}`;
}

/**
 * The help.
 *
 * @param word A command, with or without its slash: it is shown alone, with examples. The beginning of several shows
 * these; anything else shows all.
 */
export function help(commands: readonly Command[], word = ""): Answer {
  const name = word.replace(/^\//, "").toLowerCase();
  const command = findCommand(commands, name);
  const some = command === undefined ? beginningWith(commands, name) : [command];
  const rows = (some.length === 0 ? commands : some)
    .map((command) => [usageOf(command), command.help] as const);
  return { type: "help", rows, examples: command?.examples ?? [] };
}
