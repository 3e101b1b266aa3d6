/**
 * The client's subcommands: their arguments, options and help texts, and which function each one calls.
 *
 * @module
 */

// deno-lint-ignore-file no-console -- what a command is asked for, it prints
import { Argument, type Command } from "commander";
import { type Address, formatAddress } from "../../../shared/net/address.ts";
import { parseClientIdArgument } from "../../../shared/process/arguments.ts";
import { configDirectory } from "../../../shared/process/directories.ts";
import { clientIdRule } from "../../../shared/protocol/client_id.ts";
import { UserError } from "../../user_error.ts";
import { clientOptions, profileHelp, startClientWith } from "./client_command.ts";
import { askedServers, askedServersHelp, type OpenServers } from "./asked_servers.ts";
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
  defaultServersHelp,
  type NamedServers,
  parsePortOrServers,
  parseServersOrHere,
  serversHelp,
} from "./server_options.ts";
import { optionOf } from "./option_of.ts";
import { worded } from "./worded.ts";

/** What the client's subcommands need that the client does not have. */
export interface ClientCommandsOptions {
  /** Starts a server on a free port of this machine; the demonstration runs on it. */
  readonly startServer: () => Promise<AsyncDisposable & { readonly address: Address }>;
  /** Starts the user's own server, which others reach as well. */
  readonly serveHere: ServeHere;
}

const identityHelp = "directory of your identity (default: your own)";

/**
 * Adds the client's subcommands to the command line. Each loads what it runs when it runs, so that the others
 * start faster.
 */
export function addClientCommands(program: Command, options: ClientCommandsOptions): void {
  addClient(program, options);
  addSend(program, options.serveHere);
  addListen(program);
  addHistory(program);
  addAudit(program, options.serveHere);
  addIdentity(program);
  addBackup(program);
  addRestore(program);
  addDoctor(program, options.serveHere);
  addDemo(program, options);
}

function addClient(program: Command, { serveHere }: ClientCommandsOptions): void {
  const client = program.command("client")
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
    );
  for (const row of clientOptions) client.addOption(optionOf(row));
  client
    .addHelpText(
      "after",
      "\nExample: p2pchat client alice chat.example.org, then /chat bob, /help.",
    )
    .action(worded(startClientWith(serveHere)));
}

function addIdentity(program: Command): void {
  const identity = program.command("identity")
    .description("show your key and its fingerprint, also as a QR code")
    .option("--profile <dir>", identityHelp)
    .option("--passphrase", "change the passphrase of your identity; an empty one removes it")
    .addOption(optionOf(passphraseFile))
    .addOption(optionOf(passphraseDescriptor))
    .addOption(optionOf(newPassphraseFile))
    .addOption(optionOf(newPassphraseDescriptor))
    .action(worded(startIdentity));
  identity.command("export")
    .description("write a copy of your identity, under a passphrase")
    .argument("<file>", "the file to make; - is standard output")
    .option("--plain", "without a passphrase")
    .option("--profile <dir>", identityHelp)
    .addOption(optionOf(passphraseFile))
    .addOption(optionOf(passphraseDescriptor))
    .addOption(optionOf(newPassphraseFile))
    .addOption(optionOf(newPassphraseDescriptor))
    .action(worded(startIdentityExport));
  identity.command("import")
    .description("make a copy your identity")
    .argument("<file>", "the file with the copy; - is standard input")
    .option("--replace", "replace another identity, which is kept beside it")
    .option("--profile <dir>", identityHelp)
    .addOption(optionOf(passphraseFile))
    .addOption(optionOf(passphraseDescriptor))
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
    .addOption(optionOf(passphraseFile))
    .addOption(optionOf(passphraseDescriptor))
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

function addDoctor(program: Command, serveHere: ServeHere): void {
  program.command("doctor")
    .description("find out what kind of network you are in, and how others reach you")
    .addArgument(
      new Argument(
        "[server]",
        `who can tell how you are seen (default: ${askedServersHelp})`,
      ).argParser(parseServersOrHere),
    )
    .option("--json", "as one object, for programs")
    .option("--ca <file>", caHelp)
    .action(worded(
      async (
        server: NamedServers | undefined,
        { json = false, ca }: DoctorOptions,
        command: Command,
      ) => {
        const named = { ...server && { server }, ...ca !== undefined && { ca } };
        await startDoctor(json, await askedServers(named, command, serveHere));
      },
    ));
}

interface DoctorOptions {
  readonly json?: boolean;
  readonly ca?: string;
}

async function startDoctor(json: boolean, openServers: OpenServers): Promise<void> {
  await using opened = await openServers();
  const [server] = opened.servers;
  const { runDoctor } = await import("./doctor_command.ts");
  const { sayOnStandardError, sayOnStandardOutput } = await import("./say.ts");
  const say = json ? print : sayOnStandardOutput;
  const { problem } = await runDoctor(server!, json, say, sayOnStandardError);
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
