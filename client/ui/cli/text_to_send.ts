/**
 * The text of a message that a command sends.
 *
 * @module
 */

import { concat } from "@std/bytes/concat";
import { textBytesMax } from "../../../shared/protocol/limits.ts";

/**
 * The text that was given, or that of standard input for `-`, without the line end behind it.
 *
 * @throws {RangeError} If it is empty, longer than a message, or no text.
 */
export async function textToSend(given: string, input = Deno.stdin.readable): Promise<string> {
  const text = given === "-" ? textOf(await bytesOf(input)).replace(/\r?\n$/, "") : given;
  if (text === "") throw new RangeError("Cannot send an empty message: there is no text");
  return text;
}

/** Reads no more than a message has: whoever pipes more is told so at once. */
async function bytesOf(input: ReadableStream<Uint8Array<ArrayBuffer>>): Promise<Uint8Array> {
  const parts: Uint8Array[] = [];
  let length = 0;
  for await (const part of input) {
    parts.push(part);
    length += part.length;
    // With room for the line end.
    if (length > textBytesMax + 2) {
      throw new RangeError(
        `Cannot send more than ${textBytesMax} bytes in one message; send it in parts`,
      );
    }
  }
  return concat(parts);
}

function textOf(bytes: Uint8Array): string {
  try {
    return new TextDecoder("utf-8", { fatal: true }).decode(bytes);
  } catch {
    throw new RangeError("Cannot send what is not UTF-8 text");
  }
}
