/**
 * Messages as they stand in the store, read in the order of their rows.
 *
 * @module
 */

import type { DatabaseSync, StatementSync } from "node:sqlite";
import { idFromColumn } from "./column_codec.ts";
import type { ConversationId, HistoryEntry, MessageState } from "./journal.ts";
import type { TextOwner } from "./text_cipher.ts";
import type { TextColumn, Texts } from "./text_column.ts";

/** What is said of a message whose text cannot be read. */
export const unreadableText = "(this text was changed on the disk, and cannot be read)";

/** The columns that {@linkcode entryOf} needs, with all that they come from but `messages m` itself. */
export const entryColumns =
  `m.row, m.conversation, m.outgoing, m.stream, m.seq, m.id, m.sent_at_ms, m.at_ms,
   m.text, c.self, c.name, c.key, s.acknowledged, s.read, s.deposited`;
/** See {@linkcode entryColumns}. */
export const entryJoins = `JOIN conversations c ON c.id = m.conversation
   LEFT JOIN streams s ON s.id = m.stream AND m.outgoing = 1`;

/** A message with {@linkcode entryColumns}. */
export interface MessageRow {
  readonly row: number;
  readonly conversation: ConversationId;
  readonly outgoing: number;
  readonly stream: number | null;
  readonly seq: number | null;
  readonly id: Uint8Array | string;
  readonly sent_at_ms: number;
  readonly at_ms: number;
  readonly text: TextColumn;
  readonly self: string;
  readonly name: string;
  readonly key: Uint8Array;
  readonly acknowledged: number | null;
  readonly read: number | null;
  readonly deposited: number | null;
}

/** A message as it is shown. */
export function entryOf(row: MessageRow, texts: Texts): HistoryEntry {
  return {
    row: row.row,
    name: row.name,
    direction: directionOf(row),
    id: idFromColumn(row.id),
    text: texts.read(ownerOf(row), row.text) ?? unreadableText,
    sentAtMs: row.sent_at_ms,
    atMs: row.at_ms,
    state: stateOf(row),
    plaintext: row.key.length === 0,
  };
}

/** Whose its text is. */
export function ownerOf(row: MessageRow): TextOwner {
  const { self, name, key, id } = row;
  return { self, name, key, direction: directionOf(row), id: idFromColumn(id) };
}

function directionOf({ outgoing }: MessageRow): "in" | "out" {
  return outgoing === 1 ? "out" : "in";
}

function stateOf({ outgoing, seq, acknowledged, read, deposited }: MessageRow): MessageState {
  if (outgoing === 0) return "received";
  if (seq === null) return "sent";
  if (seq <= read!) return "read";
  if (seq <= acknowledged!) return "delivered";
  return seq <= deposited! ? "deposited" : "waiting";
}

/** Where to begin in one conversation. */
export interface Start {
  readonly conversation: ConversationId;
  /** The row that comes before the first one. */
  readonly row: number;
}

/** Which messages, and from old to new or back. */
export type Order = "newer" | "older" | "newer-received";

/** Reads messages of several conversations in one order. */
export class MessageRows {
  readonly #page: Record<Order, StatementSync>;

  constructor(database: DatabaseSync) {
    const select = `SELECT ${entryColumns} FROM messages m ${entryJoins} WHERE m.conversation = ?`;
    this.#page = {
      newer: database.prepare(`${select} AND m.row > ? ORDER BY m.row LIMIT ?`),
      older: database.prepare(`${select} AND m.row < ? ORDER BY m.row DESC LIMIT ?`),
      "newer-received": database.prepare(
        `${select} AND m.row > ? AND m.outgoing = 0 ORDER BY m.row LIMIT ?`,
      ),
    };
  }

  /**
   * Merges conversations. Nothing is kept open between two messages, so that whoever stops in between, or
   * writes meanwhile, does no harm.
   *
   * @param pageSize How many are read of a conversation at once.
   */
  *read(starts: Iterable<Start>, order: Order, pageSize: number): Generator<MessageRow, void> {
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
      yield first.take();
    }
  }
}

/** The part of a conversation that is in memory. */
class Page {
  readonly #statement: StatementSync;
  readonly #conversation: ConversationId;
  readonly #size: number;
  #rows: MessageRow[];
  #at = 0;

  constructor(statement: StatementSync, { conversation, row }: Start, size: number) {
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
