/**
 * The client's subcommands: their arguments, options and help texts, and which function each one calls.
 *
 * @module
 */

// deno-lint-ignore-file no-console -- what a command is asked for, it prints
import { Argument, type Command, InvalidArgumentError, Option } from "commander";
import { type Address, formatAddress } from "../../../shared/net/address.ts";
import {
  defaultPort,
  parseClientIdArgument,
  parseHostArgument,
  parsePortArgument,
} from "../../../shared/process/arguments.ts";
import { configDirectory } from "../../../shared/process/directories.ts";
import { TemporaryDirectory } from "../../../shared/process/temporary_directory.ts";
import { clientIdRule } from "../../../shared/protocol/client_id.ts";
import { readAuthorities } from "./ca_file.ts";
import { parseServerAddresses, type ServerAddress } from "../../../shared/net/server_address.ts";
import { UserError } from "../../user_error.ts";
import { errorSentence } from "../wording/wording.ts";
import { exportHistory, type HistoryFormat, historyFormats } from "./history_command.ts";
import type { Surroundings } from "./identity_command.ts";
import {
  newPassphraseDescriptor,
  newPassphraseFile,
  newPassphraseIn,
  type NewPassphraseOptions,
  passphraseDescriptor,
  passphraseFile,
  passphraseIn,
  type PassphraseOptions,
} from "./passphrase_options.ts";
import { promptSecret } from "./terminal_prompt.ts";

/** What the client's subcommands need that the client does not have. */
export interface ClientCommandsOptions {
  /** Starts a server on a free port of this machine; the demonstration runs on it. */
  readonly startServer: () => Promise<AsyncDisposable & { readonly address: Address }>;
}

const serversHelp = "address of the server; several are separated by commas";
const defaultServers: readonly ServerAddress[] = [{ host: "127.0.0.1", port: defaultPort }];
const defaultServersHelp = `127.0.0.1:${defaultPort}`;
const profileHelp = "directory of your identity and messages (default: your own)";
const identityHelp = "directory of your identity (default: your own)";
const caHelp = "file of authorities that may vouch for the server, beside the system's";
const asHelp = "which of your own names you mean, if several have talked with that one";

/**
 * Adds the client's subcommands to the command line. Each loads what it runs when it runs, so that the others
 * start faster.
 */
export function addClientCommands(program: Command, options: ClientCommandsOptions): void {
  addClient(program);
  addHistory(program);
  addAudit(program);
  addIdentity(program);
  addBackup(program);
  addRestore(program);
  addDemo(program, options);
}

function addClient(program: Command): void {
  program.command("client")
    .description("talk to people")
    .argument("<clientID>", `your name: ${clientIdRule}`, parseClientIdArgument)
    .argument("[listenPort]", "port to listen on; 0 takes a free one", parsePortArgument, 0)
    .addArgument(
      new Argument("[server]", serversHelp).default(defaultServers, defaultServersHelp)
        .argParser(serverAddresses),
    )
    .addOption(
      new Option("--host <host>", "address to listen on; 0.0.0.0 lets other machines call you")
        .default("127.0.0.1").argParser(parseHostArgument),
    )
    .option("--register", "register at start")
    .option("--strict", "in a script, end at the first line that fails")
    .option("--ca <file>", caHelp)
    .option("--allow-plaintext", "also talk to programs that cannot encrypt")
    .option("--legacy-server", "the server ends at what the original program does not send")
    .option("--read-receipts", "let others see what you have read")
    .option("--profile <dir>", profileHelp)
    .addOption(passphraseFile())
    .addOption(passphraseDescriptor())
    .addHelpText(
      "after",
      "\nExample: p2pchat client alice 5556 127.0.0.1:5555, then /register, /chat bob, /help.",
    )
    .action(worded(startClient));
}

interface ClientOptions extends PassphraseOptions {
  readonly host: string;
  readonly register?: true;
  readonly strict?: true;
  readonly ca?: string;
  readonly profile?: string;
  readonly allowPlaintext?: true;
  readonly legacyServer?: true;
  readonly readReceipts?: true;
}

async function startClient(
  id: string,
  port: number,
  namedServers: readonly ServerAddress[],
  options: ClientOptions,
  command: Command,
): Promise<void> {
  const { host, profile = configDirectory() } = options;
  const { allowPlaintext = false, readReceipts = false, register = false } = options;
  const { legacyServer = false, strict = false } = options;
  if (legacyServer && namedServers.every(({ tls }) => tls !== undefined)) {
    command.error("error: --legacy-server is for a server that is named without tls://");
  }
  const servers = await withAuthorities(namedServers, options.ca, command);
  const passphrase = passphraseIn(options);
  const { runClient } = await import("./program.ts");
  const isDone = await runClient({
    ...{ id, host, port, servers, profile, passphrase },
    ...{ allowPlaintext, legacyServer, readReceipts, register, strict },
  });
  if (!isDone) Deno.exitCode = 1;
}

function addHistory(program: Command): void {
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

function addAudit(program: Command): void {
  program.command("audit")
    .description("compare with someone which messages each of you has")
    .argument("<name>", "who it is")
    .addOption(
      new Option("--server <server>", serversHelp).default(defaultServers, defaultServersHelp)
        .argParser(serverAddresses),
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
  const agree = await runAudit(profile, { name, self, servers }, print);
  if (!agree) Deno.exitCode = 1;
}

function addIdentity(program: Command): void {
  const identity = program.command("identity")
    .description("show your key and its fingerprint, also as a QR code")
    .option("--profile <dir>", identityHelp)
    .option("--passphrase", "change the passphrase of your identity; an empty one removes it")
    .addOption(passphraseFile())
    .addOption(passphraseDescriptor())
    .addOption(newPassphraseFile())
    .addOption(newPassphraseDescriptor())
    .action(worded(startIdentity));
  identity.command("export")
    .description("write a copy of your identity, under a passphrase")
    .argument("<file>", "the file to make; - is standard output")
    .option("--plain", "without a passphrase")
    .option("--profile <dir>", identityHelp)
    .addOption(passphraseFile())
    .addOption(passphraseDescriptor())
    .addOption(newPassphraseFile())
    .addOption(newPassphraseDescriptor())
    .action(worded(startIdentityExport));
  identity.command("import")
    .description("make a copy your identity")
    .argument("<file>", "the file with the copy; - is standard input")
    .option("--replace", "replace another identity, which is kept beside it")
    .option("--profile <dir>", identityHelp)
    .addOption(passphraseFile())
    .addOption(passphraseDescriptor())
    .action(worded(startIdentityImport));
}

/** What the commands about identities work with. Loaded when needed: QR codes take their time. */
const identityCommands = () => import("./identity_command.ts");

async function surroundingsOf(
  options: PassphraseOptions & NewPassphraseOptions,
): Promise<Surroundings> {
  const { sayOnStandardError } = await import("./say.ts");
  return {
    print,
    warn: sayOnStandardError,
    prompt: promptSecret,
    present: passphraseIn(options),
    fresh: newPassphraseIn(options),
  };
}

interface IdentityOptions extends PassphraseOptions, NewPassphraseOptions {
  readonly profile?: string;
  readonly passphrase?: true;
}

async function startIdentity(options: IdentityOptions): Promise<void> {
  const directory = options.profile ?? configDirectory();
  const { changePassphrase, showIdentity } = await identityCommands();
  const surroundings = await surroundingsOf(options);
  if (options.passphrase || surroundings.fresh !== undefined) {
    return await changePassphrase(directory, surroundings);
  }
  const isTerminal = Deno.stdout.isTerminal();
  showIdentity(directory, surroundings, {
    colours: isTerminal && !Deno.noColor,
    columns: isTerminal ? Deno.consoleSize().columns : Infinity,
  });
}

async function startIdentityExport(to: string, _own: unknown, command: Command): Promise<void> {
  const options = command.optsWithGlobals();
  const { profile = configDirectory(), plain = false } = options;
  const { exportCopy } = await identityCommands();
  await exportCopy(profile, to, { plain }, await surroundingsOf(options));
}

async function startIdentityImport(from: string, _own: unknown, command: Command): Promise<void> {
  const options = command.optsWithGlobals();
  const { profile = configDirectory(), replace = false } = options;
  const { importCopy } = await identityCommands();
  await importCopy(profile, from, { replace }, await surroundingsOf(options));
}

/** What the commands about backups work with. Loaded when needed, so that a client starts sooner. */
const backupCommands = () => import("./backup_command.ts");

function addBackup(program: Command): void {
  program.command("backup")
    .description("write all that your profile holds to one file, also while a client runs")
    .argument("<file>", "the file to make")
    .option("--overwrite", "replace an older backup")
    .option(
      "--passphrase",
      "ask for your passphrase, or for a new one if you have none, to seal it",
    )
    .addOption(passphraseFile())
    .addOption(passphraseDescriptor())
    .option("--profile <dir>", profileHelp)
    .action(worded(startBackup));
}

interface BackupOptions extends PassphraseOptions {
  readonly overwrite?: true;
  readonly passphrase?: true;
  readonly profile?: string;
}

async function startBackup(to: string, options: BackupOptions): Promise<void> {
  const { profile = configDirectory(), overwrite = false, passphrase = false } = options;
  const { writeBackup } = await backupCommands();
  await writeBackup({ profile, to, overwrite, passphrase }, await surroundingsOf(options));
}

function addRestore(program: Command): void {
  program.command("restore")
    .description("take a backup into your profile")
    .argument("<file>", "the backup")
    .option("--replace", "replace what your profile holds, which is kept beside it")
    .option("--profile <dir>", profileHelp)
    .action(worded(startRestore));
}

interface RestoreOptions {
  readonly replace?: true;
  readonly profile?: string;
}

async function startRestore(from: string, options: RestoreOptions): Promise<void> {
  const { profile = configDirectory(), replace = false } = options;
  const { restoreBackup } = await backupCommands();
  await restoreBackup({ profile, from, replace }, { print });
}

function addDemo(program: Command, { startServer }: ClientCommandsOptions): void {
  program.command("demo")
    .description("play a conversation of two clients over a server, to see that all works")
    .action(worded(async () => {
      await using server = await startServer();
      const { playDemo } = await import("./demo.ts");
      print(`server listening on ${formatAddress(server.address)}`);
      await playDemo(server.address, print);
      print("The demonstration went well: p2pchat works on this machine.");
    }));
}

/** Makes a sentence of what goes wrong in a command; the command line prints it and sets the exit code. */
function worded<A extends unknown[]>(run: (...args: A) => Promise<void>) {
  return async (...args: A) => {
    try {
      await run(...args);
    } catch (error) {
      // Commander's own errors say with which code to exit.
      throw error instanceof UserError ? new Error(errorSentence(error), { cause: error }) : error;
    }
  };
}

/** Adds the authorities of a file to the servers with TLS, beside the system's. */
async function withAuthorities(
  servers: readonly ServerAddress[],
  file: string | undefined,
  command: Command,
): Promise<readonly ServerAddress[]> {
  if (file === undefined) return servers;
  const withTls = servers.filter(({ tls }) => tls !== undefined);
  if (withTls.length === 0) {
    command.error("error: --ca is for a server that is named as tls://chat.example.org:5555");
  }
  if (withTls.every(({ tls }) => tls!.pin !== undefined)) {
    command.error("error: --ca and ?sha256= exclude each other: the fingerprint alone would count");
  }
  const authorities = await readAuthorities(file);
  return servers.map((server) =>
    server.tls === undefined || server.tls.pin !== undefined
      ? server
      : { ...server, tls: { authorities } }
  );
}

function serverAddresses(text: string): readonly ServerAddress[] {
  const addresses = parseServerAddresses(text, defaultPort);
  if (addresses !== undefined) return addresses;
  throw new InvalidArgumentError(
    "A server is named as 127.0.0.1:5555, [::1]:5555 or chat.example.org:5555; with TLS as " +
      "tls://chat.example.org:5555, or tls://chat.example.org:5555?sha256=FINGERPRINT, which has 64 " +
      "hexadecimal digits or 43 characters of base64url. Several have commas between them.",
  );
}

function print(line: string): void {
  console.log(line);
}
