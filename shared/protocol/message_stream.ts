/**
 * The chain that the messages of one conversation make, in one direction: each has a number and carries
 * the hash of the one before, so that a gap, a double and a wrong order are seen whichever way they came.
 *
 * A chain is called a stream. Its sender begins one with a random id, numbers from 1, and goes on with it
 * across connections and restarts.
 *
 * @module
 */

import { createHash } from "node:crypto";
import { type Header, header, headerValues, type Message } from "./message.ts";
import { messageFaults } from "./reasons.ts";
import { type Fault, isFault } from "./status.ts";
import { textHeaders } from "./text.ts";
import { unescapeText } from "./text_escape.ts";

/** Where a message stands in its stream. */
export interface StreamPosition {
  /** The stream's id: 128 random bits in hexadecimal. */
  readonly stream: string;
  /** The message's number, from 1. */
  readonly seq: number;
  /** The number up to which the sender has had everything of this stream acknowledged. */
  readonly floor: number;
  /** {@linkcode chainHash} of the message before; of the first, {@linkcode chainStart}. */
  readonly prev: string;
}

/** A message between two people. */
export interface ChatMessage {
  /** 128 random bits in hexadecimal, chosen by the sender. */
  readonly id: string;
  /** When it was written, by the sender's clock: milliseconds since 1970, UTC. */
  readonly sentAtMs: number;
  readonly text: string;
  /** Undefined from a peer that does not number its messages. */
  readonly place: StreamPosition | undefined;
}

/** A letter that has a place. */
export interface NumberedMessage extends ChatMessage {
  readonly place: StreamPosition;
}

/** What the first message of a stream has in the place of a hash. */
export const chainStart = "0".repeat(32);

const hashLength = 32;
const idPattern = /^[0-9a-f]{32}$/;
const numberPattern = /^(?:0|[1-9][0-9]{0,14})$/;

/** The hash of a letter, which the next one carries: the first 128 bits of SHA-256, in hexadecimal. */
export function chainHash({ id, sentAtMs, text, place }: NumberedMessage): string {
  const { stream, seq, prev } = place;
  // A string, and not its bytes: every message is hashed at either end, and this takes a tenth of the time.
  return createHash("sha256")
    .update(`p2pchat message 1\n${prev}\n${stream}\n${seq}\n${id}\n${sentAtMs}\n${text}`)
    .digest("hex").slice(0, hashLength);
}

/** A random 128-bit id, in hexadecimal: of a message, of a stream. */
export function randomId(): string {
  return crypto.getRandomValues(new Uint8Array(16)).toHex();
}

/** Whether a text is 128 bits in lower-case hexadecimal. */
export function isId(text: string): boolean {
  return idPattern.test(text);
}

/**
 * The headers of the MSG that carries a letter.
 *
 * @throws {RangeError} Where the text is longer than a message takes.
 */
export function chatMessageHeaders({ id, sentAtMs, text, place }: ChatMessage): Header[] {
  const headers: Header[] = [["Id", id]];
  if (place !== undefined) {
    headers.push(
      ["Stream", place.stream],
      ["Seq", String(place.seq)],
      ["Floor", String(place.floor)],
      ["Prev", place.prev],
      ["Sent", String(sentAtMs)],
    );
  }
  headers.push(...textHeaders(text));
  return headers;
}

/**
 * Reads the letter that a MSG carries.
 *
 * @param nowMs The time of day, for a message that does not say when it was written.
 * @returns A fault where the text is not escaped as it has to be, or its place is malformed.
 */
export function readChatMessage(message: Message, nowMs: number): ChatMessage | Fault {
  const text = unescapeText(headerValues(message, "Text").join(""));
  if (typeof text !== "string") return text;
  const id = header(message, "Id")!;
  const stream = header(message, "Stream");
  if (stream === undefined) return { id, sentAtMs: nowMs, text, place: undefined };
  const prev = header(message, "Prev");
  const [seq, floor, sentAtMs] = ["Seq", "Floor", "Sent"].map((name) =>
    numberIn(header(message, name))
  );
  if (
    !isId(id) || !isId(stream) || prev === undefined || !isId(prev) || seq === undefined ||
    floor === undefined || sentAtMs === undefined || floor >= seq
  ) {
    return messageFaults.invalidPosition;
  }
  return { id, sentAtMs, text, place: { stream, seq, floor, prev } };
}

/** Tells a letter from what is wrong with one. */
export function isChatMessage(letter: ChatMessage | Fault): letter is ChatMessage {
  return !isFault(letter);
}

function numberIn(text: string | undefined): number | undefined {
  return text !== undefined && numberPattern.test(text) ? Number(text) : undefined;
}
