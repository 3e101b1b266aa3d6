/**
 * `p2pchat history export`: writes out all that was said with somebody.
 *
 * @module
 */

import { fileReason } from "../../../shared/errors/file_error.ts";
import { makeVisible, makeVisibleLines } from "../../../shared/text/visible.ts";
import { type ByteSink, writeAll } from "../../../shared/net/write_all.ts";
import { UserError } from "../../user_error.ts";
import type { HistoryEntry, Store } from "../../store/store.ts";
import { historyText, plaintextMark, stateWords } from "../wording/history_rows.ts";
import { fullTime } from "../wording/local_time.ts";

/** How a history can be written out. */
export const historyFormats = ["text", "json"] as const;

/** How a history is written out. */
export type HistoryFormat = typeof historyFormats[number];

/** What is to be written out. */
export interface HistoryExport {
  /** Whose conversation with oneself. */
  readonly name: string;
  /** One's own id in it; needed where several have talked to that name. */
  readonly self: string | undefined;
  readonly format: HistoryFormat;
}

/** What is needed of a store. */
interface Exporting {
  readonly conversations: Pick<Store["conversations"], "selves">;
  readonly history: Pick<Store["history"], "export">;
}

/** Characters that one write takes, more or less: a history may be longer than memory. */
const chunkLength = 64 * 1024;

/**
 * Writes all messages of a conversation, oldest first.
 *
 * @throws {UserError} Where there is none, or it cannot be written.
 */
export async function exportHistory(
  { conversations, history }: Exporting,
  { name, self, format }: HistoryExport,
  sink: ByteSink,
): Promise<void> {
  const own = selfIn(conversations, name, self);
  const pieces = { text: textPieces, json: jsonPieces }[format](history.export(own, name), own);
  const utf8 = new TextEncoder();
  try {
    for (const chunk of chunksOf(pieces)) await writeAll(sink, utf8.encode(chunk));
  } catch (cause) {
    // Whoever reads it has had enough, as `head` has.
    if (cause instanceof Deno.errors.BrokenPipe) return;
    const reason = fileReason(cause);
    throw new UserError(`Cannot export the history to standard output: ${reason}`, { cause });
  }
}

/**
 * The own id whose conversation with somebody is meant.
 *
 * @param self The one that the user has named, if any.
 * @throws {UserError} Where there is none, or there are several.
 */
export function selfIn(
  conversations: Pick<Store["conversations"], "selves">,
  name: string,
  self: string | undefined,
): string {
  const selves = conversations.selves(name);
  if (selves.length === 0) {
    throw new UserError(`Nothing has been said with ${makeVisible(name)} yet`);
  }
  if (self === undefined ? selves.length === 1 : selves.includes(self)) return self ?? selves[0]!;
  const talked = `${selves.join(" and ")} talked with ${makeVisible(name)}`;
  throw new UserError(
    self === undefined
      ? `You as ${talked}: --as says which you mean`
      : `You have said nothing with ${makeVisible(name)} as ${makeVisible(self)}; as ${talked}`,
  );
}

/** As people read it; all text from outside passes the sanitiser. */
function* textPieces(entries: Iterable<HistoryEntry>, self: string): Generator<string> {
  for (const entry of entries) {
    const { direction, sentAtMs, state, plaintext } = entry;
    const own = direction === "out";
    const time = fullTime(sentAtMs);
    const mark = own
      ? state === "waiting" || state === "deposited" ? ` [${stateWords[state]}]` : ""
      : plaintext
      ? ` ${plaintextMark}`
      : "";
    const [first, ...further] = makeVisibleLines(historyText(entry));
    yield `${time} ${makeVisible(own ? self : entry.name)}${mark}: ${first}\n`;
    // As in a terminal: set in, so that none can pass for what somebody else said.
    for (const line of further) yield `${" ".repeat(time.length)} │${mark} ${line}\n`;
  }
}

/**
 * One array, an object on each of its lines. Its end says that it is all there: where it is cut off, as by
 * a full disk, no parser takes it, while objects that stand for themselves would pass for the whole.
 */
function* jsonPieces(entries: Iterable<HistoryEntry>, self: string): Generator<string> {
  let before = "[\n";
  for (const entry of entries) {
    const { name, direction, id, sentAtMs, atMs, state, plaintext } = entry;
    const own = direction === "out";
    const fields = {
      id,
      direction,
      from: own ? self : name,
      to: own ? name : self,
      sentAt: new Date(sentAtMs).toISOString(),
      keptAt: new Date(atMs).toISOString(),
      state,
      plaintext,
      text: historyText(entry),
    };
    yield before + JSON.stringify(fields).replaceAll(unprintable, escapes);
    before = ",\n";
  }
  yield before === "[\n" ? "[]\n" : "\n]\n";
}

/** What a terminal could obey that JSON would let stand. In JSON it can only be in a string. */
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
