/**
 * The command line: parses, calls one function, sets the exit code. 0 is done, 1 failed, 2 wrong usage; the client's
 * commands have more of them (client/ui/failure_kind.ts).
 *
 * @module
 */

// deno-lint-ignore-file no-console -- what goes wrong is printed here
import type { Command } from "commander";
import {
  addClientCommands,
  argumentsOfStart,
  type ClientCommandsOptions,
  runPlainLine,
} from "./client/ui/cli/cli.ts";
import config from "./deno.json" with { type: "json" };
import { errorMessage } from "./shared/errors/error_message.ts";
import { CommandFailure } from "./shared/process/command_failure.ts";
import { outliveHangups } from "./shared/process/signals.ts";
import { makeVisible, makeVisibleLines } from "./shared/text/visible.ts";

// Loaded when they are needed, as each subcommand loads what it runs.
const servers: ClientCommandsOptions = {
  startServer: async () => {
    const { startServer } = await import("./server/server.ts");
    return startServer({ host: "127.0.0.1", port: 0 });
  },
  serveHere: async (port) => {
    const { serveHere } = await import("./server/here.ts");
    const { stateDirectory } = await import("./shared/process/directories.ts");
    return await serveHere({ port, data: stateDirectory() });
  },
};

/** All subcommands. */
async function addCommands(program: Command): Promise<void> {
  const { addServerCommand } = await import("./server/cli.ts");
  const { addCompletionsCommand } = await import("./shared/process/completions.ts");
  addServerCommand(program);
  await addClientCommands(program, servers);
  addCompletionsCommand(program);
}

/**
 * Has commander read the command line: one that is not plain, or asks for something else than a client.
 *
 * @param args Undefined if the user has not said what they want.
 * @returns The exit code.
 */
async function runCommand(args: string[] | undefined): Promise<number> {
  const { Command, CommanderError } = await import("commander");
  const { refuseEmptyValues } = await import("./shared/process/empty_values.ts");
  const program = new Command("p2pchat")
    .description(
      "Chat from terminal to terminal: a server introduces people, who then talk directly. " +
        "Alone, p2pchat asks for your name and your server once, and then opens.",
    )
    .version(config.version)
    // What was typed is quoted, and may hold what a terminal would take for a command.
    .configureOutput({ outputError: (text, write) => write(makeVisibleLines(text).join("\n")) })
    .showHelpAfterError("(--help shows what there is)")
    .hook("preAction", (_program, command) => refuseEmptyValues(command))
    .exitOverride();
  await addCommands(program);
  try {
    if (args === undefined) program.help({ error: true });
    await program.parseAsync(args, { from: "user" });
    return Deno.exitCode;
  } catch (error) {
    // Commander has printed what is wrong, or what was asked for.
    if (error instanceof CommanderError) return error.exitCode === 0 ? 0 : 2;
    throw error;
  }
}

/** Commander can say it, too, but has to be loaded for that. @returns Whether it was asked for, and nothing else. */
function sayVersion(args: readonly string[]): boolean {
  const isAsked = args.length === 1 && ["-V", "--version"].includes(args[0]!);
  if (isAsked) console.log(config.version);
  return isAsked;
}

async function fail(words: string): Promise<void> {
  try {
    const sentence = `p2pchat: ${makeVisible(words)}`;
    // Loaded when it is needed: most runs of the program say no such thing. Who may read no file reads it in one line.
    const fit = await import("./shared/process/fitted.ts").then((m) => m.fitted, () => undefined);
    console.error(fit === undefined ? sentence : fit(sentence, Deno.stderr));
  } catch {
    // Standard error does not take it, such as on a full disk. That ends nothing else.
  }
}

/**
 * Whatever a command expects to go wrong it has made a sentence of. What it prints may not be taken, such as on a full
 * disk: then the error is the system's own.
 */
async function wordsOf(error: unknown): Promise<string> {
  const words = errorMessage(error);
  if (!/\(os error \d+\)$/.test(words)) return words;
  const { fileReason } = await import("./shared/errors/file_error.ts");
  return `Cannot go on: ${fileReason(error)}`;
}

/** Runs the command line. @returns The exit code. */
async function main(args: string[]): Promise<number> {
  // An error that nobody caught is a defect. It is reported, and everything else goes on.
  addEventListener("unhandledrejection", (event) => {
    event.preventDefault();
    fail(errorMessage(event.reason));
  });
  try {
    const given = args.length === 0 ? await argumentsOfStart(servers) : args;
    if (given !== undefined && (sayVersion(given) || await runPlainLine(given, servers))) {
      return Deno.exitCode;
    }
    return await runCommand(given);
  } catch (error) {
    await fail(await wordsOf(error));
    return error instanceof CommandFailure ? error.exitCode : 1;
  }
}

if (import.meta.main) {
  outliveHangups();
  Deno.exit(await main(Deno.args));
}
