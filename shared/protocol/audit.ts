/**
 * The messages by which two clients compare what both have of a conversation (PROTOCOL.md section 4): the
 * AUDIT that asks and the AUDITACK that answers, each written and read here.
 *
 * @module
 */

import { auditEntriesMax, auditRangeMax, auditStreamsMax } from "./limits.ts";
import { type Header, header, headerValues, type Message, message } from "./message.ts";
import { isId, randomId } from "./random_id.ts";
import { auditFaults } from "./reasons.ts";
import { parseStreamNumber } from "./records.ts";
import type { Fault } from "./status.ts";

/** A stream, as its two ends know it. */
export interface AuditStream {
  /** From the side of the one who says it. */
  readonly direction: "sent" | "received";
  /** Its id. */
  readonly stream: string;
  readonly last: number;
  /** Up to where the other side is known to have it. */
  readonly acknowledged: number;
}

/** A range of a stream's numbers, both included. */
export interface AuditRange {
  readonly stream: string;
  readonly from: number;
  readonly to: number;
  /** Whether the ids are asked for, too, and not only the digest. */
  readonly withIds: boolean;
}

/** What a range comes to. */
export interface AuditDigest {
  readonly count: number;
  /** 128 bits in hexadecimal. */
  readonly digest: string;
}

/** A number and the id of the message that has it. */
export interface AuditEntry {
  readonly seq: number;
  readonly id: string;
}

const streamPattern = /^(sent|received) ([0-9a-f]{32}) ([0-9]{1,15}) ([0-9]{1,15})$/;
const entryPattern = /^([0-9]{1,15}) (\S+)$/;

/** Asks for a range; for the list of streams if none is given. */
export function auditQuestion(range?: AuditRange): Message {
  const headers: Header[] = [["Id", randomId()]];
  if (range !== undefined) {
    const { stream, from, to, withIds } = range;
    headers.push(["Stream", stream], ["From", String(from)], ["To", String(to)]);
    if (withIds) headers.push(["Ids", "yes"]);
  }
  return message("AUDIT", headers);
}

/** Reads an AUDIT. @returns The range; undefined if it asks for the streams; a fault if it is malformed. */
export function readAuditQuestion(question: Message): AuditRange | Fault | undefined {
  const stream = header(question, "Stream");
  if (stream === undefined) return undefined;
  const from = numberIn(question, "From");
  const to = numberIn(question, "To");
  if (
    !isId(stream) || from === undefined || to === undefined || from < 1 || from > to ||
    to - from >= auditRangeMax
  ) {
    return auditFaults.range(auditRangeMax);
  }
  const withIds = header(question, "Ids") === "yes";
  if (withIds && to - from >= auditEntriesMax) return auditFaults.ids(auditEntriesMax);
  return { stream, from, to, withIds };
}

/** Answers with the list of streams. */
export function auditStreamsAnswer(question: Message, streams: readonly AuditStream[]): Message {
  const lines = streams.slice(0, auditStreamsMax)
    .map(({ direction, stream, last, acknowledged }): Header => [
      "Stream",
      `${direction} ${stream} ${last} ${acknowledged}`,
    ]);
  return answerTo(question, lines);
}

/** Reads a list of streams. @returns Undefined if it is malformed. */
export function readAuditStreams(answer: Message): AuditStream[] | undefined {
  const streams: AuditStream[] = [];
  for (const line of headerValues(answer, "Stream").slice(0, auditStreamsMax)) {
    const [, direction, stream, last, acknowledged] = streamPattern.exec(line) ?? [];
    if (stream === undefined || Number(acknowledged) > Number(last)) return undefined;
    streams.push({
      direction: direction as AuditStream["direction"],
      stream,
      last: Number(last),
      acknowledged: Number(acknowledged),
    });
  }
  return streams;
}

/** Answers with what a range comes to, and its entries if they were asked for. */
export function auditDigestAnswer(
  question: Message,
  { count, digest }: AuditDigest,
  entries: Iterable<AuditEntry> = [],
): Message {
  const headers: Header[] = [["Count", String(count)], ["Digest", digest]];
  for (const { seq, id } of entries) headers.push(["Entry", `${seq} ${id}`]);
  return answerTo(question, headers);
}

/** Reads what a range comes to. @returns Undefined if it is malformed, or cannot be true of the range. */
export function readAuditDigest(
  answer: Message,
  { from, to }: Pick<AuditRange, "from" | "to">,
): AuditDigest | undefined {
  const count = numberIn(answer, "Count");
  const digest = header(answer, "Digest") ?? "";
  if (count === undefined || !isId(digest) || count > to - from + 1) return undefined;
  return { count, digest };
}

/** Reads the entries of a range, by their numbers. @returns Undefined as {@linkcode readAuditDigest}. */
export function readAuditEntries(
  answer: Message,
  { from, to }: Pick<AuditRange, "from" | "to">,
): Map<number, string> | undefined {
  const entries = new Map<number, string>();
  for (const line of headerValues(answer, "Entry")) {
    const [, seq, id] = entryPattern.exec(line) ?? [];
    if (id === undefined || !isId(id) || Number(seq) < from || Number(seq) > to) return undefined;
    entries.set(Number(seq), id);
  }
  return entries.size === numberIn(answer, "Count") ? entries : undefined;
}

function answerTo(question: Message, headers: readonly Header[]): Message {
  return message("AUDITACK", [["Id", header(question, "Id") ?? ""], ...headers]);
}

function numberIn(message: Message, name: string): number | undefined {
  return parseStreamNumber(header(message, name));
}
