/**
 * The subcommands that ask one thing about the messages of a profile: their options, and what they call.
 *
 * @module
 */

import { type Command, InvalidArgumentError, Option } from "commander";
import type { ServerAddress } from "../../../shared/net/server_address.ts";
import { configDirectory } from "../../../shared/process/directories.ts";
import { localWaitMs } from "../../../shared/protocol/limits.ts";
import { type HistoryFormat, historyFormats } from "./history_formats.ts";
import {
  passphraseDescriptor,
  passphraseFile,
  passphraseIn,
  type PassphraseOptions,
} from "./passphrase_options.ts";
import {
  caHelp,
  defaultServers,
  defaultServersHelp,
  parseServersArgument,
  serversHelp,
  withAuthorities,
} from "./server_options.ts";
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
}

interface AuditOptions extends AskingOptions {
  readonly server: readonly ServerAddress[];
  readonly ca?: string;
}

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
    );
  withAskingOptions(command).action(worded(startHistoryExport));
}

/** Adds the subcommand that compares messages. */
export function addAudit(program: Command): void {
  const command = program.command("audit")
    .description("compare with someone which messages each of you has")
    .argument("<name>", "who it is")
    .addOption(
      new Option("--server <server>", serversHelp).default(defaultServers, defaultServersHelp)
        .argParser(parseServersArgument),
    )
    .option("--ca <file>", caHelp);
  withAskingOptions(command).action(worded(startAudit));
}

function withAskingOptions(command: Command): Command {
  return command
    .option("--as <id>", "which of your own names you mean, if several have talked with that one")
    .option("--profile <dir>", "directory of your identity and messages (default: your own)")
    .addOption(
      new Option("--timeout <seconds>", "how long a client of yours that runs may not answer")
        .default(localWaitMs, String(localWaitMs / 1_000)).argParser(parseSeconds),
    )
    .addOption(passphraseFile())
    .addOption(passphraseDescriptor());
}

async function startHistoryExport(name: string, options: HistoryExportOptions): Promise<void> {
  const { format, as: self, profile = configDirectory(), timeout: waitMs } = options;
  const passphrase = passphraseIn(options);
  const { runHistoryExport } = await import("./history_command.ts");
  const { fitted } = await import("../../../shared/process/fitted.ts");
  // Programs read JSON as it is.
  const fit = (text: string) => format === "text" ? fitted(text, Deno.stdout) : text;
  const sink = { write: (bytes: Uint8Array) => Deno.stdout.write(bytes), fit };
  await runHistoryExport({ profile, passphrase, name, self, waitMs }, format, sink);
}

async function startAudit(name: string, options: AuditOptions, command: Command): Promise<void> {
  const { as: self, profile = configDirectory(), timeout: waitMs } = options;
  const servers = await withAuthorities(options.server, options.ca, command);
  const passphrase = passphraseIn(options);
  const { runAudit } = await import("./audit_command.ts");
  const { sayOnStandardOutput } = await import("./say.ts");
  const asked = { profile, passphrase, name, self, waitMs, servers };
  const agree = await runAudit(asked, sayOnStandardOutput);
  if (!agree) Deno.exitCode = 1;
}

/** Reads a time in seconds, as milliseconds. */
function parseSeconds(text: string): number {
  if (/^[1-9]\d{0,4}$/.test(text)) return Number(text) * 1_000;
  throw new InvalidArgumentError("A time is a whole number of seconds, from 1 to 99999.");
}
