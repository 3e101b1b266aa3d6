/**
 * A message stream: the messages of one conversation in one direction. Each message has a number and carries
 * the hash of the one before. So a gap, a duplicate and a wrong order are noticed, however messages arrive.
 *
 * The sender starts a stream with a random id, numbers its messages from 1, and continues it across
 * connections and restarts.
 *
 * @module
 */

import { createHash } from "node:crypto";
import { type Header, header, headerValues, type Message, message } from "./message.ts";
import { isId } from "./random_id.ts";
import { messageFaults } from "./reasons.ts";
import { parseStreamNumber } from "./records.ts";
import type { Fault } from "./status.ts";
import { textHeaders } from "./text.ts";
import { unescapeText } from "./text_escape.ts";

/** The position of a message in its stream. */
export interface StreamPosition {
  /** The stream's id, 128 random bits in hexadecimal. */
  readonly stream: string;
  /** The message's number, from 1. */
  readonly seq: number;
  /** The number up to which everything in this stream is acknowledged, as far as the sender knows. */
  readonly floor: number;
  /** {@linkcode messageHash} of the message before; {@linkcode streamStart} in the first message. */
  readonly prev: string;
}

/** A message that one person writes to another. */
export interface ChatMessage {
  /** Chosen by the sender: 128 random bits in hexadecimal. */
  readonly id: string;
  /** When it was written, by the sender's clock: milliseconds since 1970, UTC. */
  readonly sentAtMs: number;
  readonly text: string;
  /** Undefined if the peer does not number its messages. */
  readonly position: StreamPosition | undefined;
}

/** A message that has a position in a stream. */
export interface NumberedMessage extends ChatMessage {
  readonly position: StreamPosition;
}

/** What the first message of a stream carries instead of a hash. */
export const streamStart = "0".repeat(32);

const hashLength = 32;

/** The hash of a message, which the next one carries: the first 128 bits of SHA-256, in hexadecimal. */
export function messageHash({ id, sentAtMs, text, position }: NumberedMessage): string {
  const { stream, seq, prev } = position;
  // Both ends hash every message. Hashing a string takes a tenth of the time of encoding and hashing bytes.
  return createHash("sha256")
    .update(`p2pchat message 1\n${prev}\n${stream}\n${seq}\n${id}\n${sentAtMs}\n${text}`)
    .digest("hex").slice(0, hashLength);
}

/**
 * Writes a message as the MSG that carries it.
 *
 * @throws {RangeError} If the text is too long for a message.
 */
export function writeChatMessage({ id, sentAtMs, text, position }: ChatMessage): Message {
  const headers: Header[] = [["Id", id]];
  if (position !== undefined) {
    headers.push(
      ["Stream", position.stream],
      ["Seq", String(position.seq)],
      ["Floor", String(position.floor)],
      ["Prev", position.prev],
      ["Sent", String(sentAtMs)],
    );
  }
  headers.push(...textHeaders(text));
  return message("MSG", headers);
}

/**
 * Reads the message that a MSG carries.
 *
 * @param nowMs The time of day, for a message that does not say when it was written.
 * @returns A fault if the escapes of the text or the headers of its position are malformed.
 */
export function readChatMessage(message: Message, nowMs: number): ChatMessage | Fault {
  const text = unescapeText(headerValues(message, "Text").join(""));
  if (typeof text !== "string") return text;
  const id = header(message, "Id")!;
  const stream = header(message, "Stream");
  if (stream === undefined) return { id, sentAtMs: nowMs, text, position: undefined };
  const prev = header(message, "Prev");
  const [seq, floor, sentAtMs] = ["Seq", "Floor", "Sent"].map((name) =>
    parseStreamNumber(header(message, name))
  );
  if (
    !isId(id) || !isId(stream) || prev === undefined || !isId(prev) || seq === undefined ||
    floor === undefined || sentAtMs === undefined || floor >= seq
  ) {
    return messageFaults.invalidPosition;
  }
  return { id, sentAtMs, text, position: { stream, seq, floor, prev } };
}
