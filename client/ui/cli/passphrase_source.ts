/**
 * Reading a passphrase from where the user has said that it is, so that nobody has to be asked.
 *
 * @module
 */

import { fileReason } from "../../../shared/errors/file_error.ts";
import { passphraseBytesMax } from "../../../shared/protocol/limits.ts";
import type { PassphraseFault } from "../../problems/profile_problem.ts";
import { UserError } from "../../user_error.ts";

/** Where a passphrase is: in a file, or behind the number of a descriptor, such as one end of a pipe. */
export type PassphraseSource = string | number;

type Input = Pick<typeof Deno.stdin, "readSync">;

const lineFeed = 0x0a;
const carriageReturn = 0x0d;

/**
 * Reads a passphrase: the first line, without its end. What stands behind that line stays unread, so that
 * standard input can go on with commands.
 *
 * @throws {UserError} If there is none, it is no text, or it cannot be read.
 */
export function readPassphrase(from: PassphraseSource): string {
  try {
    return textOf(typeof from === "number" ? lineBehind(from) : lineIn(from));
  } catch (cause) {
    const fault: PassphraseFault = cause instanceof Unusable
      ? cause.fault
      : { is: "system", reason: fileReason(cause) };
    throw new UserError({ code: "passphrase-not-read", from, fault }, { cause });
  }
}

class Unusable extends Error {
  constructor(readonly fault: PassphraseFault) {
    super(fault.is);
  }
}

function lineIn(path: string): Uint8Array {
  using file = Deno.openSync(path, { read: true });
  return readLine(file);
}

function lineBehind(descriptor: number): Uint8Array {
  if (descriptor === 0) return readLine(Deno.stdin);
  try {
    return lineIn(`/dev/fd/${descriptor}`);
  } catch (error) {
    // Deno lets a program that may read all files open pipes there, and nothing else.
    const isNone = error instanceof Deno.errors.NotFound ||
      error instanceof Deno.errors.NotCapable;
    throw isNone ? new Unusable({ is: "no-pipe" }) : error;
  }
}

/** Reads byte by byte: what has been read of a pipe cannot be put back. */
function readLine(input: Input): Uint8Array {
  const bytes: number[] = [];
  const byte = new Uint8Array(1);
  while (input.readSync(byte) === 1 && byte[0] !== lineFeed) {
    // With room for a carriage return, which does not count.
    if (bytes.length > passphraseBytesMax) throw tooLong();
    bytes.push(byte[0]!);
  }
  if (byte[0] === lineFeed && bytes.at(-1) === carriageReturn) bytes.pop();
  if (bytes.length > passphraseBytesMax) throw tooLong();
  return new Uint8Array(bytes);
}

function textOf(line: Uint8Array): string {
  let text;
  try {
    text = new TextDecoder("utf-8", { fatal: true }).decode(line);
  } catch {
    throw new Unusable({ is: "not-text" });
  }
  if (text === "") throw new Unusable({ is: "empty" });
  if (/\p{Cc}/u.test(text)) throw new Unusable({ is: "not-text" });
  return text;
}

function tooLong(): Unusable {
  return new Unusable({ is: "too-long", max: passphraseBytesMax });
}
