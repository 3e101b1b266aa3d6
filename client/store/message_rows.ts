/**
 * Messages as they stand in the store, read in the order of their rows.
 *
 * @module
 */

import type { Statement, Statements } from "../../shared/storage/late_statements.ts";
import type { PublicKey } from "../../shared/crypto/public_key.ts";
import { acknowledgedOf } from "./acknowledgement.ts";
import { idFromColumn, keyFromColumn } from "./column_codec.ts";
import type { ConversationId } from "./conversation_table.ts";
import type { TextOwner } from "./text_cipher.ts";
import type { StoredText, TextColumn } from "./text_column.ts";

/** What became of a message. `sent` went to a peer that confirms nothing. */
export type MessageState = "waiting" | "deposited" | "delivered" | "read" | "sent" | "received";

/** A message, as it is shown. */
export interface HistoryEntry {
  /** Its place among all messages of the store: a message that was stored later has a higher row. */
  readonly row: number;
  /** The peer's id. */
  readonly name: string;
  /** The peer's key; undefined if it has none. */
  readonly key: PublicKey | undefined;
  readonly direction: "in" | "out";
  readonly id: string;
  /** Empty if it is unreadable. */
  readonly text: string;
  /** True if somebody has changed the text on the disk, so that it does not open any more. */
  readonly unreadable?: true;
  /** When it was written, by its sender's clock: milliseconds since 1970, UTC. */
  readonly sentAtMs: number;
  /** When it was put into the store: milliseconds since 1970, UTC. */
  readonly atMs: number;
  readonly state: MessageState;
  /** Whether it went over the net readable for all. */
  readonly plaintext: boolean;
}

/** The columns that {@linkcode entryOf} needs, of `messages m` and what {@linkcode entryJoins} joins. */
export const entryColumns =
  `m.row, m.outgoing, m.seq, m.id, m.sent_at_ms, m.at_ms, m.text, c.self, c.name, c.key,
   ${acknowledgedOf("s")} AS acknowledged, s.read, s.deposited`;
/** See {@linkcode entryColumns}. */
export const entryJoins = `JOIN conversations c ON c.id = m.conversation
   LEFT JOIN streams s ON s.id = m.stream AND m.outgoing = 1`;

/** A message with {@linkcode entryColumns}. */
export interface MessageRow {
  readonly row: number;
  readonly outgoing: number;
  readonly seq: number | null;
  readonly id: Uint8Array | string;
  readonly sent_at_ms: number;
  readonly at_ms: number;
  readonly text: StoredText;
  readonly self: string;
  readonly name: string;
  readonly key: Uint8Array;
  readonly acknowledged: number | null;
  readonly read: number | null;
  readonly deposited: number | null;
}

/** Makes what is shown of a message. */
export function entryOf(row: MessageRow, texts: TextColumn): HistoryEntry {
  const text = texts.read(ownerOf(row), row.text);
  return {
    row: row.row,
    name: row.name,
    key: keyFromColumn(row.key),
    direction: directionOf(row),
    id: idFromColumn(row.id),
    text: text ?? "",
    ...(text === undefined && { unreadable: true }),
    sentAtMs: row.sent_at_ms,
    atMs: row.at_ms,
    state: stateOf(row),
    plaintext: row.key.length === 0,
  };
}

/** The message whose text it is, for the cipher. */
export function ownerOf(row: MessageRow): TextOwner {
  const { self, name, key, id } = row;
  return { self, name, key, direction: directionOf(row), id: idFromColumn(id) };
}

function directionOf({ outgoing }: MessageRow): "in" | "out" {
  return outgoing === 1 ? "out" : "in";
}

/** What has become of a message. */
export function stateOf(
  { outgoing, seq, acknowledged, read, deposited }: MessageRow,
): MessageState {
  if (outgoing === 0) return "received";
  if (seq === null) return "sent";
  if (seq <= read!) return "read";
  if (seq <= acknowledged!) return "delivered";
  return seq <= deposited! ? "deposited" : "waiting";
}

/** The point in a conversation at which reading starts. */
export interface Start {
  readonly conversation: ConversationId;
  /** The row before the first one that is read. */
  readonly row: number;
}

/** Which messages, and from old to new or back. */
export type Order = "newer" | "older" | "newer-received";

/** Reads messages of several conversations in one order. */
export class MessageRows {
  readonly #texts: TextColumn;
  readonly #page: Record<Order, Statement>;

  constructor(statements: Statements, texts: TextColumn) {
    this.#texts = texts;
    const select = `SELECT ${entryColumns} FROM messages m ${entryJoins} WHERE m.conversation = ?`;
    this.#page = {
      newer: statements.prepare(`${select} AND m.row > ? ORDER BY m.row LIMIT ?`),
      older: statements.prepare(`${select} AND m.row < ? ORDER BY m.row DESC LIMIT ?`),
      "newer-received": statements.prepare(
        `${select} AND m.row > ? AND m.outgoing = 0 ORDER BY m.row LIMIT ?`,
      ),
    };
  }

  /**
   * Merges conversations. Nothing is kept open between two messages: the caller may stop there, and anybody may
   * write meanwhile.
   *
   * @param pageSize So many messages of a conversation are read at a time.
   */
  *read(starts: Iterable<Start>, order: Order, pageSize: number): Generator<HistoryEntry, void> {
    const pages = [...starts].map((start) => new Page(this.#page[order], start, pageSize));
    const sign = order === "older" ? -1 : 1;
    for (;;) {
      let first: Page | undefined;
      for (const page of pages) {
        const row = page.head?.row;
        if (row !== undefined && (first === undefined || (row - first.head!.row) * sign < 0)) {
          first = page;
        }
      }
      if (first === undefined) return;
      yield entryOf(first.take(), this.#texts);
    }
  }
}

/** The part of a conversation that is in memory. */
class Page {
  readonly #statement: Statement;
  readonly #conversation: ConversationId;
  readonly #size: number;
  #rows: MessageRow[];
  #at = 0;

  constructor(statement: Statement, { conversation, row }: Start, size: number) {
    this.#statement = statement;
    this.#conversation = conversation;
    this.#size = size;
    this.#rows = this.#load(row);
  }

  get head(): MessageRow | undefined {
    return this.#rows[this.#at];
  }

  take(): MessageRow {
    const taken = this.#rows[this.#at++]!;
    if (this.#at === this.#rows.length && this.#rows.length === this.#size) {
      this.#rows = this.#load(taken.row);
      this.#at = 0;
    }
    return taken;
  }

  #load(row: number): MessageRow[] {
    return this.#statement.all(this.#conversation, row, this.#size) as unknown as MessageRow[];
  }
}
