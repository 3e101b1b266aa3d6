/**
 * The subcommand `client`: its options, and what it starts. A plain command line is read here; commander reads any other.
 *
 * @module
 */

import type { Command } from "commander";
import type { Address } from "../../../shared/net/address.ts";
import type { ServerAddress } from "../../../shared/net/server_address.ts";
import { parseClientIdArgument, parseHostArgument } from "../../../shared/process/arguments.ts";
import { ArgumentError } from "../../../shared/process/argument_error.ts";
import { configDirectory } from "../../../shared/process/directories.ts";
import { quote } from "../../../shared/text/quote.ts";
import type { ThemeChoice } from "../wording/wording.ts";
import {
  passphraseDescriptor,
  passphraseFile,
  passphraseIn,
  type PassphraseOptions,
} from "./passphrase_options.ts";
import type { ServeHere } from "./here.ts";
import { NotPlain, type OptionRow, readPlainLine } from "./plain_line.ts";
import {
  caHelp,
  defaultServers,
  isHere,
  type NamedServers,
  parseAnnouncedArgument,
  parsePortOrServers,
  parseServersOrHere,
  withAuthorities,
} from "./server_options.ts";

/** What the help says of the directory that a client works with. */
export const profileHelp = "directory of your identity and messages (default: your own)";

/** The options. */
export const clientOptions: readonly OptionRow[] = [
  {
    flags: "--host <host>",
    help: "address to listen on (default: all, with a server on another machine; else 127.0.0.1)",
    parse: parseHostArgument,
  },
  {
    flags: "--announce <host:port>",
    help: "address at which your router lets others in (default: the one that the server sees)",
    parse: parseAnnouncedArgument,
  },
  { flags: "--register", help: "end if registering with the server fails at start" },
  { flags: "--no-register", help: "do not register at start" },
  { flags: "--strict", help: "in a script, end at the first line that fails" },
  {
    flags: "--json",
    help: "for programs: commands come and events go as lines of JSON",
    conflicts: ["strict"],
  },
  { flags: "--plain", help: "in a terminal, show all in one stream of lines" },
  {
    flags: "--ascii",
    help: "in a terminal, draw with signs of ASCII alone",
    conflicts: ["plain"],
  },
  {
    flags: "--theme <theme>",
    help: "colours of a terminal: dark, light, none, or auto, by its background",
    parse: parseTheme,
  },
  { flags: "--ca <file>", help: caHelp },
  { flags: "--allow-plaintext", help: "also talk to programs that cannot encrypt" },
  { flags: "--contacts-only", help: "let nobody call or write whom you do not know" },
  {
    flags: "--private",
    help: "show your address to the server alone: it relays all that you say",
    conflicts: ["host", "announce", "allowPlaintext"],
  },
  {
    flags: "--open-presence",
    help: "let everybody know when you come and go, and not your contacts alone",
  },
  {
    flags: "--legacy-server",
    help: "the server ends at what the original program does not send",
  },
  { flags: "--read-receipts", help: "let others see what you have read" },
  { flags: "--take-over", help: "end a client of yours that runs with that name already" },
  { flags: "--profile <dir>", help: profileHelp },
  passphraseFile,
  passphraseDescriptor,
];

interface ClientOptions extends PassphraseOptions {
  readonly host?: string;
  readonly announce?: Address;
  readonly register?: boolean;
  readonly strict?: true;
  readonly json?: true;
  readonly plain?: true;
  readonly ascii?: true;
  readonly theme?: ThemeChoice;
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

/** The themes. They stand here as well, so that a command line is read without the rooms of the client. */
const themes: Readonly<Record<ThemeChoice, true>> = {
  auto: true,
  dark: true,
  light: true,
  none: true,
};

/** @throws {ArgumentError} If there is no such theme. */
function parseTheme(text: string): ThemeChoice {
  if (Object.hasOwn(themes, text)) return text as ThemeChoice;
  throw new ArgumentError(
    `There is no theme ${quote(text)}: it is one of ${Object.keys(themes).join(", ")}`,
  );
}

/** Whom a misuse is told that is only seen when all is read. It does not return. */
type Misused = Pick<Command, "error">;

/** What a command line is read as. */
type ClientArguments = [
  id: string,
  portOrServers: number | NamedServers,
  serversBehind: NamedServers | undefined,
  options: ClientOptions,
];

/** What runs a client, as the command line says. What it makes throws as {@linkcode runClient}. */
export function startClientWith(serveHere: ServeHere) {
  return (...args: [...ClientArguments, command: Misused]) => startClient(serveHere, ...args);
}

async function startClient(
  serveHere: ServeHere,
  ...[id, portOrServers, serversBehind, options, command]: [...ClientArguments, command: Misused]
): Promise<void> {
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
    isHere: here !== undefined,
    relayOnly: options.private ?? false,
    ...{ readReceipts, strict, json, takeOver },
    theme: options.theme,
    terminalUse: options.plain ? "lines" : options.ascii ? "ascii-screen" : "screen",
    register: register === undefined ? "try" : register ? "must" : "no",
  });
  if (!isDone) Deno.exitCode = 1;
}

/**
 * Reads a plain command line.
 *
 * @param args What stands behind `client`.
 * @returns What commander would give what {@linkcode startClientWith} makes.
 * @throws {NotPlain} If it is not plain.
 * @throws {ArgumentError} If a value cannot be used.
 */
export function readPlainClient(args: readonly string[]): ClientArguments {
  const { words: [id, port, servers, ...more], options } = readPlainLine(args, clientOptions);
  if (id === undefined || more.length > 0) throw new NotPlain();
  return [
    parseClientIdArgument(id),
    port === undefined ? 0 : parsePortOrServers(port),
    servers === undefined ? undefined : parseServersOrHere(servers),
    options,
  ];
}
