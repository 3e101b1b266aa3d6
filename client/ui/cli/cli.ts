/**
 * The client's subcommands: their arguments, options and help texts, and which function each one calls.
 *
 * @module
 */

// deno-lint-ignore-file no-console -- what a command is asked for, it prints
import { Argument, type Command, Option } from "commander";
import { type Address, formatAddress } from "../../../shared/net/address.ts";
import { parseClientIdArgument, parseHostArgument } from "../../../shared/process/arguments.ts";
import { configDirectory } from "../../../shared/process/directories.ts";
import { clientIdRule } from "../../../shared/protocol/client_id.ts";
import { UserError } from "../../user_error.ts";
import type { ServerAddress } from "../../../shared/net/server_address.ts";
import type { ServeHere } from "./here.ts";
import type { Surroundings } from "./identity_command.ts";
import { addAudit, addHistory, addListen, addSend } from "./message_commands.ts";
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
import {
  caHelp,
  defaultServers,
  defaultServersHelp,
  isHere,
  type NamedServers,
  parseAnnouncedArgument,
  parsePortOrServers,
  parseServersArgument,
  parseServersOrHere,
  serversHelp,
  withAuthorities,
} from "./server_options.ts";
import { worded } from "./worded.ts";

/** What the client's subcommands need that the client does not have. */
export interface ClientCommandsOptions {
  /** Starts a server on a free port of this machine; the demonstration runs on it. */
  readonly startServer: () => Promise<AsyncDisposable & { readonly address: Address }>;
  /** Starts the user's own server, which others reach as well. */
  readonly serveHere: ServeHere;
}

const profileHelp = "directory of your identity and messages (default: your own)";
const identityHelp = "directory of your identity (default: your own)";

/**
 * Adds the client's subcommands to the command line. Each loads what it runs when it runs, so that the others
 * start faster.
 */
export function addClientCommands(program: Command, options: ClientCommandsOptions): void {
  addClient(program, options);
  addSend(program);
  addListen(program);
  addHistory(program);
  addAudit(program);
  addIdentity(program);
  addBackup(program);
  addRestore(program);
  addDoctor(program);
  addDemo(program, options);
}

/**
 * The arguments that `p2pchat` alone stands for: those of a client, as whom the user has said to be. Undefined if there
 * is no terminal in which they could say it, or they have ended the input instead.
 *
 * @throws {Error} If what is remembered cannot be read, or not be written.
 */
export async function argumentsOfStart(
  { serveHere }: ClientCommandsOptions,
): Promise<string[] | undefined> {
  if (!Deno.stdin.isTerminal() || !Deno.stdout.isTerminal()) return undefined;
  const start = await import("./first_run.ts");
  return await start.argumentsOfStart(configDirectory(), serveHere);
}

function addClient(program: Command, { serveHere }: ClientCommandsOptions): void {
  program.command("client")
    .description("talk to people")
    .argument("<clientID>", `your name: ${clientIdRule}`, parseClientIdArgument)
    .addArgument(
      new Argument("[listenPort]", "port to listen on; 0 takes a free one; may be left out")
        .default(0).argParser(parsePortOrServers),
    )
    .addArgument(
      new Argument(
        "[server]",
        `${serversHelp}; here starts one, if it does not run (default: ${defaultServersHelp})`,
      ).argParser(parseServersOrHere),
    )
    .addOption(
      new Option(
        "--host <host>",
        "address to listen on (default: all, with a server on another machine; else 127.0.0.1)",
      ).argParser(parseHostArgument),
    )
    .addOption(
      new Option(
        "--announce <host:port>",
        "address at which your router lets others in (default: the one that the server sees)",
      ).argParser(parseAnnouncedArgument),
    )
    .option("--register", "end if registering with the server fails at start")
    .option("--no-register", "do not register at start")
    .option("--strict", "in a script, end at the first line that fails")
    .addOption(
      new Option("--json", "for programs: commands come and events go as lines of JSON")
        .conflicts("strict"),
    )
    .option("--plain", "in a terminal, show all in one stream of lines")
    .addOption(
      new Option("--ascii", "in a terminal, draw with signs of ASCII alone").conflicts("plain"),
    )
    .option("--ca <file>", caHelp)
    .option("--allow-plaintext", "also talk to programs that cannot encrypt")
    .option("--contacts-only", "let nobody call or write whom you do not know")
    .addOption(
      new Option("--private", "show your address to the server alone: it relays all that you say")
        .conflicts(["host", "announce", "allowPlaintext"]),
    )
    .option(
      "--open-presence",
      "let everybody know when you come and go, and not your contacts alone",
    )
    .option("--legacy-server", "the server ends at what the original program does not send")
    .option("--read-receipts", "let others see what you have read")
    .option("--take-over", "end a client of yours that runs with that name already")
    .option("--profile <dir>", profileHelp)
    .addOption(passphraseFile())
    .addOption(passphraseDescriptor())
    .addHelpText(
      "after",
      "\nExample: p2pchat client alice chat.example.org, then /chat bob, /help.",
    )
    .action(worded(startClientWith(serveHere), "one"));
}

interface ClientOptions extends PassphraseOptions {
  readonly host?: string;
  readonly announce?: Address;
  readonly register?: boolean;
  readonly strict?: true;
  readonly json?: true;
  readonly plain?: true;
  readonly ascii?: true;
  readonly ca?: string;
  readonly profile?: string;
  readonly allowPlaintext?: true;
  readonly contactsOnly?: true;
  readonly private?: true;
  readonly openPresence?: true;
  readonly legacyServer?: true;
  readonly readReceipts?: true;
  readonly takeOver?: true;
}

/** What the arguments of a client are read as. */
type ClientArguments = [
  id: string,
  portOrServers: number | NamedServers,
  serversBehind: NamedServers | undefined,
  options: ClientOptions,
  command: Command,
];

function startClientWith(serveHere: ServeHere) {
  return (...args: ClientArguments) => startClient(serveHere, ...args);
}

async function startClient(serveHere: ServeHere, ...args: ClientArguments): Promise<void> {
  const [id, portOrServers, serversBehind, options, command] = args;
  const [port, namedServers] = typeof portOrServers === "number"
    ? [portOrServers, serversBehind ?? defaultServers]
    : [0, portOrServers];
  if (typeof portOrServers !== "number" && serversBehind !== undefined) {
    command.error("error: the port to listen on comes before the server, and is a number");
  }
  const { host, profile = configDirectory() } = options;
  const { allowPlaintext = false, contactsOnly = false, readReceipts = false, register } = options;
  const { legacyServer = false, openPresence = false, strict = false, takeOver = false } = options;
  const { json = false } = options;
  if (
    legacyServer && (isHere(namedServers) || namedServers.every(({ tls }) => tls !== undefined))
  ) {
    command.error("error: --legacy-server is for a server that is named without tls://");
  }
  await using here = isHere(namedServers)
    ? await (await import("./here.ts")).openHere(namedServers, serveHere)
    : undefined;
  const named = here?.servers ?? namedServers as readonly ServerAddress[];
  const servers = await withAuthorities(named, options.ca, command);
  const passphrase = passphraseIn(options);
  const { runClient } = await import("./program.ts");
  const isDone = await runClient({
    ...{ id, host, port, announced: options.announce, servers, profile, passphrase },
    ...{ allowPlaintext, contactsOnly, legacyServer, openPresence },
    serving: here?.serving,
    relayOnly: options.private ?? false,
    ...{ readReceipts, strict, json, takeOver },
    terminalUse: options.plain ? "lines" : options.ascii ? "ascii-screen" : "screen",
    register: register === undefined ? "try" : register ? "must" : "no",
  });
  if (!isDone) Deno.exitCode = 1;
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

function addDoctor(program: Command): void {
  program.command("doctor")
    .description("find out what kind of network you are in, and how others reach you")
    .addArgument(
      new Argument("[server]", "who can tell how you are seen")
        .argParser(parseServersArgument).default(defaultServers, defaultServersHelp),
    )
    .option("--json", "as one object, for programs")
    .option("--ca <file>", caHelp)
    .action(worded(startDoctor));
}

interface DoctorOptions {
  readonly json?: boolean;
  readonly ca?: string;
}

async function startDoctor(
  named: readonly ServerAddress[],
  { json = false, ca }: DoctorOptions,
  command: Command,
): Promise<void> {
  const [server] = await withAuthorities(named, ca, command);
  const { runDoctor } = await import("./doctor_command.ts");
  const { sayOnStandardError } = await import("./say.ts");
  const { problem } = await runDoctor(server!, json, print, sayOnStandardError);
  if (problem === undefined) return;
  const { exitCodes, failureKind } = await import("../failure_kind.ts");
  Deno.exitCode = exitCodes[failureKind(new UserError(problem))];
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

function print(line: string): void {
  console.log(line);
}
