/**
 * The command line: parses, calls one function, sets the exit code. 0 is done, 1 failed, 2 wrong usage.
 *
 * @module
 */

// deno-lint-ignore-file no-console -- what the command line is asked for, it prints
import { Command, CommanderError, Option } from "commander";
import { addClientCommands } from "./client/ui/cli/cli.ts";
import config from "./deno.json" with { type: "json" };
import type { CertificateFiles } from "./server/certificate/certificate.ts";
import { runServer } from "./server/program.ts";
import { startServer } from "./server/server.ts";
import { formatAddress } from "./shared/net/address.ts";
import {
  defaultPort,
  parseDurationArgument,
  parseHostArgument,
  parsePortArgument,
  parseRealmArgument,
} from "./shared/process/arguments.ts";
import { addCompletionsCommand } from "./shared/process/completions.ts";
import { stateDirectory } from "./shared/process/directories.ts";
import {
  createLog,
  type LogFormat,
  logFormats,
  type LogLevel,
  logLevels,
} from "./shared/process/log.ts";
import { nameLeaseMs } from "./shared/protocol/limits.ts";

const program = new Command("p2pchat")
  .description(
    "Chat from terminal to terminal: a server introduces people, who then talk directly.",
  )
  .version(config.version)
  .showHelpAfterError("(--help shows what there is)")
  .exitOverride();

program.command("server")
  .description("introduce people to each other")
  .addOption(
    new Option("--host <host>", "address to listen on").default("127.0.0.1").argParser(
      parseHostArgument,
    ),
  )
  .addOption(
    new Option("--port <port>", "port to listen on; 0 takes a free one")
      .default(defaultPort).argParser(parsePortArgument),
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
      .default(nameLeaseMs, "30d").argParser(parseDurationArgument),
  )
  .addOption(
    new Option(
      "--realm <host:port>",
      "how clients call this server, so that they sign for no other",
    )
      .argParser(parseRealmArgument),
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

addClientCommands(program, { startServer: () => startServer({ host: "127.0.0.1", port: 0 }) });
addCompletionsCommand(program);

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

function fail(error: unknown): void {
  console.error(`p2pchat: ${error instanceof Error ? error.message : error}`);
}

/** Runs the command line. @returns The exit code. */
async function main(args: string[]): Promise<number> {
  // An error that nobody caught is a defect. It is reported, and everything else goes on.
  addEventListener("unhandledrejection", (event) => {
    event.preventDefault();
    fail(event.reason);
  });
  try {
    if (args.length === 0) program.help({ error: true });
    await program.parseAsync(args, { from: "user" });
    return Deno.exitCode;
  } catch (error) {
    // Commander has printed what is wrong, or what was asked for.
    if (error instanceof CommanderError) return error.exitCode === 0 ? 0 : 2;
    fail(error);
    return 1;
  }
}

if (import.meta.main) Deno.exit(await main(Deno.args));
