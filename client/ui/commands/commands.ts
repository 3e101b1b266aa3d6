/**
 * The table of slash commands: name, arguments, help, action. Parsing, help and completion derive from
 * it.
 *
 * @module
 */

import { closestString } from "@std/text/closest-string";
import { UserError } from "../../user_error.ts";
import type { ChatClient } from "../../client.ts";
import type { ChatEvent } from "../../events.ts";
import { errorSentence } from "../wording/wording.ts";

interface Command {
  readonly name: string;
  /** As in the help: `NAME` is required, `[NAME]` is not, `TEXT` takes the rest of the line as it is. */
  readonly argument?: string;
  readonly help: string;
  /** Whether the line behind it may be begun before this one is done. */
  readonly overlaps?: true;
  readonly run: (
    context: CommandContext,
    argument: string | undefined,
  ) => void | Promise<void> | typeof quit;
}

/** What the command that ends the client gives back. */
const quit = Symbol("quit");

/** How many messages `/history` shows: where nothing is said, and at most. */
const historyDefault = 20;
const historyMax = 1_000;

/** Every slash command, in the order of the help. */
export const commands: readonly Command[] = [
  {
    name: "register",
    help: "be known to the server, so that others find you",
    run: ({ client }) => client.register(),
  },
  { name: "info", help: "show everyone the server knows", run: ({ client }) => client.info() },
  {
    name: "bridge",
    argument: "[NAME]",
    help: "ask the server for another client, or for the one of that name",
    run: ({ client }, name) => client.bridge(name),
  },
  {
    name: "chat",
    argument: "IP:PORT|NAME",
    help: "open a conversation, also with someone you know who is away",
    run: ({ client }, whom) => client.chat(whom!),
  },
  {
    name: "msg",
    argument: "TEXT",
    help: "send a message; a line without a slash is one, too",
    overlaps: true,
    run: ({ client }, text) => client.send(text!),
  },
  {
    name: "verify",
    argument: "NAME [yes|no]",
    help: "compare words with someone, to be sure that nobody is in the middle",
    run: ({ client }, which) => client.verify(which!),
  },
  {
    name: "trust",
    argument: "NAME [FINGERPRINT]",
    help: "accept the key that was refused, as when someone has a new machine",
    run: ({ client }, which) => client.trust(which!),
  },
  {
    name: "history",
    argument: "[NAME] [N]",
    help: `show the last messages, ${historyDefault} where you do not say how many`,
    run: ({ client }, which) => showHistory(client, which),
  },
  {
    name: "search",
    argument: "WORDS",
    help: "find messages that have all these words",
    run: ({ client }, words) => client.search(words!),
  },
  {
    name: "who",
    help: "show whom you talk to, and who of them is here",
    run: ({ client }) => client.who(),
  },
  { name: "peers", help: "show your conversations", run: ({ client }) => client.peers() },
  {
    name: "switch",
    argument: "NAME",
    help: "make a conversation the current one",
    run: ({ client }, name) => client.switchTo(name!),
  },
  {
    name: "close",
    argument: "[NAME]",
    help: "leave the current conversation, or the one of that name",
    run: ({ client }, name) => client.close(name),
  },
  {
    name: "audit",
    argument: "[NAME]",
    help: "compare with someone which messages each of you has",
    run: ({ client }, name) => client.audit(name),
  },
  {
    name: "unregister",
    help: "be forgotten by the server",
    run: ({ client }) => client.unregister(),
  },
  { name: "help", help: "show this", run: ({ emit }) => emit({ type: "help", rows: helpRows }) },
  { name: "quit", help: "leave everyone and end", run: () => quit },
];

/** Shows what was said with somebody, in the current conversation, or with everyone where none is. */
function showHistory(client: ChatClient, which = ""): void | Promise<void> {
  const words = which.split(/\s+/).filter((word) => word !== "");
  // Somebody may be called by a number: it is his name where another number stands behind it.
  const count = /^\d+$/.test(words.at(-1) ?? "") ? Number(words.pop()) : historyDefault;
  const [name, more] = words;
  if (more !== undefined) {
    throw new UserError(
      `'${more}' is no number of messages: /history ${name} 50 shows the last 50 with ${name}`,
    );
  }
  if (count < 1 || count > historyMax) {
    throw new UserError(
      `Cannot show ${count} messages: it is 1 to ${historyMax}; ` +
        "p2pchat history export NAME writes all of them",
    );
  }
  return client.history(name ?? client.current, count);
}

const usageOf = ({ name, argument }: Command) => `/${name}${argument ? ` ${argument}` : ""}`;

/** The rows of `/help`. */
export const helpRows = commands.map((command) => [usageOf(command), command.help] as const);

/** A line that asks for something, and how long that takes before the user is told to wait. */
export interface CommandContext {
  readonly client: ChatClient;
  readonly emit: (event: ChatEvent) => void;
}

const waitingMs = 1_000;

/**
 * Does what a line asks for. What goes wrong comes out as a `problem`.
 *
 * @returns Whether the line was `/quit`.
 */
export async function runLine(line: string, context: CommandContext): Promise<boolean> {
  const { emit } = context;
  const timer = setTimeout(
    () => emit({ type: "waiting", command: line.split(" ")[0]! }),
    waitingMs,
  );
  try {
    return await run(line, context);
  } catch (error) {
    // Given up because the client stops: nobody waits for it any more.
    if (error instanceof DOMException && error.name === "AbortError") return false;
    // What is not for the user is a defect, and still must not end his conversations.
    const problem = error instanceof UserError || error instanceof RangeError
      ? errorSentence(error)
      : `Something failed: ${error}`;
    emit({ type: "problem", problem });
    return false;
  } finally {
    clearTimeout(timer);
  }
}

/** Whether the line behind this one may be begun before this one is done: it says something. */
export function overlaps(line: string): boolean {
  if (isText(line)) return true;
  const name = /^\/(\S*)/.exec(line)?.[1];
  return commands.some((command) => command.name === name && command.overlaps);
}

/** A doubled slash begins a message with a slash, as a path does. */
function isText(line: string): boolean {
  return !line.startsWith("/") || line.startsWith("//");
}

async function run(line: string, context: CommandContext): Promise<boolean> {
  if (line.trim() === "") return false;
  if (isText(line)) {
    await context.client.send(line.startsWith("//") ? line.slice(1) : line);
    return false;
  }
  const [, name, rest] = /^\/(\S*)(?: (.*))?$/s.exec(line.trimEnd()) ?? ["", line.slice(1)];
  const command = commands.find((command) => command.name === name);
  if (command === undefined) throw new UserError(unknownCommand(name ?? ""));
  const argument = command.argument === "TEXT" ? rest : rest?.trim();
  const given = argument !== undefined && argument !== "";
  if (command.argument === undefined ? given : !given && !command.argument.startsWith("[")) {
    throw new UserError(`Usage: ${usageOf(command)} (${command.help})`);
  }
  return await command.run(context, given ? argument : undefined) === quit;
}

function unknownCommand(name: string): string {
  const closest = closestString(name, commands.map((command) => command.name));
  return `There is no /${name}; did you mean /${closest}? /help shows all commands`;
}

/** What Tab makes of a line: the commands or the names that begin as its last word does. */
export function complete(line: string, names: readonly string[]): [string[], string] {
  const [, command, argument] = /^\/(\S+) (\S*)$/.exec(line) ?? [];
  if (command !== undefined) {
    const takesName = commands.find(({ name }) => name === command)?.argument?.includes("NAME");
    return [takesName ? names.filter((name) => name.startsWith(argument!)) : [], argument!];
  }
  if (!/^\/\S*$/.test(line)) return [[], line];
  const all = commands.map(({ name, argument }) => `/${name}${argument ? " " : ""}`);
  return [all.filter((name) => name.startsWith(line)), line];
}
