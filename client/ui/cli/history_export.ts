/**
 * Writing out all messages with somebody: for people, and for programs.
 *
 * @module
 */

import {
  type Fingerprint,
  fingerprintOf,
  type PublicKey,
} from "../../../shared/crypto/public_key.ts";
import { fileReason } from "../../../shared/errors/file_error.ts";
import { type ByteSink, writeAll } from "../../../shared/net/write_all.ts";
import { jsonText } from "../../../shared/text/json_text.ts";
import type { HistoryEntry } from "../../store/store.ts";
import { UserError } from "../../user_error.ts";
import { entryLine } from "../ndjson/ndjson.ts";
import type { HistoryFormat } from "./history_formats.ts";
import { exportedEnd, exportedLines, exportedText } from "../wording/wording.ts";

/** Characters that one write takes, more or less: a history may be longer than memory. */
const chunkLength = 64 * 1024;

/** All messages with somebody. */
export interface ExportedHistory {
  /** The peer's id. */
  readonly name: string;
  /** The key that the name has by now; undefined if none is saved. */
  readonly key: PublicKey | undefined;
  /** The user's own. */
  readonly ownKey: PublicKey;
  /** The user's own id. */
  readonly self: string;
  /** Oldest first. */
  readonly entries: Iterable<HistoryEntry> | AsyncIterable<HistoryEntry>;
}

/** Where a history is written. */
export interface HistorySink extends ByteSink {
  /** Some lines as they are written; as they are, if it is not given. */
  fit?(lines: string): string;
}

/**
 * Writes messages out.
 *
 * @returns False if nobody reads them any more.
 * @throws {UserError} If they cannot be read or written.
 */
export async function exportHistory(
  history: ExportedHistory,
  format: HistoryFormat,
  sink: HistorySink,
): Promise<boolean> {
  const pieces = { text: textPieces, json: jsonPieces, ndjson: linePieces }[format](history);
  const utf8 = new TextEncoder();
  for await (const chunk of chunksOf(pieces)) {
    try {
      await writeAll(sink, utf8.encode(sink.fit?.(chunk) ?? chunk));
    } catch (cause) {
      // The reader has had enough, as `head` has.
      if (cause instanceof Deno.errors.BrokenPipe) return false;
      throw new UserError({ code: "history-not-written", reason: fileReason(cause) }, { cause });
    }
  }
  return true;
}

/** As people read it. */
async function* textPieces(
  { name, key, self, entries }: ExportedHistory,
): AsyncGenerator<string> {
  let before: HistoryEntry | undefined;
  for await (const entry of entries) {
    yield exportedLines(entry, self, before).join("\n") + "\n";
    before = entry;
  }
  if (before === undefined || key === undefined) return;
  for (const line of exportedEnd(before, { name, key })) yield line + "\n";
}

/**
 * One array, an object on each of its lines. If it is cut off, for example by a full disk, its end is missing
 * and no parser takes it; objects without an array would pass for the whole.
 */
async function* jsonPieces(
  { self, entries }: ExportedHistory,
): AsyncGenerator<string> {
  let before = "[\n";
  const personOf = fingerprints();
  for await (const entry of entries) {
    const { name, key, direction, id, sentAtMs, atMs, state, plaintext } = entry;
    const own = direction === "out";
    const fields = {
      id,
      direction,
      from: own ? self : name,
      to: own ? name : self,
      // The peer's. A peer in plaintext has none.
      ...key !== undefined && { person: personOf(key) },
      sentAt: new Date(sentAtMs).toISOString(),
      keptAt: new Date(atMs).toISOString(),
      state,
      plaintext,
      text: exportedText(entry),
    };
    yield before + jsonText(fields);
    before = ",\n";
  }
  yield before === "[\n" ? "[]\n" : "\n]\n";
}

/** An object on each line, as `client --json` tells of a message: it can go on for ever. */
async function* linePieces(
  { self, ownKey, entries }: ExportedHistory,
): AsyncGenerator<string> {
  for await (const entry of entries) yield entryLine(entry, self, ownKey);
}

/** {@linkcode fingerprintOf}, which takes its time, once for each key in a row. */
function fingerprints(): (key: PublicKey) => Fingerprint {
  let last: readonly [key: PublicKey, fingerprint: Fingerprint] | undefined;
  return (key) => {
    if (last?.[0] !== key) last = [key, fingerprintOf(key)];
    return last[1];
  };
}

async function* chunksOf(pieces: AsyncIterable<string>): AsyncGenerator<string> {
  let chunk = "";
  for await (const piece of pieces) {
    chunk += piece;
    if (chunk.length < chunkLength) continue;
    yield chunk;
    chunk = "";
  }
  yield chunk;
}
