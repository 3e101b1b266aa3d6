/**
 * What is received: each message is stored once, in the order of its stream, whichever way and however often
 * it came.
 *
 * @module
 */

import type { Statements } from "../../shared/storage/late_statements.ts";
import { incomingStreamsMax } from "../../shared/protocol/limits.ts";
import {
  type ChatMessage,
  messageHash,
  type NumberedMessage,
  type StreamPosition,
} from "../../shared/protocol/message_stream.ts";
import { idFromColumn, idToColumn, type PartyColumns } from "./column_codec.ts";
import type { ConversationId } from "./conversation_table.ts";
import type { HistoryEntry, MessageRows } from "./message_rows.ts";
import type { SearchIndex } from "./search_index.ts";
import type { TextOwner } from "./text_cipher.ts";
import type { StoredText, TextColumn } from "./text_column.ts";
import type { Transactions } from "./transactions.ts";
import { type TooMuch, Unanswered, type UnansweredAccount } from "./unanswered.ts";

/**
 * What became of a message that was received:
 *
 * - `stored`: it is new. `missed` says how many before it the peer sent to another copy of this profile, or to a
 *   store that is lost.
 * - `duplicate`: it was stored before. It has to be acknowledged again.
 * - `gap`: one before it is missing, which the sender is going to repeat. It must not be acknowledged.
 * - `too-much`: it is of an unknown sender, and that one or all of them together have sent too much that the user
 *   has not answered. It must not be acknowledged. `unanswered` says how many messages of the sender there are.
 * - `conflict`: the sender has used its number for another message before, because its store was set back. The
 *   sender has to begin a new stream.
 */
export type Receipt =
  | { readonly outcome: "stored"; readonly row: number; readonly missed: number }
  | { readonly outcome: "duplicate" | "gap" | "conflict" }
  | { readonly outcome: "too-much"; readonly why: TooMuch; readonly unanswered: number };

/** How far a stream has been received. */
interface Stream {
  /** Undefined until something of it is stored. */
  row: number | undefined;
  /** Undefined if the stream is new: it begins at the number that its sender says. */
  last: number | undefined;
  /** The hash of the last message; undefined if the next one is taken whatever hash it carries. */
  head: string | undefined;
  /** The id of the last message that has been taken; undefined until one is. */
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

/** Messages of one conversation that have not been shown yet are read so many at a time. */
const pageSize = 100;
/** So many messages are counted at most: who has missed more wants to know no number. See `countedMax` of the view. */
const unseenMax = 1_000;

/** The messages that peers have sent to a store. */
export class IncomingMessages {
  readonly #transactions: Transactions;
  readonly #texts: TextColumn;
  readonly #rows: MessageRows;
  readonly #index: Pick<SearchIndex, "noteWritten">;
  readonly #unanswered: Unanswered;
  readonly #sql: ReturnType<typeof prepare>;

  constructor(
    statements: Statements,
    transactions: Transactions,
    texts: TextColumn,
    rows: MessageRows,
    index: Pick<SearchIndex, "noteWritten">,
  ) {
    this.#transactions = transactions;
    this.#texts = texts;
    this.#rows = rows;
    this.#index = index;
    this.#unanswered = new Unanswered(statements);
    this.#sql = prepare(statements);
  }

  /**
   * Takes what has been received; durable, and all of it or nothing. A message sees those before it in the same
   * call.
   *
   * @param atMs The time of day: milliseconds since 1970, UTC.
   * @param isUnknown Whether the sender is unknown, and so may send only little.
   * @returns What became of each.
   * @throws {UserError} If the store cannot be written.
   */
  receive(
    conversation: ConversationId,
    messages: readonly ChatMessage[],
    atMs: number,
    isUnknown = false,
  ): Receipt[] {
    if (messages.length === 0) return [];
    const receipts = this.#transactions.durable("save-received", () => {
      const party = this.#party(conversation);
      const account = isUnknown ? this.#unanswered.account(conversation, party) : undefined;
      const batch = new Batch(conversation, party, this.#texts.writer(), atMs, account);
      const receipts = messages.map((message) => this.#take(batch, message));
      // A batch of nothing but duplicates writes nothing, and so forces nothing onto the disk.
      for (const { row, last, head, lastId } of batch.extended) {
        this.#sql.extend.run(last!, head ?? null, idToColumn(lastId!), row!);
      }
      if (batch.lastRow > 0) {
        this.#sql.use.run({ conversation, atMs, row: batch.lastRow });
        if (account !== undefined) account.save(batch.lastRow);
        else if (party.key.length === 0) this.#unanswered.answered(conversation, batch.lastRow);
      }
      return receipts;
    });
    this.#index.noteWritten(messages.length);
    return receipts;
  }

  /** Notes that what was received is on the screen, up to a row. @throws {UserError} As {@linkcode receive}. */
  markShown(conversation: ConversationId, row: number): void {
    this.#transactions.swift("note-shown", () => {
      this.#sql.shown.run({ conversation, row });
    });
  }

  /**
   * Notes that a message was taken, and so were all before it in its conversation.
   *
   * @param self One's own id.
   * @returns Its conversation; undefined if no message of that id is unshown.
   * @throws {UserError} As {@linkcode receive}.
   */
  acknowledge(self: string, id: string): ConversationId | undefined {
    const column = idToColumn(id);
    return this.#transactions.swift("note-shown", () => {
      for (const { conversation, row: shown } of this.#unshownRows(self)) {
        const { row } = this.#sql.byId.get(conversation, column) as Partial<Known> | undefined ??
          {};
        if (row === undefined || row <= shown) continue;
        this.#sql.shown.run({ conversation, row });
        return conversation;
      }
      return undefined;
    });
  }

  /**
   * What came from somebody and is not noted as shown.
   *
   * @param self One's own id.
   * @param name The peer's id.
   * @param behind Only what is in a higher row of the store.
   * @returns The row of the first of these messages, if there is one, and how many they are; 1,000 if there are more.
   * @throws {UserError} If the store cannot be read.
   */
  unseen(self: string, name: string, behind = 0): { first: number | undefined; count: number } {
    return this.#transactions.reading("read-received", () => {
      const { first, count } = this.#sql.unseen.get(self, name, behind) as {
        first: number | null;
        count: number;
      };
      return { first: first ?? undefined, count };
    });
  }

  /**
   * What was received and is not on the screen yet, oldest first: a crash may come between both.
   *
   * @param self One's own id.
   * @param limit At most so many.
   * @param behind Only what is in a higher row of the store.
   * @throws {UserError} If the store cannot be read.
   */
  unshown(self: string, limit: number, behind = 0): HistoryEntry[] {
    return this.#transactions.reading("read-received", () => {
      const starts = this.#unshownRows(self).map(({ conversation, row }) => ({
        conversation,
        row: Math.max(row, behind),
      }));
      return this.#rows.read(starts, "newer-received", Math.min(limit, pageSize))
        .take(limit).toArray();
    });
  }

  #take(batch: Batch, message: ChatMessage): Receipt {
    const { position } = message;
    if (position === undefined) {
      const id = idToColumn(message.id);
      if (this.#byId(batch, id) !== undefined) return { outcome: "duplicate" };
      return batch.tooMuch(message) ??
        { outcome: "stored", row: this.#store(batch, message, id, undefined), missed: 0 };
    }
    const stream = batch.streams.get(position.stream) ??
      this.#stream(batch.conversation, position.stream);
    batch.streams.set(position.stream, stream);
    return this.#takeNumbered(batch, stream, { ...message, position });
  }

  #takeNumbered(batch: Batch, stream: Stream, message: NumberedMessage): Receipt {
    const { id, position } = message;
    const { seq, floor, prev } = position;
    if (stream.last !== undefined && seq <= stream.last) {
      return { outcome: this.#isKnown(batch, stream, seq, id) ? "duplicate" : "conflict" };
    }
    // A floor beyond what is here: another copy of this profile's store has acknowledged it.
    const jumps = stream.last === undefined || floor > stream.last;
    const last = jumps ? floor : stream.last!;
    if (seq > last + 1) return { outcome: "gap" };
    if (!jumps && stream.head !== undefined && prev !== stream.head) return { outcome: "conflict" };
    // Once for both: making it takes as long as looking for it.
    const idColumn = idToColumn(id);
    const known = this.#byId(batch, idColumn);
    const tooMuch = known === undefined ? batch.tooMuch(message) : undefined;
    if (tooMuch !== undefined) return tooMuch;
    const missed = stream.last === undefined ? 0 : last - stream.last;
    const row = stream.row ??= this.#begin(batch, position);
    stream.last = seq;
    stream.head = messageHash(message);
    stream.lastId = id;
    batch.extended.add(stream);
    if (known === undefined) {
      return { outcome: "stored", row: this.#store(batch, message, idColumn, row), missed };
    }
    // It came by an older stream as well. It moves to the position that it has with its sender now.
    if (known.stream === null || known.stream < row) this.#sql.move.run(row, seq, known.row);
    return { outcome: "duplicate" };
  }

  /**
   * Whether a number that is taken is taken by this very message. If nothing is known of the number, because it
   * was jumped over, the message has to be known by its id: acknowledging one that is not there would lose it.
   */
  #isKnown(batch: Batch, { row }: Stream, seq: number, id: string): boolean {
    const seat = this.#sql.bySeat.get(row!, seq) as unknown as Seat | undefined;
    return seat === undefined
      ? this.#byId(batch, idToColumn(id)) !== undefined
      : idFromColumn(seat.id) === id;
  }

  #byId({ conversation }: Batch, idColumn: Uint8Array | string): Known | undefined {
    return this.#sql.byId.get(conversation, idColumn) as unknown as Known | undefined;
  }

  #begin({ conversation }: Batch, { stream }: StreamPosition): number {
    const { lastInsertRowid } = this.#sql.makeStream.run(conversation, idToColumn(stream));
    this.#sql.forgetStreams.run({ conversation });
    return Number(lastInsertRowid);
  }

  #store(
    batch: Batch,
    message: ChatMessage,
    idColumn: Uint8Array | string,
    stream: number | undefined,
  ): number {
    const { id, sentAtMs, position } = message;
    // Half of a surrogate pair has no UTF-8: it is stored as it is going to be read.
    const text = batch.write({ ...batch.party, direction: "in", id }, message.text.toWellFormed());
    const { lastInsertRowid } = this.#sql.insert.run(
      batch.conversation,
      stream ?? null,
      position?.seq ?? null,
      idColumn,
      sentAtMs,
      batch.atMs,
      text,
    );
    return batch.lastRow = Number(lastInsertRowid);
  }

  /** The conversations of which something is not shown, each with the row of the last message that is. */
  #unshownRows(self: string): { conversation: ConversationId; row: number }[] {
    return this.#sql.unshown.all(self) as { conversation: ConversationId; row: number }[];
  }

  #party(conversation: ConversationId): PartyColumns {
    const party = this.#sql.party.get(conversation) as unknown as PartyColumns | undefined;
    if (party !== undefined) return party;
    throw new RangeError(`there is no conversation ${conversation} in the store`);
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

/** The statements. */
function prepare(statements: Statements) {
  return {
    party: statements.prepare("SELECT self, name, key FROM conversations WHERE id = ?"),
    stream: statements.prepare(
      `SELECT id AS row, last, head FROM streams
       WHERE conversation = ? AND outgoing = 0 AND stream = ?`,
    ),
    makeStream: statements.prepare(
      "INSERT INTO streams (conversation, outgoing, stream) VALUES (?, 0, ?)",
    ),
    forgetStreams: statements.prepare(
      `DELETE FROM streams WHERE conversation = :conversation AND outgoing = 0 AND id <= (
         SELECT id FROM streams WHERE conversation = :conversation AND outgoing = 0
         ORDER BY id DESC LIMIT 1 OFFSET ${incomingStreamsMax})`,
    ),
    extend: statements.prepare("UPDATE streams SET last = ?, head = ?, last_id = ? WHERE id = ?"),
    byId: statements.prepare(
      "SELECT row, stream FROM messages WHERE conversation = ? AND outgoing = 0 AND id = ?",
    ),
    bySeat: statements.prepare("SELECT id FROM messages WHERE stream = ? AND seq = ?"),
    insert: statements.prepare(
      `INSERT INTO messages (conversation, outgoing, stream, seq, id, sent_at_ms, at_ms, text)
       VALUES (?, 0, ?, ?, ?, ?, ?, ?)`,
    ),
    move: statements.prepare("UPDATE messages SET stream = ?, seq = ? WHERE row = ?"),
    use: statements.prepare(
      `UPDATE conversations SET last_at_ms = max(last_at_ms, :atMs), received = :row
       WHERE id = :conversation`,
    ),
    shown: statements.prepare(
      "UPDATE conversations SET shown = :row WHERE id = :conversation AND shown < :row",
    ),
    unseen: statements.prepare(
      `SELECT min(row) AS first, count(*) AS count FROM (
         SELECT m.row FROM conversations c JOIN messages m ON m.conversation = c.id
         WHERE c.self = ? AND c.name = ? AND c.received > c.shown AND m.row > max(c.shown, ?)
           AND m.outgoing = 0
         ORDER BY m.row LIMIT ${unseenMax})`,
    ),
    unshown: statements.prepare(
      "SELECT id AS conversation, shown AS row FROM conversations WHERE self = ? AND received > shown",
    ),
  };
}

/** What is received in one call. */
class Batch {
  readonly streams = new Map<string, Stream>();
  /** The streams that have become longer. */
  readonly extended = new Set<Stream>();
  /** The row of the last message that was stored; 0 before the first. */
  lastRow = 0;

  constructor(
    readonly conversation: ConversationId,
    readonly party: PartyColumns,
    readonly write: (owner: TextOwner, text: string) => StoredText,
    readonly atMs: number,
    readonly account: UnansweredAccount | undefined,
  ) {}

  /** Counts a message that is about to be stored. @returns Why not, if it must not be. */
  tooMuch({ text }: ChatMessage): Receipt | undefined {
    const why = this.account?.take(text.toWellFormed());
    return why && { outcome: "too-much", why, unanswered: this.account!.messages };
  }
}
