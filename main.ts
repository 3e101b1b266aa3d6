/**
 * The command line: parses, calls one function, sets the exit code. 0 is done, 1 failed, 2 wrong usage.
 *
 * @module
 */

// deno-lint-ignore-file no-console -- what the command line is asked for, it prints
import { Argument, Command, CommanderError, InvalidArgumentError, Option } from "commander";
import { readAuthorities } from "./client/transport/ca_file.ts";
import { playDemo } from "./client/ui/cli/demo.ts";
import { parseServerAddresses, type ServerAddress } from "./client/transport/server_address.ts";
import { runAudit } from "./client/ui/cli/audit_command.ts";
import {
  exportHistory,
  type HistoryFormat,
  historyFormats,
} from "./client/ui/cli/history_command.ts";
import { runClient } from "./client/ui/cli/program.ts";
import { openProfile } from "./client/profile/open_profile.ts";
import { promptPassphrase } from "./client/ui/cli/passphrase_prompt.ts";
import config from "./deno.json" with { type: "json" };
import type { CertificateFiles } from "./server/connection/certificate.ts";
import { runServer } from "./server/program.ts";
import { startServer } from "./server/server.ts";
import { formatAddress, isHost, parseAddress, parsePort } from "./shared/net/address.ts";
import { clientIdRule, isClientId } from "./shared/protocol/client_id.ts";
import {
  type CompletedOption,
  completionScript,
  type Shell,
  shells,
} from "./shared/process/completions.ts";
import { configDirectory, stateDirectory } from "./shared/process/directories.ts";
import { durationRule, parseDuration } from "./shared/time/duration.ts";
import {
  createLog,
  type LogFormat,
  logFormats,
  type LogLevel,
  logLevels,
} from "./shared/process/log.ts";
import { nameLeaseMs } from "./shared/protocol/limits.ts";

const defaultPort = 5555;

const defaultServers: readonly ServerAddress[] = [{ host: "127.0.0.1", port: defaultPort }];
const serversHelp = "where the server listens; where there are several, with commas between them";
const profileHelp = "directory of your identity and of your messages (default: your own)";
const caHelp = "authorities that may vouch for the server, beside the system's";
const asHelp = "which of your own names you mean, where several have talked with that one";

const program = new Command("p2pchat")
  .description(
    "Chat from terminal to terminal: a server introduces people, who then talk directly.",
  )
  .version(config.version)
  .showHelpAfterError("(--help shows what can be said)")
  .exitOverride();

program.command("server")
  .description("introduce people to each other")
  .addOption(
    new Option("--host <host>", "address to listen on").default("127.0.0.1").argParser(host),
  )
  .addOption(
    new Option("--port <port>", "port to listen on; 0 takes a free one")
      .default(defaultPort).argParser(port),
  )
  .addOption(
    new Option(
      "--data <dir>",
      "directory for the names that keys own, and mail (default: your own)",
    )
      .conflicts("ephemeral"),
  )
  .option("--ephemeral", "keep these in memory alone, and forget them at the end")
  .option("--mailbox", "keep mail for those who are away, as is usual", true)
  .option("--no-mailbox", "keep no mail for those who are away")
  .option("--keyed-only", "register nobody without a key")
  .addOption(
    new Option("--name-lease <time>", "how long a name that is not used stays its key's")
      .default(nameLeaseMs, "30d").argParser(duration),
  )
  .addOption(
    new Option(
      "--realm <host:port>",
      "how clients call this server, so that they sign for no other",
    )
      .argParser(realm),
  )
  .option("--tls-cert <file>", "certificate with which to speak TLS; read again on SIGHUP")
  .option("--tls-key <file>", "its key")
  .addOption(
    new Option("--log-level <level>", "how much to log").choices(logLevels).default("info"),
  )
  .addOption(
    new Option("--log-format <format>", "how to log it").choices(logFormats).default("text"),
  )
  .action(serverCommand);

program.command("client")
  .description("talk to people")
  .argument("<clientID>", `your name: ${clientIdRule}`, clientId)
  .argument("[listenPort]", "port to listen on; 0 takes a free one", port, 0)
  .addArgument(
    new Argument("[server]", serversHelp).default(defaultServers, "127.0.0.1:5555")
      .argParser(serverAddresses),
  )
  .addOption(
    new Option("--host <host>", "address to listen on; 0.0.0.0 lets other machines call you")
      .default("127.0.0.1").argParser(host),
  )
  .option("--register", "register at start")
  .option("--ca <file>", caHelp)
  .option("--allow-plaintext", "talk also to programs that cannot encrypt")
  .option("--read-receipts", "let others see what you have read")
  .option("--profile <dir>", profileHelp)
  .addHelpText(
    "after",
    "\nExample: p2pchat client alice 5556 127.0.0.1:5555, then /register, /chat bob, /help.",
  )
  .action(clientCommand);

const historyCommand = program.command("history")
  .description("work with the messages that are kept");

historyCommand.command("export")
  .description("write out all messages with someone, oldest first")
  .argument("<name>", "who it is")
  .addOption(
    new Option("--format <format>", "for people or for programs").choices(historyFormats)
      .default("text"),
  )
  .option("--as <id>", asHelp)
  .option("--profile <dir>", profileHelp)
  .action(runHistoryExport);

program.command("audit")
  .description("compare with someone which messages each of you has")
  .argument("<name>", "who it is")
  .addOption(
    new Option("--server <server>", serversHelp).default(defaultServers, "127.0.0.1:5555")
      .argParser(serverAddresses),
  )
  .option("--ca <file>", caHelp)
  .option("--as <id>", asHelp)
  .option("--profile <dir>", profileHelp)
  .action(auditCommand);

const identityCommand = program.command("identity")
  .description("show your key and its fingerprint, also as a QR code")
  .option("--profile <dir>", "directory of your identity (default: your own)")
  .option("--passphrase", "put your identity under another passphrase; an empty one is none")
  .action(runIdentity);

identityCommand.command("export")
  .description("write a copy of your identity, under a passphrase")
  .argument("<file>", "the file to make; - is standard output")
  .option("--plain", "without a passphrase")
  .option("--profile <dir>", "directory of your identity (default: your own)")
  .action(runExport);

identityCommand.command("import")
  .description("make a copy your identity")
  .argument("<file>", "the file that holds it; - is standard input")
  .option("--replace", "in the place of another identity, which is kept beside it")
  .option("--profile <dir>", "directory of your identity (default: your own)")
  .action(runImport);

program.command("demo")
  .description("play a conversation of two clients over a server, to see that all works")
  .action(runDemo);

program.command("completions")
  .description("print a completion script")
  .addArgument(new Argument("<shell>", "the shell that is to complete").choices(shells))
  .action(printCompletions);

interface ServerCommandOptions {
  readonly host: string;
  readonly port: number;
  readonly data?: string;
  readonly ephemeral?: true;
  readonly mailbox: boolean;
  readonly keyedOnly?: true;
  readonly nameLease: number;
  readonly realm?: string;
  readonly tlsCert?: string;
  readonly tlsKey?: string;
  readonly logLevel: LogLevel;
  readonly logFormat: LogFormat;
}

async function serverCommand(options: ServerCommandOptions, command: Command): Promise<void> {
  const { nameLease: nameLeaseMs, logLevel: level, logFormat: format } = options;
  await runServer({
    ...options,
    nameLeaseMs,
    data: options.ephemeral ? undefined : options.data ?? stateDirectory(),
    certificateFiles: certificateFiles(options, command),
    log: createLog({ level, format, write: (line) => console.error(line) }),
    onListening: (address, pinned) => sayWhere(formatAddress(address), pinned, format),
  });
}

/** Where the server's certificate is, where it is to have one. */
function certificateFiles(
  { tlsCert: certFile, tlsKey: keyFile }: ServerCommandOptions,
  command: Command,
): CertificateFiles | undefined {
  if (certFile === undefined && keyFile === undefined) return undefined;
  if (certFile !== undefined && keyFile !== undefined) return { certFile, keyFile };
  return command.error("error: --tls-cert and --tls-key go together");
}

/** Says where the server listens, for people or programs to read. */
function sayWhere(address: string, pinned: string | undefined, format: LogFormat): void {
  if (format === "json") {
    const time = new Date().toISOString();
    const event = { time, level: "info", event: "listening", address, ...pinned && { pinned } };
    return console.log(JSON.stringify(event));
  }
  console.log(`p2pchat server listening on ${address}${pinned === undefined ? "" : " (TLS)"}`);
  if (pinned !== undefined) {
    console.log(`* clients without a shared authority connect to ${pinned}`);
  }
}

interface ClientCommandOptions {
  readonly host: string;
  readonly register?: true;
  readonly ca?: string;
  readonly profile?: string;
  readonly allowPlaintext?: true;
  readonly readReceipts?: true;
}

async function clientCommand(
  id: string,
  port: number,
  namedServers: readonly ServerAddress[],
  options: ClientCommandOptions,
  command: Command,
): Promise<void> {
  const { host, profile = configDirectory() } = options;
  const { allowPlaintext = false, readReceipts = false, register = false } = options;
  const servers = await withAuthorities(namedServers, options.ca, command);
  await runClient({ id, host, port, servers, profile, allowPlaintext, readReceipts, register });
}

/** Servers with the authorities that may vouch for those with TLS, beside the system's. */
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

interface HistoryExportOptions {
  readonly format: HistoryFormat;
  readonly as?: string;
  readonly profile?: string;
}

async function runHistoryExport(name: string, options: HistoryExportOptions): Promise<void> {
  const { format, as: self, profile: directory = configDirectory() } = options;
  using profile = openProfile(directory, promptPassphrase, { mustExist: true });
  await exportHistory(profile.store.journal, { name, self, format }, Deno.stdout);
}

interface AuditCommandOptions {
  readonly server: readonly ServerAddress[];
  readonly ca?: string;
  readonly as?: string;
  readonly profile?: string;
}

async function auditCommand(
  name: string,
  options: AuditCommandOptions,
  command: Command,
): Promise<void> {
  const { as: self, profile: directory = configDirectory() } = options;
  const servers = await withAuthorities(options.server, options.ca, command);
  using profile = openProfile(directory, promptPassphrase, { mustExist: true });
  const agree = await runAudit(profile, { name, self, servers }, (line) => console.log(line));
  if (!agree) Deno.exitCode = 1;
}

async function runIdentity(options: { profile?: string; passphrase?: true }): Promise<void> {
  const directory = options.profile ?? configDirectory();
  const { changePassphrase, showIdentity } = await import("./client/ui/cli/identity_command.ts");
  if (options.passphrase) return changePassphrase(directory, surroundings);
  const isTerminal = Deno.stdout.isTerminal();
  showIdentity(directory, surroundings, {
    colours: isTerminal && !Deno.noColor,
    columns: isTerminal ? Deno.consoleSize().columns : Infinity,
  });
}

async function runExport(to: string, _options: unknown, command: Command): Promise<void> {
  const { profile = configDirectory(), plain = false } = command.optsWithGlobals();
  const { exportCopy } = await import("./client/ui/cli/identity_command.ts");
  exportCopy(profile, to, { plain }, surroundings);
}

async function runImport(from: string, _options: unknown, command: Command): Promise<void> {
  const { profile = configDirectory(), replace = false } = command.optsWithGlobals();
  const { importCopy } = await import("./client/ui/cli/identity_command.ts");
  importCopy(profile, from, { replace }, surroundings);
}

const surroundings = {
  print: (line: string) => console.log(line),
  askPassphrase: promptPassphrase,
};

async function runDemo(): Promise<void> {
  await using server = startServer({ host: "127.0.0.1", port: 0 });
  console.log(`server listening on ${formatAddress(server.address)}`);
  await playDemo(server.address, (line) => console.log(line));
  console.log("The demonstration went well: p2pchat works on this machine.");
}

function printCompletions(shell: Shell): void {
  const commands = program.commands.map((command) => ({
    name: command.name(),
    description: command.description(),
    options: optionsOf(command),
    ...argumentValuesOf(command),
  }));
  console.log(completionScript(shell, program.name(), commands));
}

/** Of a command and of those below it, each once. */
function optionsOf(command: Command): CompletedOption[] {
  const options = [command, ...command.commands].flatMap(({ options }) => options);
  const byFlag = new Map(options.map((option) => [option.long!, option]));
  return [...byFlag].map(([flag, { description, argChoices: values }]) => ({
    flag,
    description,
    values,
  }));
}

/** The commands below a command, or what its first argument can be. */
function argumentValuesOf({ commands, registeredArguments }: Command) {
  const argumentValues = commands.length > 0
    ? commands.map((command) => command.name())
    : registeredArguments[0]?.argChoices;
  return argumentValues && { argumentValues };
}

function port(text: string): number {
  const port = parsePort(text);
  if (port === undefined) throw new InvalidArgumentError("A port is a number from 0 to 65535.");
  return port;
}

function host(text: string): string {
  if (isHost(text)) return text;
  throw new InvalidArgumentError("A host is an IP address, such as 127.0.0.1 or ::1, or a name.");
}

function clientId(text: string): string {
  if (isClientId(text)) return text;
  throw new InvalidArgumentError(`It is to be ${clientIdRule}.`);
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

function duration(text: string): number {
  const ms = parseDuration(text);
  if (ms === undefined) throw new InvalidArgumentError(`It is to be ${durationRule}.`);
  return ms;
}

function realm(text: string): string {
  const address = parseAddress(text);
  if (address !== undefined) return formatAddress(address);
  throw new InvalidArgumentError(
    "A realm is the server's address with its port, such as chat.example.org:5555.",
  );
}

function fail(error: unknown): void {
  console.error(`p2pchat: ${error instanceof Error ? error.message : error}`);
}

/** Runs the command line. @returns The exit code. */
async function main(args: string[]): Promise<number> {
  // What nobody caught is a defect: said, and no reason to end what else goes on.
  addEventListener("unhandledrejection", (event) => {
    event.preventDefault();
    fail(event.reason);
  });
  try {
    if (args.length === 0) program.help({ error: true });
    await program.parseAsync(args, { from: "user" });
    return Deno.exitCode;
  } catch (error) {
    // Commander has said what is wrong, or shown what was asked for.
    if (error instanceof CommanderError) return error.exitCode === 0 ? 0 : 2;
    fail(error);
    return 1;
  }
}

if (import.meta.main) Deno.exit(await main(Deno.args));
