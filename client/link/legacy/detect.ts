/**
 * Which dialect a peer speaks, told from its first bytes. Bytes in, verdict out; no I/O and no clock.
 *
 * @module
 */

import { messageBytesMax } from "../../../shared/protocol/limits.ts";
import { isFault } from "../../../shared/protocol/status.ts";
import { header, type Message, parse } from "../../../shared/protocol/message.ts";
import { speaksVersion1 } from "../../../shared/protocol/verbs.ts";
import type { Dialect } from "../../events.ts";

/** The dialect, or that more bytes or more time are needed. */
export type Verdict = Dialect | "undecided";

// Lossy: the message reader checks that it is UTF-8.
const utf8 = new TextDecoder("utf-8", { ignoreBOM: true });

/**
 * Tells the dialect of a peer that calls.
 *
 * @param bytes What has come so far; at least one byte.
 * @param timeIsUp Whether nothing more is waited for.
 */
export function detectInitiator(bytes: Uint8Array, timeIsUp: boolean): Verdict {
  const text = utf8.decode(bytes);
  if (text.startsWith("ID:")) return detectIdOpening(text, timeIsUp);
  if (!startsWithLine(text, "CHAT")) {
    return mayBecomeLine(text, "CHAT") && !timeIsUp ? "undecided" : "raw";
  }
  const opening = firstMessage(text);
  if (opening === undefined) {
    return timeIsUp || bytes.length >= messageBytesMax ? "lines" : "undecided";
  }
  const chat = parse(opening);
  return !isFault(chat) && speaksVersion1(chat) ? "p2pchat" : "lines";
}

/** An opening without CHAT, as some relatives send it: `ID`, `IP` and `Port`. */
function detectIdOpening(text: string, timeIsUp: boolean): Verdict {
  const opening = firstMessage(text);
  if (opening !== undefined) {
    return /^ID: ?.*\nIP: ?\S*\nPort: ?\d*$/i.test(opening.join("\n")) ? "lines" : "raw";
  }
  const mayBe = text.split("\n").every((line, i) =>
    line === "\r" || line === "" || line.toUpperCase().startsWith(["ID:", "IP:", "PORT:"][i] ?? " ")
  );
  return mayBe && !timeIsUp && text.length < messageBytesMax ? "undecided" : "raw";
}

/**
 * Tells the dialect of a peer that is called. One that does not answer CHATACK or ERROR does not know CHAT;
 * an ERROR without a Code is not of this protocol.
 *
 * @param bytes What has come so far; possibly nothing.
 * @param timeIsUp Whether nothing more is waited for.
 */
export function detectResponder(bytes: Uint8Array, timeIsUp: boolean): Verdict {
  const text = utf8.decode(bytes);
  const answers = ["CHATACK", "ERROR"];
  const begun = answers.some((line) => startsWithLine(text, line));
  const answer = begun ? firstMessage(text) : undefined;
  if (answer !== undefined) return answer[0] === "CHATACK" || hasCode(answer) ? "p2pchat" : "raw";
  const mayBe = begun || answers.some((line) => mayBecomeLine(text, line));
  return mayBe && !timeIsUp && bytes.length < messageBytesMax ? "undecided" : "raw";
}

function hasCode(lines: readonly string[]): boolean {
  const message = parse(lines);
  return !isFault(message) && header(message, "Code") !== undefined;
}

function startsWithLine(text: string, line: string): boolean {
  return text.startsWith(line + "\r\n") || text.startsWith(line + "\n");
}

function mayBecomeLine(text: string, line: string): boolean {
  return (line + "\r\n").startsWith(text);
}

/** The message that some bytes begin with; undefined if it is not complete, or malformed. */
export function firstMessageIn(bytes: Uint8Array): Message | undefined {
  const lines = firstMessage(utf8.decode(bytes));
  const message = lines && parse(lines);
  return message === undefined || isFault(message) ? undefined : message;
}

function firstMessage(text: string): string[] | undefined {
  const end = /\r?\n\r?\n/.exec(text);
  return end === null ? undefined : text.slice(0, end.index).split(/\r?\n/);
}
