/**
 * What the help says, from the table of commands.
 *
 * @module
 */

import type { Answer, LineProblem } from "../wording/wording.ts";
import type { Command } from "./command.ts";
import { beginningWith, findCommand, nearCommands } from "./find_command.ts";
import { lineKeys, screenKeys } from "./keys_help.ts";

/** How a command is typed: its name and its argument. */
export function usageOf({ name, argument }: Command): string {
  return `/${name}${argument === undefined ? "" : ` ${argument}`}`;
}

/**
 * The help.
 *
 * @param word A command, with or without its slash: it is shown alone, with examples. The beginning of several shows
 * these; `keys` the keys; nothing all commands.
 */
export function help(commands: readonly Command[], word = ""): Answer | LineProblem {
  const name = word.replace(/^\//, "").toLowerCase();
  if (name === "keys") {
    const onScreen = screenKeys.map(([keys, what]) =>
      [keys, `${what} (not with --plain)`] as const
    );
    return { type: "help", rows: [...lineKeys, ...onScreen], examples: [] };
  }
  const command = findCommand(commands, name);
  const some = command === undefined ? beginningWith(commands, name) : [command];
  if (some.length === 0 && name !== "") {
    return unknownCommand(commands, name);
  }
  const rows = (some.length === 0 ? commands : some)
    .map((command) => [usageOf(command), command.help] as const);
  return { type: "help", rows, examples: command?.examples ?? [] };
}

/** Says that there is no command of a name, and which ones may have been meant. */
export function unknownCommand(commands: readonly Command[], name: string): LineProblem {
  const near = nearCommands(commands, name).map(({ name }) => name);
  return { type: "unknown-command", name, near };
}
