/**
 * The subcommands that ask one thing about the messages of a profile: their options, and what they call.
 *
 * @module
 */

// deno-lint-ignore-file no-console -- what a command is asked for, it prints
import { type Command, Option } from "commander";
import type { ServerAddress } from "../../../shared/net/server_address.ts";
import { configDirectory } from "../../../shared/process/directories.ts";
import { TemporaryDirectory } from "../../../shared/process/temporary_directory.ts";
import { exportHistory, type HistoryFormat, historyFormats } from "./history_command.ts";
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

const profileHelp = "directory of your identity and messages (default: your own)";
const asHelp = "which of your own names you mean, if several have talked with that one";

/** Adds the subcommand that works with saved messages. */
export function addHistory(program: Command): void {
  program.command("history")
    .description("work with your saved messages")
    .command("export")
    .description("write out all messages with someone, oldest first")
    .argument("<name>", "who it is")
    .addOption(
      new Option("--format <format>", "for people or for programs").choices(historyFormats)
        .default("text"),
    )
    .option("--as <id>", asHelp)
    .option("--profile <dir>", profileHelp)
    .addOption(passphraseFile())
    .addOption(passphraseDescriptor())
    .action(worded(startHistoryExport));
}

interface HistoryExportOptions extends PassphraseOptions {
  readonly format: HistoryFormat;
  readonly as?: string;
  readonly profile?: string;
}

async function startHistoryExport(name: string, options: HistoryExportOptions): Promise<void> {
  const { format, as: self, profile: directory = configDirectory() } = options;
  const passphrase = passphraseIn(options);
  using temporary = new TemporaryDirectory();
  const copyTo = () => temporary.make();
  const { openOwnProfile } = await import("./own_profile.ts");
  using profile = await openOwnProfile(directory, { mustExist: true, passphrase, copyTo });
  await exportHistory(profile.store, { name, self, format }, Deno.stdout);
}

/** Adds the subcommand that compares messages. */
export function addAudit(program: Command): void {
  program.command("audit")
    .description("compare with someone which messages each of you has")
    .argument("<name>", "who it is")
    .addOption(
      new Option("--server <server>", serversHelp).default(defaultServers, defaultServersHelp)
        .argParser(parseServersArgument),
    )
    .option("--ca <file>", caHelp)
    .option("--as <id>", asHelp)
    .option("--profile <dir>", profileHelp)
    .addOption(passphraseFile())
    .addOption(passphraseDescriptor())
    .action(worded(startAudit));
}

interface AuditOptions extends PassphraseOptions {
  readonly server: readonly ServerAddress[];
  readonly ca?: string;
  readonly as?: string;
  readonly profile?: string;
}

async function startAudit(name: string, options: AuditOptions, command: Command): Promise<void> {
  const { as: self, profile: directory = configDirectory() } = options;
  const servers = await withAuthorities(options.server, options.ca, command);
  const passphrase = passphraseIn(options);
  const { openOwnProfile } = await import("./own_profile.ts");
  using profile = await openOwnProfile(directory, { mustExist: true, passphrase });
  const { runAudit } = await import("./audit_command.ts");
  const agree = await runAudit(profile, { name, self, servers }, (line) => console.log(line));
  if (!agree) Deno.exitCode = 1;
}
