/**
 * The subcommand `server`: its options, and what it prints.
 *
 * @module
 */

import { type Command, Option } from "commander";
import { type Address, formatAddress } from "../shared/net/address.ts";
import { defaultPort } from "../shared/net/server_address.ts";
import { everyHost } from "../shared/net/every_host.ts";
import {
  addRealmArgument,
  parseByteSizeArgument,
  parseDurationArgument,
  parseHostArgument,
  parseListeningArgument,
  parsePortArgument,
} from "../shared/process/arguments.ts";
import { stateDirectory } from "../shared/process/directories.ts";
import { LineWriter } from "../shared/process/line_writer.ts";
import {
  createLog,
  type LogFormat,
  logFormats,
  type LogLevel,
  logLevels,
  logLine,
} from "../shared/process/log.ts";
import { nameLeaseMs } from "../shared/protocol/limits.ts";
import type { CertificateFiles } from "./certificate/certificate.ts";
import { defaultCapacity, relayRates } from "./limits/limits.ts";

/** Adds the subcommand `server` to the command line. */
export function addServerCommand(program: Command): void {
  program.command("server")
    .description("introduce people to each other")
    .addOption(
      new Option(
        "--host <host>",
        "address to listen on (default: 127.0.0.1; with --tls all of this machine)",
      ).argParser(parseHostArgument),
    )
    .addOption(
      new Option("--port <port>", "port to listen on; 0 takes a free one").default(defaultPort)
        .argParser(parsePortArgument),
    )
    .addOption(
      new Option("--data <dir>", "directory for names and mail (default: your own)")
        .conflicts("ephemeral"),
    )
    .option("--ephemeral", "keep data in memory only")
    .option("--mailbox", "keep mail for clients that are away", true)
    .option("--no-mailbox", "keep no mail")
    .addOption(
      new Option("--relay <on|off>", "join clients that cannot reach each other")
        .choices(["on", "off"]).default("on"),
    )
    .addOption(
      new Option("--relay-rate <bytes>", "what it relays of one conversation in a second")
        .default(defaultCapacity.relayRateOfPair.perSecond, "8M").argParser(parseByteSizeArgument),
    )
    .addOption(
      new Option("--relay-day <bytes>", "what it relays of one key in a day")
        .default(defaultCapacity.relayRateOfKey.burst, "8G").argParser(parseByteSizeArgument),
    )
    .addOption(
      new Option("--reflector <on|off>", "tell clients at which UDP address they are seen")
        .choices(["on", "off"]).default("on"),
    )
    .option("--keyed-only", "refuse clients that have no key")
    .addOption(
      new Option("--name-lease <time>", "how long an unused name is reserved for its key")
        .default(nameLeaseMs, "30d").argParser(parseDurationArgument),
    )
    .addOption(
      new Option(
        "--realm <host:port>",
        "address by which clients know this server; may be repeated",
      )
        .argParser(addRealmArgument),
    )
    .addOption(
      new Option("--tls", "speak TLS, with a certificate that it makes and keeps with its data")
        .conflicts(["tlsCert", "tlsKey"]),
    )
    .option("--tls-cert <file>", "certificate for TLS, in PEM; read again on SIGHUP")
    .option("--tls-key <file>", "private key of the certificate, in PEM")
    .addOption(
      new Option("--metrics <host:port>", "show figures there, at /metrics, to whoever connects")
        .argParser(parseListeningArgument),
    )
    .addOption(
      new Option("--log-level <level>", "how much to log").choices(logLevels).default("info"),
    )
    .addOption(
      new Option("--log-format <format>", "how to log it").choices(logFormats).default("text"),
    )
    .action(startServer);
}

interface ServerCommandOptions {
  readonly host?: string;
  readonly port: number;
  readonly data?: string;
  readonly ephemeral?: true;
  readonly mailbox: boolean;
  readonly relay: "on" | "off";
  readonly reflector: "on" | "off";
  readonly relayRate: number;
  readonly relayDay: number;
  readonly keyedOnly?: true;
  readonly nameLease: number;
  readonly realm?: readonly string[];
  readonly tls?: true;
  readonly tlsCert?: string;
  readonly tlsKey?: string;
  readonly metrics?: Address;
  readonly logLevel: LogLevel;
  readonly logFormat: LogFormat;
}

async function startServer(
  { tls, ...options }: ServerCommandOptions,
  command: Command,
): Promise<void> {
  const { nameLease: nameLeaseMs, logLevel: level, logFormat: format } = options;
  const saysDropped = (count: number) =>
    logLine(format, new Date(), "warn", "lines before this one were dropped", { count });
  const out = new LineWriter(Deno.stdout, saysDropped);
  const err = new LineWriter(Deno.stderr, saysDropped);
  try {
    // Loaded when they are needed: the other subcommands start faster without them.
    const { runServer } = await import("./program.ts");
    const { fitted } = await import("../shared/process/fitted.ts");
    // Strangers choose some of the words. Programs read JSON as it is.
    const fit = (line: string) => format === "text" ? fitted(line, Deno.stderr) : line;
    await runServer({
      ...options,
      // What it makes itself is for others, who type the address that it prints.
      host: options.host ?? (tls ? everyHost() : "127.0.0.1"),
      nameLeaseMs,
      relay: options.relay === "on",
      reflector: options.reflector === "on",
      capacity: relayRates(options.relayRate, options.relayDay),
      realms: options.realm,
      data: options.ephemeral ? undefined : options.data ?? stateDirectory(),
      certificate: tls ? "own" : certificateFiles(options, command),
      log: createLog({ level, format, write: (line) => err.write(fit(line)) }),
      onListening: (address, pinned) => {
        const own = tls ?? false;
        for (const line of listeningLines(formatAddress(address), { pinned, own }, format)) {
          out.write(line);
        }
      },
    });
  } finally {
    await Promise.all([out.end(), err.end()]);
  }
}

/** The files of the server's certificate; undefined if it has none. */
function certificateFiles(
  { tlsCert: certFile, tlsKey: keyFile }: ServerCommandOptions,
  command: Command,
): CertificateFiles | undefined {
  if (certFile === undefined && keyFile === undefined) return undefined;
  if (certFile !== undefined && keyFile !== undefined) return { certFile, keyFile };
  return command.error("error: --tls-cert and --tls-key go together");
}

/** Says where the server listens, for people or for programs. */
function listeningLines(
  address: string,
  { pinned, own }: { readonly pinned: readonly string[]; readonly own: boolean },
  format: LogFormat,
): readonly string[] {
  const [first] = pinned;
  const fields = { address, ...first !== undefined && { pinned: first } };
  if (format === "json") return [logLine(format, new Date(), "info", "listening", fields)];
  const listens = `p2pchat server listening on ${address}${first === undefined ? "" : " (TLS)"}`;
  if (first === undefined) return [listens];
  if (!own) {
    return [listens, `* clients that do not trust the certificate's authority connect to ${first}`];
  }
  // Quoted: in some shells a question mark stands for any letter.
  const typed = pinned.map((one) => `p2pchat client NAME '${one}'`);
  const rows = typed.map((one, i) => `* ${i === 0 ? "others type" : "         or"}: ${one}`);
  return [listens, ...rows];
}
