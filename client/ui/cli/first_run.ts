/**
 * `p2pchat` alone: the first time it asks for a name and a server, and remembers them; from then on it is the same as
 * `p2pchat client NAME SERVER`.
 *
 * @module
 */

import { basename, dirname, join } from "node:path";
import { ArgumentError } from "../../../shared/process/argument_error.ts";
import { fileReason } from "../../../shared/errors/file_error.ts";
import { writeAllSync } from "../../../shared/net/write_all.ts";
import { fitted } from "../../../shared/process/fitted.ts";
import { parseClientIdArgument } from "../../../shared/process/arguments.ts";
import { requireOwn } from "../../../shared/storage/own_files.ts";
import { createPrivateFile } from "../../../shared/storage/private_file.ts";
import { makeVisible } from "../../../shared/text/visible.ts";
import { UserError } from "../../user_error.ts";
import { givenServer } from "./given_server.ts";
import type { ServeHere } from "./here.ts";
import {
  defaultServers,
  defaultServersHelp,
  type Here,
  isHere,
  parseServersOrHere,
} from "./server_options.ts";

/** Who one is, and who introduces one: as both are typed. */
export interface Remembered {
  readonly name: string;
  readonly server: string;
}

/** What finds servers of this machine. Loaded when needed: most runs have nothing to ask. */
const hereServers = () => import("./here.ts");

/** Bytes of an answer that are taken. */
const answerBytesMax = 1_024;

const welcome = (file: string) =>
  `Welcome to p2pchat. What you write is encrypted for your friends, and
goes to them directly. You need a name, and a server that introduces you.
Both are kept in ${file}; without it you are asked again.`;

const whichServer = `Type what its operator gave you, such as chat.example.org; or here, to start
one on this machine, for others too. Press Enter for one that runs here now.`;
const noneRuns = "No server runs on this machine. Type here to start one.";

/**
 * The arguments of the client that `p2pchat` alone starts. Where nothing is remembered the user is asked, in the
 * terminal of standard input.
 *
 * @param directory Where it is remembered.
 * @param serve Starts a server on this machine, if that is where the user wants to have one.
 * @returns Undefined if the user has ended the input instead.
 * @throws {Error} If what is remembered cannot be read or makes no sense, or cannot be written.
 */
export async function argumentsOfStart(
  directory: string,
  serve: ServeHere,
): Promise<string[] | undefined> {
  const file = join(directory, "start.json");
  const start = read(file) ?? await askFor(file, serve);
  return start && ["client", start.name, start.server];
}

/** Who the user has said to be. @returns Undefined if they have not. @throws {Error} If it cannot be read. */
export function rememberedStart(directory: string): Remembered | undefined {
  return read(join(directory, "start.json"));
}

/** @returns Undefined if there is no such file. */
function read(file: string): Remembered | undefined {
  try {
    // Who can write it can say by which server the user goes.
    requireOwn(dirname(file), [basename(file)]);
    return remembered(Deno.readTextFileSync(file));
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) return undefined;
    const why = error instanceof ArgumentError ? error.message : fileReason(error);
    throw new Error(
      `Cannot start with what ${file} says: ${
        why.replace(/\.$/, "")
      }. Without that file you are asked`,
    );
  }
}

/** @throws {ArgumentError} If it is not what was written. */
function remembered(text: string): Remembered {
  let all: Partial<Record<keyof Remembered, unknown>> | null = null;
  try {
    all = JSON.parse(text);
  } catch {
    // As if it said something else.
  }
  const { name, server } = all ?? {};
  if (typeof name !== "string" || typeof server !== "string") {
    throw new ArgumentError(
      'it is not as {"name":"alice","server":"chat.example.org"}',
    );
  }
  parseClientIdArgument(name);
  parseServersOrHere(server);
  return { name, server };
}

async function askFor(file: string, serve: ServeHere): Promise<Remembered | undefined> {
  say(welcome(file));
  const name = await ask("Your name: ", parseClientIdArgument);
  if (name === undefined) return undefined;
  say(whichServer);
  const server = await ask("Your server: ", (text) => chosenServer(text, serve));
  if (server === undefined) return undefined;
  try {
    await Deno.mkdir(dirname(file), { recursive: true, mode: 0o700 });
    createPrivateFile(file, `${JSON.stringify({ name, server })}\n`);
  } catch (error) {
    throw new Error(`Cannot remember that in ${file}: ${fileReason(error)}`);
  }
  return { name, server };
}

/**
 * The server that an answer names. One that is to be started here has to start before it is remembered.
 *
 * @throws {ArgumentError} Why it cannot be used.
 */
async function chosenServer(answer: string, serve: ServeHere): Promise<string> {
  const text = givenServer(answer);
  if (text === "") return await runningServer(serve);
  const server = parseServersOrHere(text);
  if (isHere(server)) await tryHere(server, serve);
  return text;
}

/** The server that runs on this machine: one of the user's own, or one without TLS. */
async function runningServer(serve: ServeHere): Promise<string> {
  const [server] = defaultServers;
  const { isThere } = await hereServers();
  if (!await isThere(server!)) throw new ArgumentError(noneRuns);
  try {
    await tryHere({ herePort: server!.port }, serve);
    return "here";
  } catch (error) {
    if (!(error instanceof ArgumentError)) throw error;
    return defaultServersHelp;
  }
}

/** Starts the server that the client will start. @throws {ArgumentError} Why that cannot be done. */
async function tryHere(server: Here, serve: ServeHere): Promise<void> {
  const { openHere } = await hereServers();
  try {
    await using _here = await openHere(server, serve);
  } catch (error) {
    if (!(error instanceof Error)) throw error;
    const { errorSentence } = await import("../wording/wording.ts");
    throw new ArgumentError(
      error instanceof UserError ? errorSentence(error) : error.message,
    );
  }
}

/**
 * Asks until the answer can be used.
 *
 * @param read Makes of an answer what is remembered. Throws an ArgumentError if it cannot be used.
 * @returns Undefined if the input has ended.
 */
async function ask(
  question: string,
  read: (text: string) => string | Promise<string>,
): Promise<string | undefined> {
  for (;;) {
    show(question);
    const line = await readLine();
    if (line === undefined) return undefined;
    try {
      return await read(line.trim());
    } catch (error) {
      if (!(error instanceof ArgumentError)) throw error;
      say(makeVisible(error.message));
    }
  }
}

/** A line of the terminal, byte by byte: what is typed behind it is for others. Undefined at the end. */
async function readLine(): Promise<string | undefined> {
  const byte = new Uint8Array(1);
  const bytes: number[] = [];
  while (await Deno.stdin.read(byte) === 1) {
    if (byte[0] === 0x0a) return new TextDecoder().decode(new Uint8Array(bytes));
    if (bytes.length < answerBytesMax) bytes.push(byte[0]!);
  }
  show("\n");
  return undefined;
}

/** Shows lines. */
function say(lines: string): void {
  show(`${fitted(lines, Deno.stdout)}\n`);
}

function show(text: string): void {
  writeAllSync(Deno.stdout, new TextEncoder().encode(text));
}
