/**
 * The client on the command line. To read a plain one takes little; the subcommands, with all that commander takes, are
 * loaded for any other.
 *
 * @module
 */

import type { Command } from "commander";
import { ArgumentError } from "../../../shared/process/argument_error.ts";
import { configDirectory } from "../../../shared/process/directories.ts";
import { readPlainClient, startClientWith } from "./client_command.ts";
import { NotPlain } from "./plain_line.ts";
import type { ClientCommandsOptions } from "./subcommands.ts";
import { worded } from "./worded.ts";

export type { ClientCommandsOptions } from "./subcommands.ts";

/** Adds the client's subcommands to the command line. */
export async function addClientCommands(
  program: Command,
  options: ClientCommandsOptions,
): Promise<void> {
  const subcommands = await import("./subcommands.ts");
  subcommands.addClientCommands(program, options);
}

/**
 * Does what a command line says, if that is plain: most of those that start a client are.
 *
 * @returns False if it is not: nothing has been done then, and commander is to read it.
 * @throws {CommandFailure} What goes wrong in doing it.
 */
export async function runPlainLine(
  [name, ...args]: readonly string[],
  { serveHere }: Pick<ClientCommandsOptions, "serveHere">,
): Promise<boolean> {
  if (name !== "client") return false;
  let read;
  try {
    read = readPlainClient(args);
  } catch (error) {
    if (error instanceof NotPlain || error instanceof ArgumentError) return false;
    throw error;
  }
  try {
    await worded(startClientWith(serveHere))(...read, { error: leaveToCommander });
    return true;
  } catch (error) {
    if (error instanceof NotPlain) return false;
    throw error;
  }
}

/** What does not go together is found out before anything is done. */
function leaveToCommander(): never {
  throw new NotPlain();
}

/**
 * The arguments that `p2pchat` alone stands for: those of a client, as whom the user has said to be. Undefined if there
 * is no terminal in which they could say it, or they have ended the input instead.
 *
 * @throws {Error} If what is remembered cannot be read, or not be written.
 */
export async function argumentsOfStart(
  { serveHere }: Pick<ClientCommandsOptions, "serveHere">,
): Promise<string[] | undefined> {
  if (!Deno.stdin.isTerminal() || !Deno.stdout.isTerminal()) return undefined;
  const start = await import("./first_run.ts");
  return await start.argumentsOfStart(configDirectory(), serveHere);
}
