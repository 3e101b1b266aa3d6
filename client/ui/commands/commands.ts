/**
 * The table of slash commands: name, argument, help, action. Parsing, help and completion derive from it.
 * A command asks the session or its client, and returns the answer to show.
 *
 * @module
 */

import { closestString } from "@std/text/closest-string";
import type { TimerClock } from "../../../shared/time/clock.ts";
import type { Session } from "../session.ts";
import type { Answer, LineProblem } from "../wording/wording.ts";

/** What a line is run with. */
export interface CommandContext {
  readonly session: Session;
  /** Shows an answer. */
  readonly show: (answer: Answer | LineProblem) => void;
  readonly clock: TimerClock;
}

/** What a command returns: an answer; nothing if an event says it all; or that the client ends. */
type Outcome = Answer | LineProblem | typeof quit | undefined;

const quit = Symbol("quit");

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
  ) => Outcome | Promise<Outcome>;
}

/** How many messages `/history` shows: by default, and at most. */
const historyDefault = 20;
const historyMax = 1_000;

/** A command that takes longer than this is said to be under way, in milliseconds. */
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
    help: "ask the server for another client, or for the one of that name",
    run: async ({ session }, name) => ({
      type: "bridged",
      found: await session.client.bridge(name),
    }),
  },
  {
    name: "chat",
    argument: "IP:PORT|NAME",
    help: "open a conversation, also with someone you know who is away",
    run: (context, to) => chat(context, to!),
  },
  {
    name: "msg",
    argument: "TEXT",
    help: "send a message; a line without a slash is one, too",
    overlaps: true,
    run: (context, text) => say(context, text!),
  },
  {
    name: "verify",
    argument: "NAME [yes|no]",
    help: "compare words with someone to be sure that nobody is in the middle",
    run: (context, argument) => verify(context, argument!),
  },
  {
    name: "trust",
    argument: "NAME [FINGERPRINT]",
    help: "accept a key that was refused, for example if someone has a new machine",
    run: (context, argument) => trust(context, argument!),
  },
  {
    name: "history",
    argument: "[NAME] [N]",
    help: `show the last messages, ${historyDefault} if you do not say how many`,
    run: (context, argument) => showHistory(context, argument),
  },
  {
    name: "search",
    argument: "WORDS",
    help: "find messages that have all these words",
    run: async ({ session }, words) => ({
      type: "history",
      words: words!,
      entries: await session.client.search(words!),
    }),
  },
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
    name: "switch",
    argument: "NAME",
    help: "make a conversation the current one",
    run: ({ session }, name) => ({ type: "switched", name: session.switchTo(name!).name }),
  },
  {
    name: "close",
    argument: "[NAME]",
    help: "leave the current conversation, or the one of that name",
    run: (context, name) => close(context, name),
  },
  {
    name: "audit",
    argument: "[NAME]",
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
  { name: "help", help: "show this", run: () => ({ type: "help", rows: helpRows() }) },
  { name: "quit", help: "leave everyone and quit", run: () => quit },
];

/**
 * Does what a line asks for, and shows the answer. What goes wrong is shown, too.
 *
 * @returns Whether the line was `/quit`.
 */
export async function runLine(line: string, context: CommandContext): Promise<boolean> {
  const { show, clock } = context;
  const cancel = clock.after(
    waitingMs,
    () => show({ type: "still-waiting", command: line.split(" ")[0]! }),
  );
  try {
    const outcome = await run(line, context);
    if (outcome === quit) return true;
    if (outcome !== undefined) show(outcome);
  } catch (error) {
    // Given up because the client stops: nobody waits for it any more.
    if (!(error instanceof DOMException && error.name === "AbortError")) {
      // A defect is shown as well: it must not end the user's conversations.
      show({ type: "failed", error });
    }
  } finally {
    cancel();
  }
  return false;
}

/** Whether the line behind this one may be begun before this one is done: it sends a message. */
export function overlaps(line: string): boolean {
  if (isText(line)) return true;
  const name = /^\/(\S*)/.exec(line)?.[1];
  return commands.some((command) => command.name === name && command.overlaps);
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

function run(line: string, context: CommandContext): Outcome | Promise<Outcome> {
  if (line.trim() === "") return undefined;
  if (isText(line)) return say(context, line.startsWith("//") ? line.slice(1) : line);
  const [, name = "", rest] = /^\/(\S*)(?: (.*))?$/s.exec(line.trimEnd()) ?? ["", line.slice(1)];
  const command = commands.find((command) => command.name === name);
  if (command === undefined) {
    const closest = closestString(name, commands.map(({ name }) => name))!;
    return { type: "unknown-command", name, closest };
  }
  const argument = command.argument === "TEXT" ? rest : rest?.trim();
  const given = argument !== undefined && argument !== "";
  if (command.argument === undefined ? given : !given && !command.argument.startsWith("[")) {
    return usage(command);
  }
  return command.run(context, given ? argument : undefined);
}

/** Two slashes begin a message with one slash, such as a path. */
function isText(line: string): boolean {
  return !line.startsWith("/") || line.startsWith("//");
}

const usageOf = ({ name, argument }: Command) => `/${name}${argument ? ` ${argument}` : ""}`;

function usage(command: Command): LineProblem {
  return { type: "usage", usage: usageOf(command), help: command.help };
}

function helpRows(): (readonly [usage: string, help: string])[] {
  return commands.map((command) => [usageOf(command), command.help]);
}

/** Shows it at once: what follows on a registration, such as mail, comes behind it. */
async function register({ session, show }: CommandContext): Promise<undefined> {
  await session.client.register((registered) => show({ type: "registered", ...registered }));
}

async function chat({ session, show }: CommandContext, to: string): Promise<Outcome> {
  const name = to.includes(":") ? undefined : to;
  const { how, conversation, why } = await session.chat(
    to,
    (address) => show({ type: "calling", name, address }),
  );
  switch (how) {
    case "opened":
      return undefined;
    case "already-open":
      return { type: "switched", name: conversation.name };
    case "away":
      return { type: "away", name: conversation.name, why };
  }
}

async function say({ session }: CommandContext, text: string): Promise<Outcome> {
  const sent = await session.send(text);
  return sent === undefined ? nobodyCurrent(session, "msg") : undefined;
}

async function verify({ session: { client } }: CommandContext, argument: string): Promise<Outcome> {
  const [name = "", ...words] = argument.split(/\s+/);
  if (words.length === 0) return beginVerification(client, name);
  const given = words.join(" ");
  if (given !== "yes" && given !== "no") return { type: "not-yes-or-no", given, name };
  const fingerprint = await client.confirmVerification(name, given === "yes");
  return fingerprint === undefined
    ? { type: "not-verified", name }
    : { type: "verified", name, fingerprint };
}

function beginVerification(client: Session["client"], name: string): Outcome {
  const verification = client.verify(name);
  switch (verification.state) {
    case "words":
      return { type: "verification-words", name, words: verification.words };
    case "coming":
      return undefined;
    case "peer-must-begin":
      return { type: "verification-waits", name };
  }
}

async function trust({ session }: CommandContext, argument: string): Promise<Outcome> {
  const [name = "", fingerprint] = argument.split(/\s+/);
  return { type: "trusted", name, fingerprint: await session.trust(name, fingerprint) };
}

/** Shows the messages with somebody; with the current peer, or if there is none with everyone. */
function showHistory({ session }: CommandContext, argument = ""): Outcome {
  const words = argument.split(/\s+/).filter((word) => word !== "");
  // A name may be a number, too: then another number stands behind it.
  const count = /^\d+$/.test(words.at(-1) ?? "") ? Number(words.pop()) : historyDefault;
  const [name = session.current?.name, more] = words;
  if (more !== undefined) return { type: "not-a-count", given: more, name: name! };
  if (count < 1 || count > historyMax) {
    return { type: "count-out-of-range", count, max: historyMax };
  }
  const entries = session.client.history(name, count);
  return { type: "history", ...name !== undefined && { name }, entries };
}

async function close({ session }: CommandContext, name: string | undefined): Promise<Outcome> {
  const to = name ?? session.current?.conversation;
  if (to === undefined) return nobodyCurrent(session, "close");
  await session.close(to);
  return undefined;
}

async function audit({ session }: CommandContext, name: string | undefined): Promise<Outcome> {
  const { client, current } = session;
  const to = name ?? current?.conversation;
  if (to === undefined) return nobodyCurrent(session, "audit");
  return { type: "audited", name: name ?? current!.name, report: await client.audit(to) };
}

function nobodyCurrent({ client }: Session, command: "msg" | "close" | "audit"): LineProblem {
  return {
    type: "nobody-current",
    command,
    names: client.conversations().map(({ name }) => name),
  };
}
