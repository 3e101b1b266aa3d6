/**
 * `p2pchat history export`: writes out all messages with somebody.
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
import type { HistoryEntry, Store } from "../../store/store.ts";
import { UserError } from "../../user_error.ts";
import { exportedEnd, exportedLines, exportedText } from "../wording/wording.ts";

/** How a history can be written out: for people, or for programs. */
export const historyFormats = ["text", "json"] as const;

/** How a history is written out. */
export type HistoryFormat = typeof historyFormats[number];

/** What to write out. */
export interface HistoryExport {
  /** The peer. */
  readonly name: string;
  /** The user's own id; needed if several of theirs have talked to that name. */
  readonly self: string | undefined;
  readonly format: HistoryFormat;
}

/** What is needed of a store. */
interface Exporting {
  readonly conversations: Pick<Store["conversations"], "selves">;
  readonly history: Pick<Store["history"], "export">;
  readonly knownPeers: Pick<Store["knownPeers"], "find">;
}

/** Characters that one write takes, more or less: a history may be longer than memory. */
const chunkLength = 64 * 1024;

/**
 * Writes all messages of a conversation, oldest first.
 *
 * @throws {UserError} If there is none, or it cannot be written.
 */
export async function exportHistory(
  { conversations, history, knownPeers }: Exporting,
  { name, self, format }: HistoryExport,
  sink: ByteSink,
): Promise<void> {
  const own = selfIn(conversations, name, self);
  const present = { name, key: knownPeers.find(name)?.key };
  const entries = history.export(own, name);
  const pieces = format === "json"
    ? jsonPieces(entries, own)
    : textPieces(entries, own, present.key === undefined ? undefined : present);
  const utf8 = new TextEncoder();
  try {
    for (const chunk of chunksOf(pieces)) await writeAll(sink, utf8.encode(chunk));
  } catch (cause) {
    // The reader has had enough, as `head` has.
    if (cause instanceof Deno.errors.BrokenPipe) return;
    throw new UserError({ code: "history-not-written", reason: fileReason(cause) }, { cause });
  }
}

/**
 * The own id whose conversation with somebody is meant.
 *
 * @param self The one that the user has named, if any.
 * @throws {UserError} If there is none, or there are several.
 */
export function selfIn(
  conversations: Pick<Store["conversations"], "selves">,
  name: string,
  self: string | undefined,
): string {
  const selves = conversations.selves(name);
  if (selves.length === 0) throw new UserError({ code: "nothing-said", name });
  if (self === undefined) {
    if (selves.length > 1) throw new UserError({ code: "several-selves", name, selves });
    return selves[0]!;
  }
  if (!selves.includes(self)) throw new UserError({ code: "not-that-self", name, self, selves });
  return self;
}

/** As people read it. */
function* textPieces(
  entries: Iterable<HistoryEntry>,
  self: string,
  present: Pick<HistoryEntry, "name" | "key"> | undefined,
): Generator<string> {
  let before: HistoryEntry | undefined;
  for (const entry of entries) {
    yield exportedLines(entry, self, before).join("\n") + "\n";
    before = entry;
  }
  if (before === undefined || present === undefined) return;
  for (const line of exportedEnd(before, present)) yield line + "\n";
}

/**
 * One array, an object on each of its lines. If it is cut off, for example by a full disk, its end is missing
 * and no parser takes it; objects without an array would pass for the whole.
 */
function* jsonPieces(entries: Iterable<HistoryEntry>, self: string): Generator<string> {
  let before = "[\n";
  const personOf = fingerprints();
  for (const entry of entries) {
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
    yield before + JSON.stringify(fields).replaceAll(unprintable, escapes);
    before = ",\n";
  }
  yield before === "[\n" ? "[]\n" : "\n]\n";
}

/** {@linkcode fingerprintOf}, which takes its time, once for each key in a row. */
function fingerprints(): (key: PublicKey) => Fingerprint {
  let last: readonly [key: PublicKey, fingerprint: Fingerprint] | undefined;
  return (key) => {
    if (last?.[0] !== key) last = [key, fingerprintOf(key)];
    return last[1];
  };
}

/** Characters that a terminal could obey and JSON does not escape. In JSON they only occur in strings. */
const unprintable = /[\p{C}\p{Zl}\p{Zp}]/gu;

function escapes(text: string): string {
  const units = Array.from({ length: text.length }, (_, i) => text.charCodeAt(i));
  return units.map((unit) => `\\u${unit.toString(16).padStart(4, "0")}`).join("");
}

function* chunksOf(pieces: Iterable<string>): Generator<string> {
  let chunk = "";
  for (const piece of pieces) {
    chunk += piece;
    if (chunk.length < chunkLength) continue;
    yield chunk;
    chunk = "";
  }
  yield chunk;
}
