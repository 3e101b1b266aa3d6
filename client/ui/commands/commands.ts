/**
 * The table of slash commands: name, argument, help, action. Parsing, help and completion derive from it.
 * A command asks the session or its client, and returns the answer to show.
 *
 * @module
 */

import { type Answer, type LineProblem, wordingOf } from "../wording/wording.ts";
import { chatArgument, chatCommand } from "./chat_command.ts";
import { type Command, type CommandContext, type Outcome, quit } from "./command.ts";
import { beginningWith, findCommand, nearCommands } from "./find_command.ts";
import { help, unknownCommand, usageOf } from "./help.ts";
import { hideCommand } from "./hide_command.ts";
import { historyCommands } from "./history_commands.ts";
import { messageCommands, say } from "./message_commands.ts";
import { nameOf, withWholeName } from "./name_of.ts";
import { parseLine } from "./parsed_line.ts";
import { peopleCommands } from "./people_commands.ts";
import { screenCommands } from "./screen_commands.ts";
import { serverCommands } from "./server_commands.ts";

/** What has become of a line. It has failed if its answer says that something went wrong. */
export type LineOutcome = "done" | "failed" | "quit";

/** A line after which another conversation may be current, or none. */
export interface Turn {
  /** Whom it turns to, if it says so. */
  readonly turningTo: string | undefined;
}

/** What ends other programs or shows their help if it stands alone in a line. */
const bareWords: ReadonlyMap<string, string> = new Map([
  ["quit", "quit"],
  ["exit", "quit"],
  [":q", "quit"],
  [":q!", "quit"],
  [":wq", "quit"],
  ["?", "help"],
]);

/** A line that takes longer than this is said to be under way, in milliseconds. */
const waitingMs = 1_000;

/** Every slash command, in the order of the help. */
const commands: readonly Command[] = [
  {
    name: "register",
    help: "register with the server, so that others find you",
    run: (context) => register(context),
  },
  {
    name: "info",
    help: "show everyone the server knows",
    run: async ({ session: { client } }) => ({
      type: "clients",
      ...await client.info(),
      selfId: client.id,
    }),
  },
  {
    name: "bridge",
    argument: "[NAME]",
    examples: ["/bridge", "/bridge bob"],
    help: "ask the server for another client, or for the one of that name",
    run: async ({ session }, name) => ({
      type: "bridged",
      found: await session.client.bridge(name),
    }),
  },
  ...serverCommands,
  chatCommand,
  ...messageCommands,
  ...peopleCommands,
  ...historyCommands,
  {
    name: "who",
    help: "show the people you talk to and who of them is here",
    run: ({ session }) => ({ type: "contacts", contacts: session.client.who() }),
  },
  {
    name: "peers",
    help: "show your conversations",
    run: ({ session: { client, current } }) => ({
      type: "conversations",
      conversations: client.conversations(),
      current: current?.conversation,
    }),
  },
  {
    name: "path",
    argument: "[NAME]",
    examples: ["/path bob"],
    help: "show which way a conversation goes, and how long that takes",
    run: (context, name) => path(context, name),
  },
  {
    name: "switch",
    argument: "NAME",
    examples: ["/switch bob"],
    help: "make a conversation the current one",
    turns: "to",
    run: ({ session }, name) => ({
      type: "switched",
      name: session.switchTo(nameOf(session, name!)).name,
    }),
  },
  {
    name: "close",
    argument: "[NAME]",
    examples: ["/close", "/close bob"],
    help: "leave the current conversation, or the one of that name",
    turns: "away",
    run: (context, name) => close(context, name),
  },
  hideCommand,
  {
    name: "audit",
    argument: "[NAME]",
    examples: ["/audit bob"],
    help: "compare with someone which messages each of you has",
    run: (context, name) => audit(context, name),
  },
  {
    name: "unregister",
    help: "remove your registration from the server",
    run: async ({ session: { client } }) => {
      await client.unregister();
      return { type: "unregistered", id: client.id };
    },
  },
  ...screenCommands,
  {
    name: "help",
    argument: "[COMMAND|keys]",
    examples: ["/help chat", "/help keys"],
    help: "show this, a command with examples, or what the keys do",
    run: (_context, word) => help(commands, word),
  },
  { name: "quit", help: "leave everyone and quit", run: () => quit },
];

/** Does what a line asks for, and shows the answer. What goes wrong is shown, too. Never throws. */
export async function runLine(line: string, context: CommandContext): Promise<LineOutcome> {
  const { show, clock } = context;
  const cancel = clock?.after(waitingMs, () => show(stillWaiting(line)));
  try {
    const outcome = await run(line, context);
    if (outcome === quit) return "quit";
    if (outcome === undefined) return "done";
    show(outcome);
    return wordingOf(outcome).tone === "problem" ? "failed" : "done";
  } catch (error) {
    // A defect is shown as well: it must not end the user's conversations. What was given up because the
    // client stops is not: nobody waits for it any more.
    if (!(error instanceof DOMException && error.name === "AbortError")) {
      show({ type: "failed", error });
    }
    return "failed";
  } finally {
    cancel?.();
  }
}

function stillWaiting(line: string): Answer {
  const parsed = parseLine(line);
  const command = parsed.type === "command" ? `/${parsed.name}` : undefined;
  return { type: "still-waiting", command };
}

/**
 * Whether a line is a message, or was meant as one. The line behind it may be begun before it is done, and if
 * it is refused it is worth keeping.
 */
export function isMessage(line: string): boolean {
  const parsed = parseLine(line);
  if (parsed.type !== "command") return true;
  return commandOf(parsed.name)?.sends ?? isPath(parsed.name);
}

/** Whether a line is worth keeping if it fails: it says something. */
export function holdsText(line: string): boolean {
  return isMessage(line) || argumentOfChat(line)?.text !== undefined;
}

/** The line that sends a text as it is, also if it begins as a command does. */
export function messageLine(text: string): string {
  const parsed = parseLine(text);
  if (parsed.type === "empty" || parsed.type === "text" && parsed.text === text) return text;
  const slash = text.indexOf("/");
  return `${text.slice(0, slash)}/${text.slice(slash)}`;
}

/** The command that a message was most likely meant as, since other programs know it by that; else undefined. */
export function meantCommand(line: string): string | undefined {
  return bareWords.get(line.trim().toLowerCase());
}

/** What a line may change of which conversation is current; undefined if it changes nothing of it. */
export function turnOf(line: string): Turn | undefined {
  const parsed = parseLine(line);
  if (parsed.type !== "command") return undefined;
  const command = commandOf(parsed.name);
  if (command === undefined ? !mayTurn(parsed) : command.turns === undefined) return undefined;
  // Of a command that turns to nobody at once, as /trust, the name is not that of the next one to be current.
  const to = command?.name === "switch" ? parsed.rest?.trim() : argumentOfChat(line)?.to;
  return { turningTo: to === "" ? undefined : to };
}

/** The command that a line was meant as of which this is the beginning, as far as it is text, if it was one. */
export function commandIn(beginning: string): string | undefined {
  const line = beginning.replace(/^\ufffd+/, "");
  const parsed = parseLine(line);
  return parsed.type === "command" ? line.trim() : undefined;
}

/**
 * What Tab makes of a line: the commands or the names that begin as its last word does.
 *
 * @param registered Those who can be called, too.
 */
export function complete(
  line: string,
  names: readonly string[],
  registered: readonly string[] = [],
): [string[], string] {
  const parsed = parseLine(line);
  if (parsed.type !== "command") return [[], line];
  const [, command, before, argument] = /^\s*\/(\S+)\s(\S+\s)?(\S*)$/.exec(line) ?? [];
  if (command !== undefined) {
    const { argument: takes = "", name: meant } = commandOf(command) ?? {};
    const takesName = takes.split(" ")[before === undefined ? 0 : 1]?.includes("NAME");
    const all = meant === "chat" || meant === "bridge" ? [...names, ...registered] : names;
    const found = new Set(all.filter((name) => name.startsWith(argument!)));
    return [takesName ? [...found] : [], argument!];
  }
  const [word] = /\/\S*$/.exec(line) ?? [line];
  if (line.trimStart() !== word) return [[], line];
  const all = commands.map(({ name, argument }) => `/${name}${argument ? " " : ""}`);
  return [all.filter((name) => name.startsWith(word)), word];
}

function run(line: string, context: CommandContext): Outcome | Promise<Outcome> {
  const parsed = parseLine(line);
  switch (parsed.type) {
    case "empty":
      return undefined;
    case "text":
      return say(context, parsed.text);
    case "command":
      return runCommand(parsed.name, parsed.rest, context);
  }
}

function runCommand(
  name: string,
  rest: string | undefined,
  context: CommandContext,
): Outcome | Promise<Outcome> {
  const { session } = context;
  const failed = () => session.failTurn(rest === undefined ? `/${name}` : `/${name} ${rest}`);
  if (isPath(name)) {
    if (mayTurn({ name })) failed();
    return { type: "path", path: name };
  }
  const command = commandOf(name);
  if (command === undefined) {
    if (mayTurn({ name, rest })) failed();
    return unknownCommand(commands, name);
  }
  const typed = command.argument === "TEXT" ? rest : rest?.trim();
  const argument = typed && beginsWithName(command) ? withWholeName(session, typed) : typed;
  const given = argument !== undefined && argument !== "";
  if (command.argument === undefined ? given : !given && !command.argument.startsWith("[")) {
    if (command.turns === "to") failed();
    return usage(command);
  }
  return command.run(context, given ? argument : undefined);
}

/** What stands behind `/chat`, if a line is that; undefined if it is not. */
function argumentOfChat(line: string): ReturnType<typeof chatArgument> | undefined {
  const parsed = parseLine(line);
  if (parsed.type !== "command" || commandOf(parsed.name) !== chatCommand) return undefined;
  return chatArgument(parsed.rest?.trim() ?? "");
}

function beginsWithName({ argument = "" }: Command): boolean {
  return /^\[?(IP:PORT\|)?NAME/.test(argument);
}

function commandOf(name: string): Command | undefined {
  return findCommand(commands, name);
}

/**
 * Whether a command that there is not may have been meant to turn to somebody, or away: by its name, or because
 * it names something, as `/query dave` of other programs does. What follows is not for the one before, then.
 */
function mayTurn({ name, rest }: { readonly name: string; readonly rest?: string | undefined }) {
  // A path has blanks as well; but `/chat/dave` lacks one.
  if (isPath(name)) return commandOf(name.slice(0, name.indexOf("/")))?.turns !== undefined;
  const meant = [...beginningWith(commands, name), ...nearCommands(commands, name)];
  return rest !== undefined || meant.some(({ turns }) => turns !== undefined);
}

/** Whether what stands behind a slash is no attempt at a command, such as `etc/passwd`. */
function isPath(name: string): boolean {
  return name.includes("/");
}

function usage(command: Command): LineProblem {
  return { type: "usage", usage: usageOf(command), help: command.help };
}

/** Shows it at once: what follows on a registration, such as mail, comes behind it. */
async function register({ session, show }: CommandContext): Promise<undefined> {
  await session.client.register((registered) => show({ type: "registered", ...registered }));
}

async function close({ session }: CommandContext, name: string | undefined): Promise<Outcome> {
  const of = name === undefined ? undefined : nameOf(session, name);
  return await session.close(of) ? undefined : session.nobodyCurrent("close");
}

async function path({ session }: CommandContext, name: string | undefined): Promise<Outcome> {
  const { client, current } = session;
  const of = name === undefined
    ? current?.isOpen ? current.conversation : current?.name
    : nameOf(session, name);
  if (of === undefined) return session.nobodyCurrent("path");
  return { type: "path-report", report: await client.path(of) };
}

async function audit({ session }: CommandContext, name: string | undefined): Promise<Outcome> {
  const { client, current } = session;
  const of = name === undefined ? current?.name : nameOf(session, name);
  if (of === undefined) return session.nobodyCurrent("audit");
  const to = name === undefined && current?.isOpen ? current.conversation : of;
  return { type: "audited", name: of, report: await client.audit(to) };
}
