/**
 * What is received: each message is stored once, in the order of its stream, whichever way and how often
 * it came.
 *
 * @module
 */

import type { DatabaseSync, StatementSync } from "node:sqlite";
import {
  chainHash,
  type ChatMessage,
  type NumberedMessage,
  type StreamPosition,
} from "../../shared/protocol/message_stream.ts";
import { incomingStreamsMax } from "../../shared/protocol/limits.ts";
import { idFromColumn, idToColumn, type PartyColumns } from "./column_codec.ts";
import type { ConversationId, HistoryEntry, Receipt } from "./journal.ts";
import { entryOf, type MessageRows } from "./message_rows.ts";
import type { SearchIndex } from "./search_index.ts";
import type { TextColumn, Texts } from "./text_column.ts";
import type { TextOwner } from "./text_cipher.ts";
import type { Transactions } from "./transactions.ts";

/** How far a stream has been received. */
interface Stream {
  /** Undefined until something of it is stored. */
  row: number | undefined;
  /** Undefined of a stream that is new: it begins wherever its sender says. */
  last: number | undefined;
  /** Undefined where what comes next is to be believed. */
  head: string | undefined;
  /** Of the last message that has been taken; undefined until one is. */
  lastId: string | undefined;
}

interface StreamRow {
  readonly row: number;
  readonly last: number;
  readonly head: string | null;
}

interface Known {
  readonly row: number;
  readonly stream: number | null;
}

interface Seat {
  readonly id: Uint8Array | string;
}

const keeping = "keep what was received";

/** The messages that peers have sent to a store. */
export class IncomingMessages {
  readonly #transactions: Transactions;
  readonly #texts: Texts;
  readonly #index: Pick<SearchIndex, "noteWritten">;
  readonly #rows: MessageRows;
  readonly #sql: Record<
    | "party"
    | "stream"
    | "makeStream"
    | "forgetStreams"
    | "extend"
    | "byId"
    | "bySeat"
    | "insert"
    | "move"
    | "use"
    | "shown"
    | "unshown",
    StatementSync
  >;

  constructor(
    database: DatabaseSync,
    transactions: Transactions,
    texts: Texts,
    rows: MessageRows,
    index: Pick<SearchIndex, "noteWritten">,
  ) {
    this.#transactions = transactions;
    this.#texts = texts;
    this.#index = index;
    this.#rows = rows;
    this.#sql = {
      party: database.prepare("SELECT self, name, key FROM conversations WHERE id = ?"),
      stream: database.prepare(
        `SELECT id AS row, last, head FROM streams
         WHERE conversation = ? AND outgoing = 0 AND stream = ?`,
      ),
      makeStream: database.prepare(
        "INSERT INTO streams (conversation, outgoing, stream) VALUES (?, 0, ?)",
      ),
      forgetStreams: database.prepare(
        `DELETE FROM streams WHERE conversation = :conversation AND outgoing = 0 AND id <= (
           SELECT id FROM streams WHERE conversation = :conversation AND outgoing = 0
           ORDER BY id DESC LIMIT 1 OFFSET ${incomingStreamsMax})`,
      ),
      extend: database.prepare("UPDATE streams SET last = ?, head = ?, last_id = ? WHERE id = ?"),
      byId: database.prepare(
        "SELECT row, stream FROM messages WHERE conversation = ? AND outgoing = 0 AND id = ?",
      ),
      bySeat: database.prepare("SELECT id FROM messages WHERE stream = ? AND seq = ?"),
      insert: database.prepare(
        `INSERT INTO messages (conversation, outgoing, stream, seq, id, sent_at_ms, at_ms, text)
         VALUES (?, 0, ?, ?, ?, ?, ?, ?)`,
      ),
      move: database.prepare("UPDATE messages SET stream = ?, seq = ? WHERE row = ?"),
      use: database.prepare(
        `UPDATE conversations SET last_at_ms = max(last_at_ms, :atMs), received = :row
         WHERE id = :conversation`,
      ),
      shown: database.prepare(
        "UPDATE conversations SET shown = :row WHERE id = :conversation AND shown < :row",
      ),
      unshown: database.prepare(
        "SELECT id AS conversation, shown AS row FROM conversations WHERE self = ? AND received > shown",
      ),
    };
  }

  /** See {@linkcode Journal}. */
  receive(conversation: ConversationId, letters: readonly ChatMessage[], atMs: number): Receipt[] {
    if (letters.length === 0) return [];
    const receipts = this.#transactions.durable(keeping, () => {
      const batch = new Batch(conversation, this.#party(conversation), this.#texts.writer(), atMs);
      const receipts = letters.map((letter) => this.#take(batch, letter));
      // Doubles alone write nothing, so that nothing is flushed for them.
      for (const { row, last, head, lastId } of batch.extended) {
        this.#sql.extend.run(last!, head ?? null, idToColumn(lastId!), row!);
      }
      if (batch.lastRow > 0) this.#sql.use.run({ conversation, atMs, row: batch.lastRow });
      return receipts;
    });
    this.#index.noteWritten(letters.length);
    return receipts;
  }

  /** See {@linkcode Journal}. */
  markShown(conversation: ConversationId, row: number): void {
    this.#transactions.swift("note what has been shown", () => {
      this.#sql.shown.run({ conversation, row });
    });
  }

  /** See {@linkcode Journal}. */
  unshown(self: string, limit: number): HistoryEntry[] {
    return this.#transactions.reading("read what was received", () => {
      const starts = this.#sql.unshown.all(self) as { conversation: ConversationId; row: number }[];
      return this.#rows.read(starts, "newer-received", Math.min(limit, pageSize))
        .take(limit).map((row) => entryOf(row, this.#texts)).toArray();
    });
  }

  #take(batch: Batch, letter: ChatMessage): Receipt {
    const { place } = letter;
    if (place === undefined) {
      return this.#byId(batch, letter.id) !== undefined
        ? { outcome: "had" }
        : { outcome: "stored", row: this.#store(batch, letter, undefined), missed: 0 };
    }
    const stream = batch.streams.get(place.stream) ??
      this.#stream(batch.conversation, place.stream);
    batch.streams.set(place.stream, stream);
    return this.#takePlaced(batch, stream, { ...letter, place });
  }

  #takePlaced(batch: Batch, stream: Stream, letter: NumberedMessage): Receipt {
    const { id, place: { seq, floor, prev } } = letter;
    if (stream.last !== undefined && seq <= stream.last) {
      return { outcome: this.#isKnown(batch, stream, seq, id) ? "had" : "conflict" };
    }
    // The sender knows better how far this profile has it: another copy of the store has acknowledged it.
    const jumps = stream.last === undefined || floor > stream.last;
    const last = jumps ? floor : stream.last!;
    if (seq > last + 1) return { outcome: "gap" };
    if (!jumps && stream.head !== undefined && prev !== stream.head) return { outcome: "conflict" };
    const missed = stream.last === undefined ? 0 : last - stream.last;
    const row = stream.row ??= this.#begin(batch, letter.place);
    stream.last = seq;
    stream.head = chainHash(letter);
    stream.lastId = id;
    batch.extended.add(stream);
    const known = this.#byId(batch, id);
    if (known === undefined) {
      return { outcome: "stored", row: this.#store(batch, letter, row), missed };
    }
    // It came by an older stream as well. It stands where its sender has it now.
    if (known.stream === null || known.stream < row) this.#sql.move.run(row, seq, known.row);
    return { outcome: "had" };
  }

  /**
   * Whether a number that is taken is taken by this very message. Where nothing is known of the number,
   * because it was jumped over, the message has to be known by its id: to acknowledge one that is not
   * there would be to lose it.
   */
  #isKnown(batch: Batch, { row }: Stream, seq: number, id: string): boolean {
    const seat = this.#sql.bySeat.get(row!, seq) as unknown as Seat | undefined;
    return seat === undefined ? this.#byId(batch, id) !== undefined : idFromColumn(seat.id) === id;
  }

  #byId({ conversation }: Batch, id: string): Known | undefined {
    return this.#sql.byId.get(conversation, idToColumn(id)) as unknown as Known | undefined;
  }

  #begin({ conversation }: Batch, { stream }: StreamPosition): number {
    const { lastInsertRowid } = this.#sql.makeStream.run(conversation, idToColumn(stream));
    this.#sql.forgetStreams.run({ conversation });
    return Number(lastInsertRowid);
  }

  #store(batch: Batch, letter: ChatMessage, stream: number | undefined): number {
    const { id, sentAtMs, place } = letter;
    // As it is going to be read again: halves of surrogate pairs have no UTF-8.
    const text = batch.write({ ...batch.party, direction: "in", id }, letter.text.toWellFormed());
    const { lastInsertRowid } = this.#sql.insert.run(
      batch.conversation,
      stream ?? null,
      place?.seq ?? null,
      idToColumn(id),
      sentAtMs,
      batch.atMs,
      text,
    );
    return batch.lastRow = Number(lastInsertRowid);
  }

  #party(conversation: ConversationId): PartyColumns {
    const party = this.#sql.party.get(conversation) as unknown as PartyColumns | undefined;
    if (party !== undefined) return party;
    throw new Error(`There is no conversation ${conversation} in the store`);
  }

  #stream(conversation: ConversationId, stream: string): Stream {
    const found = this.#sql.stream.get(conversation, idToColumn(stream)) as unknown as
      | StreamRow
      | undefined;
    return {
      row: found?.row,
      last: found?.last,
      head: found?.head ?? undefined,
      lastId: undefined,
    };
  }
}

/** Of the messages of one conversation that are not shown yet, so many are read at once. */
const pageSize = 100;

/** What is received at once. */
class Batch {
  readonly streams = new Map<string, Stream>();
  /** Those of them that have become longer. */
  readonly extended = new Set<Stream>();
  /** The row of the last one that was stored; 0 before the first. */
  lastRow = 0;

  constructor(
    readonly conversation: ConversationId,
    readonly party: PartyColumns,
    readonly write: (owner: TextOwner, text: string) => TextColumn,
    readonly atMs: number,
  ) {}
}
