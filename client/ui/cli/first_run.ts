/**
 * `p2pchat` alone: the first time it asks for a name and a server, and remembers them; from then on it is the same as
 * `p2pchat client NAME SERVER`.
 *
 * @module
 */

import { basename, dirname, join } from "node:path";
import { InvalidArgumentError } from "commander";
import { fileReason } from "../../../shared/errors/file_error.ts";
import { writeAllSync } from "../../../shared/net/write_all.ts";
import { fitted } from "../../../shared/process/fitted.ts";
import { parseClientIdArgument } from "../../../shared/process/arguments.ts";
import { requireOwn } from "../../../shared/storage/own_files.ts";
import { createPrivateFile } from "../../../shared/storage/private_file.ts";
import { makeVisible } from "../../../shared/text/visible.ts";
import { defaultServersHelp, parseServersArgument } from "./server_options.ts";

/** Who one is, and who introduces one: as both are typed. */
interface Remembered {
  readonly name: string;
  readonly server: string;
}

/** Bytes of an answer that are taken. */
const answerBytesMax = 1_024;

const welcome = (file: string) =>
  `Welcome to p2pchat. You need a name, and a server that introduces you.
What you write is encrypted for your friends, and goes to them directly.
Both are kept in ${file}; without it you are asked again.`;

/**
 * The arguments of the client that `p2pchat` alone starts. Where nothing is remembered the user is asked, in the
 * terminal of standard input.
 *
 * @param directory Where it is remembered.
 * @returns Undefined if the user has ended the input instead.
 * @throws {Error} If what is remembered cannot be read or makes no sense, or cannot be written.
 */
export async function argumentsOfStart(directory: string): Promise<string[] | undefined> {
  const file = join(directory, "start.json");
  const start = read(file) ?? await askFor(file);
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
    const why = error instanceof InvalidArgumentError ? error.message : fileReason(error);
    throw new Error(
      `Cannot start with what ${file} says: ${
        why.replace(/\.$/, "")
      }. Without that file you are asked`,
    );
  }
}

/** @throws {InvalidArgumentError} If it is not what was written. */
function remembered(text: string): Remembered {
  let all: Partial<Record<keyof Remembered, unknown>> | null = null;
  try {
    all = JSON.parse(text);
  } catch {
    // As if it said something else.
  }
  const { name, server } = all ?? {};
  if (typeof name !== "string" || typeof server !== "string") {
    throw new InvalidArgumentError(
      'it is not as {"name":"alice","server":"chat.example.org"}',
    );
  }
  parseClientIdArgument(name);
  parseServersArgument(server);
  return { name, server };
}

async function askFor(file: string): Promise<Remembered | undefined> {
  say(welcome(file));
  const name = await ask("Your name: ", parseClientIdArgument);
  if (name === undefined) return undefined;
  say("A server is named as chat.example.org. Press Enter if you run one here.");
  const server = await ask("Your server: ", parseServersArgument, defaultServersHelp);
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
 * Asks until the answer can be used.
 *
 * @param parse Throws if it cannot.
 * @param otherwise Stands for an empty answer.
 * @returns Undefined if the input has ended.
 */
async function ask(
  question: string,
  parse: (text: string) => unknown,
  otherwise = "",
): Promise<string | undefined> {
  for (;;) {
    show(question);
    const line = await readLine();
    if (line === undefined) return undefined;
    const answer = line.trim() || otherwise;
    try {
      parse(answer);
      return answer;
    } catch (error) {
      if (!(error instanceof InvalidArgumentError)) throw error;
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
