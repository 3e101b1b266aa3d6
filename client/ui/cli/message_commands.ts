/**
 * The subcommands that ask one thing about the messages of a profile: their options, and what they call.
 *
 * @module
 */

import { type Command, Option } from "commander";
import { ArgumentError } from "../../../shared/process/argument_error.ts";
import { configDirectory } from "../../../shared/process/directories.ts";
import { durationRule, parseDuration } from "../../../shared/time/duration.ts";
import { localWaitMs } from "../../../shared/protocol/limits.ts";
import type { Reach } from "../../local_control/local_control.ts";
import { parseClientIdArgument, parseDurationArgument } from "../../../shared/process/arguments.ts";
import { type HistoryFormat, historyFormats } from "./history_formats.ts";
import {
  passphraseDescriptor,
  passphraseFile,
  passphraseIn,
  type PassphraseOptions,
} from "./passphrase_options.ts";
import { profileHelp } from "./client_command.ts";
import { caHelp, parseServersOrHere, serversHelp } from "./server_options.ts";
import {
  askedServers,
  askedServersHelp,
  type OpenServers,
  rememberedStart,
  type ServerOptions,
} from "./asked_servers.ts";
import type { ServeHere } from "./here.ts";
import { optionOf } from "./option_of.ts";
import { worded } from "./worded.ts";

/** Options of all of them. */
interface AskingOptions extends PassphraseOptions {
  readonly as?: string;
  readonly profile?: string;
  /** In milliseconds. */
  readonly timeout: number;
}

interface HistoryExportOptions extends AskingOptions {
  readonly format: HistoryFormat;
  /** Milliseconds since 1970, UTC. */
  readonly since?: number;
  readonly follow?: true;
}

type AuditOptions = AskingOptions & ServerOptions;

interface SendOptions extends PassphraseOptions, ServerOptions {
  readonly as?: string;
  readonly profile?: string;
  readonly until: Reach;
  /** In milliseconds. */
  readonly timeout: number;
}

interface ListenOptions {
  readonly from?: string;
  readonly once?: true;
  readonly json?: true;
  readonly as?: string;
  readonly profile?: string;
}

/** How long a message may take to come as far as wanted, if nothing else is said, in milliseconds. */
const sendWithinMs = 10_000;

/** Adds the subcommand that works with saved messages. */
export function addHistory(program: Command): void {
  const command = program.command("history")
    .description("work with your saved messages")
    .command("export")
    .description("write out all messages with someone, oldest first")
    .argument("<name>", "who it is")
    .addOption(
      new Option("--format <format>", "for people or for programs").choices(historyFormats)
        .default("text"),
    )
    .addOption(
      new Option("--since <time>", "only what was kept since then, such as 2026-11-27 or 2h")
        .argParser(parseSince),
    )
    .option("--follow", "go on with what comes and goes from then on; not with --format json");
  withAskingOptions(command).action(worded(startHistoryExport));
}

function serverOption(): Option {
  return new Option(
    "--server <server>",
    `${serversHelp} (default: ${askedServersHelp})`,
  ).argParser(parseServersOrHere);
}

/** Adds the subcommand that compares messages. */
export function addAudit(program: Command, serveHere: ServeHere): void {
  const command = program.command("audit")
    .description("compare with someone which messages each of you has")
    .argument("<name>", "who it is")
    .addOption(serverOption())
    .option("--ca <file>", caHelp);
  withAskingOptions(command).action(worded(
    async (name: string, options: AuditOptions, command: Command) =>
      await startAudit(name, options, await askedServers(options, command, serveHere)),
  ));
}

/** Adds the subcommand that sends one message. */
export function addSend(program: Command, serveHere: ServeHere): void {
  const command = program.command("send")
    .description("send one message")
    .argument("<name>", "whom it is for")
    .argument("[text]", "the message; - is standard input, as if it is left out", "-")
    .addOption(
      new Option("--until <state>", "how far it is to come before this ends")
        .choices(["delivered", "mailbox", "kept"]).default("delivered"),
    )
    .addOption(
      new Option("--timeout <time>", "how long it may take to come as far")
        .default(sendWithinMs, "10s").argParser(parseDurationArgument),
    )
    .addOption(serverOption())
    .option("--ca <file>", caHelp);
  withProfileOptions(command).action(worded(
    async (name: string, text: string, options: SendOptions, command: Command) => {
      const start = await rememberedStart();
      const openServers = await askedServers(
        options,
        command,
        serveHere,
        () => Promise.resolve(start),
      );
      await startSend(name, text, options, start?.name, openServers);
    },
  ));
}

/** Adds the subcommand that prints what comes in. */
export function addListen(program: Command): void {
  const command = program.command("listen")
    .description("print the messages that come to your client that runs")
    .option("--from <name>", "only what this one writes")
    .option("--once", "end after the first message")
    .option("--json", "each message as a line of JSON")
    .option("--as <id>", "which of your clients, if several run", parseClientIdArgument)
    .option("--profile <dir>", profileHelp);
  command.action(worded(startListen));
}

function withAskingOptions(command: Command): Command {
  return withProfileOptions(command)
    .addOption(
      new Option("--timeout <seconds>", "how long a client of yours that runs may not answer")
        .default(localWaitMs, String(localWaitMs / 1_000)).argParser(parseSeconds),
    );
}

function withProfileOptions(command: Command): Command {
  return command
    .option(
      "--as <id>",
      "which of your own names you mean, if several have talked with that one",
      parseClientIdArgument,
    )
    .option("--profile <dir>", profileHelp)
    .addOption(optionOf(passphraseFile))
    .addOption(optionOf(passphraseDescriptor));
}

async function startHistoryExport(
  name: string,
  options: HistoryExportOptions,
  command: Command,
): Promise<void> {
  const { format, as: self, profile = configDirectory(), timeout: waitMs } = options;
  const { since: sinceMs = -Infinity, follow: follows = false } = options;
  if (follows && format === "json") {
    command.error("error: with --follow the format is text or ndjson: an array has an end");
  }
  const passphrase = passphraseIn(options);
  const { runHistoryExport } = await import("./history_command.ts");
  const { fitted } = await import("../../../shared/process/fitted.ts");
  // Programs read JSON as it is.
  const fit = (text: string) => format === "text" ? fitted(text, Deno.stdout) : text;
  const sink = { write: (bytes: Uint8Array) => Deno.stdout.write(bytes), fit };
  const asked = { profile, passphrase, name, self, waitMs, sinceMs, follows };
  await runHistoryExport(asked, format, sink);
}

async function startAudit(
  name: string,
  options: AuditOptions,
  openServers: OpenServers,
): Promise<void> {
  const { as: self, profile = configDirectory(), timeout: waitMs } = options;
  const passphrase = passphraseIn(options);
  const { runAudit } = await import("./audit_command.ts");
  const { sayOnStandardOutput } = await import("./say.ts");
  const agree = await runAudit(
    { profile, passphrase, name, self, waitMs, openServers },
    sayOnStandardOutput,
  );
  if (!agree) Deno.exitCode = 1;
}

async function startSend(
  name: string,
  text: string,
  options: SendOptions,
  usualSelf: string | undefined,
  openServers: OpenServers,
): Promise<void> {
  const { as: self, profile = configDirectory(), until, timeout: withinMs } = options;
  const passphrase = passphraseIn(options);
  const { textToSend } = await import("./text_to_send.ts");
  const { runSend } = await import("./send_command.ts");
  const usual = usualSelf === undefined ? {} : { usualSelf };
  const message = { name, text: await textToSend(text), until, withinMs };
  await runSend({
    ...{ profile, passphrase, self, ...usual, ...message, openServers, waitMs: localWaitMs },
  });
}

async function startListen(options: ListenOptions): Promise<void> {
  const { from: name, as: self, profile = configDirectory(), once = false, json = false } = options;
  const { runListen } = await import("./listen_command.ts");
  const { name: usualSelf = "NAME" } = await rememberedStart() ?? {};
  await runListen({ profile, name, self, usualSelf, once, json, waitMs: localWaitMs });
}

/** Reads a time, or how long ago it was, as milliseconds since 1970. */
function parseSince(text: string): number {
  const agoMs = parseDuration(text);
  if (agoMs !== undefined) return Date.now() - agoMs;
  // A day without a time is one of this place, as the times are that people are shown.
  const atMs = Date.parse(/^\d{4}-\d{2}-\d{2}$/.test(text) ? `${text}T00:00` : text);
  if (/^\d{4}-\d{2}-\d{2}/.test(text) && !Number.isNaN(atMs)) return atMs;
  throw new ArgumentError(
    `A time is a date such as 2026-11-27, or 2026-11-27T18:00Z, or ${durationRule}.`,
  );
}

/** Reads a time in seconds, as milliseconds. */
function parseSeconds(text: string): number {
  if (/^[1-9]\d{0,4}$/.test(text)) return Number(text) * 1_000;
  throw new ArgumentError("A time is a whole number of seconds, from 1 to 99999.");
}
