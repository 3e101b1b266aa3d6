/**
 * What is sent: the store gives a message its position in the conversation's stream when it accepts it, and
 * keeps it until the peer has it.
 *
 * @module
 */

import type { Statements } from "../../shared/storage/late_statements.ts";
import {
  messageHash,
  type NumberedMessage,
  streamStart,
} from "../../shared/protocol/message_stream.ts";
import { acknowledgedOf } from "./acknowledgement.ts";
import { idFromColumn, idToColumn, type PartyColumns } from "./column_codec.ts";
import type { ConversationId, ConversationTable } from "./conversation_table.ts";
import type { SearchIndex } from "./search_index.ts";
import type { TextOwner } from "./text_cipher.ts";
import type { StoredText, TextColumn } from "./text_column.ts";
import type { Transactions } from "./transactions.ts";

/** A message that the user has written. */
export interface Draft {
  readonly conversation: ConversationId;
  /** 128 random bits in hexadecimal. */
  readonly id: string;
  /** Milliseconds since 1970, UTC. */
  readonly sentAtMs: number;
  readonly text: string;
  /** False for a peer that knows no numbers: what it is sent is not sent again. */
  readonly numbered: boolean;
}

/** The present stream of a conversation, and its end. */
interface Stream extends PartyColumns {
  readonly row: number;
  readonly id: string;
  readonly acknowledged: number;
  last: number;
  head: string;
}

interface StreamRow extends PartyColumns {
  readonly row: number;
  readonly stream: Uint8Array | string;
  readonly last: number;
  readonly head: string | null;
  readonly acknowledged: number;
}

interface WaitingRow {
  readonly row: number;
  readonly seq: number;
  readonly id: Uint8Array | string;
  readonly prev: string;
  readonly sent_at_ms: number;
  readonly text: StoredText;
}

/** So many messages are renumbered at a time. */
const batch = 500;

/** The messages that a store has for peers. */
export class OutgoingMessages {
  readonly #transactions: Transactions;
  readonly #conversations: ConversationTable;
  readonly #texts: TextColumn;
  readonly #index: Pick<SearchIndex, "noteWritten">;
  readonly #sql: ReturnType<typeof prepare>;

  constructor(
    statements: Statements,
    transactions: Transactions,
    conversations: ConversationTable,
    texts: TextColumn,
    index: Pick<SearchIndex, "noteWritten">,
  ) {
    this.#transactions = transactions;
    this.#conversations = conversations;
    this.#texts = texts;
    this.#index = index;
    this.#sql = prepare(statements);
  }

  /**
   * Takes what the user has written; durable, and all of it or nothing.
   *
   * @returns Each with its position; undefined for a draft that is not numbered.
   * @throws {UserError} If the store cannot be written.
   */
  accept(drafts: readonly Draft[]): (NumberedMessage | undefined)[] {
    const messages = this.#transactions.durable("save-messages", () => {
      const write = this.#texts.writer();
      const streams = new Map<ConversationId, Stream>();
      const usedAtMs = new Map<ConversationId, number>();
      const messages = drafts.map((draft) => {
        const { conversation, numbered, id, sentAtMs } = draft;
        const stream = streams.get(conversation) ?? this.#stream(conversation);
        streams.set(conversation, stream);
        usedAtMs.set(conversation, Math.max(usedAtMs.get(conversation) ?? 0, sentAtMs));
        // Half of a surrogate pair has no UTF-8: it is stored as it is going to be read.
        const text = draft.text.toWellFormed();
        const message = numbered ? append(stream, { id, sentAtMs, text }) : undefined;
        this.#sql.insert.run(
          conversation,
          message === undefined ? null : stream.row,
          message?.position.seq ?? null,
          idToColumn(id),
          message?.position.prev ?? null,
          sentAtMs,
          sentAtMs,
          write(ownerOf(stream, id), text),
        );
        return message;
      });
      for (const [conversation, stream] of streams) {
        this.#extend(stream);
        this.#sql.use.run(usedAtMs.get(conversation)!, conversation);
      }
      return messages;
    });
    this.#index.noteWritten(drafts.length);
    return messages;
  }

  /**
   * What the peer does not have, in order.
   *
   * @param after Only messages of the present stream with higher numbers than this.
   * @param limit At most so many.
   * @throws {UserError} If the store cannot be read, or somebody has changed a text on the disk.
   */
  unacknowledged(conversation: ConversationId, after: number, limit: number): NumberedMessage[] {
    return this.#transactions.reading("read-unacknowledged", () => {
      const stream = this.#stream(conversation);
      const { id, acknowledged } = stream;
      const rows = this.#sql.waiting.all(stream.row, Math.max(after, acknowledged), limit);
      return (rows as unknown as WaitingRow[]).map((row) => ({
        ...this.#read(stream, row),
        position: { stream: id, seq: row.seq, floor: acknowledged, prev: row.prev },
      }));
    });
  }

  /**
   * Notes that the peer has a message, and all before it.
   *
   * @returns The ids of the messages of which that is new, in order; none if the message is unknown.
   * @throws {UserError} If the store cannot be written.
   */
  acknowledge(conversation: ConversationId, id: string): string[] {
    return this.#transactions.swift("note-outcome", () => {
      const position = this.#position(conversation, id);
      // Streams before the present one have nothing left that is not acknowledged.
      if (position === undefined || position.seq <= position.acknowledged) return [];
      const { stream, seq, acknowledged } = position;
      this.#sql.acknowledge.run({ seq, stream });
      const rows = this.#sql.ids.all(stream, acknowledged, seq);
      return (rows as { id: Uint8Array | string }[]).map(({ id }) => idFromColumn(id));
    });
  }

  /**
   * Notes that the peer's user has seen a message, and all before it.
   *
   * @returns Of how many messages that is new.
   * @throws {UserError} If the store cannot be written.
   */
  markRead(conversation: ConversationId, id: string): number {
    return this.#transactions.swift("note-outcome", () => {
      const position = this.#position(conversation, id);
      if (position === undefined) return 0;
      const { stream, seq, read } = position;
      const { count } = this.#sql.countUnread.get(conversation, stream) as { count: number };
      if (count > 0) this.#sql.readBefore.run(conversation, stream);
      if (seq > read) this.#sql.markRead.run(seq, stream);
      return count + Math.max(0, seq - read);
    });
  }

  /**
   * Notes that all up to a number of the present stream is at the mailbox.
   *
   * @param atMs The time of day: milliseconds since 1970, UTC.
   * @throws {UserError} If the store cannot be written.
   */
  markDeposited(conversation: ConversationId, upTo: number, atMs: number): void {
    this.#transactions.swift("note-outcome", () => {
      this.#sql.markDeposited.run({ conversation, upTo, atMs });
    });
  }

  /**
   * Notes that the mailbox has nothing any more: what the peer does not have is waiting again.
   *
   * @throws {UserError} If the store cannot be written.
   */
  forgetDeposited(conversation: ConversationId): void {
    this.#transactions.swift("note-outcome", () => this.#sql.forgetDeposited.run(conversation));
  }

  /**
   * Begins a new stream with what the peer does not have, numbered from 1; durable.
   *
   * @throws {UserError} If the store cannot be written, or somebody has changed a text on the disk.
   */
  renumber(conversation: ConversationId): void {
    this.#transactions.durable("renumber", () => {
      const old = this.#stream(conversation);
      this.#conversations.beginStream(conversation);
      this.#move(old, conversation);
    });
  }

  /**
   * Moves what the peer does not have to the end of another conversation, because the user has accepted another
   * key; durable.
   *
   * @returns How many messages.
   * @throws {UserError} If the store cannot be written, or somebody has changed a text on the disk.
   */
  reassign(from: ConversationId, to: ConversationId): number {
    if (from === to) return 0;
    return this.#transactions.durable("reassign", () => {
      const old = this.#stream(from);
      if (old.last === old.acknowledged) return 0;
      // The old key's owner may have some of it: going on with the old numbers would leave a gap, or use a
      // number again.
      this.#conversations.beginStream(from);
      this.#sql.use.run(this.#conversations.get(from).lastAtMs, to);
      return this.#move(old, to);
    });
  }

  /** Moves what is not acknowledged of a stream to the end of a conversation's present one. */
  #move(from: Stream, to: ConversationId): number {
    const stream = this.#stream(to);
    const write = this.#texts.writer();
    let count = 0;
    for (let rows; (rows = this.#waiting(from)).length > 0;) {
      for (const row of rows) {
        const { id, sentAtMs, text } = this.#read(from, row);
        const { position: { seq, prev } } = append(stream, { id, sentAtMs, text });
        const stored = write(ownerOf(stream, id), text);
        this.#sql.move.run(to, stream.row, seq, prev, stored, row.row);
      }
      count += rows.length;
    }
    this.#extend(stream);
    if (from.acknowledged === 0) this.#sql.forgetStream.run(from.row);
    else this.#sql.cut.run(from.row);
    return count;
  }

  #waiting({ row, acknowledged }: Stream): WaitingRow[] {
    return this.#sql.waiting.all(row, acknowledged, batch) as unknown as WaitingRow[];
  }

  #read(stream: Stream, { id: column, sent_at_ms: sentAtMs, text }: WaitingRow) {
    const id = idFromColumn(column);
    return { id, sentAtMs, text: this.#texts.readForSending(ownerOf(stream, id), text) };
  }

  #stream(conversation: ConversationId): Stream {
    const row = this.#sql.stream.get(conversation) as unknown as StreamRow | undefined;
    if (row === undefined) {
      throw new RangeError(`there is no conversation ${conversation} in the store`);
    }
    return { ...row, id: idFromColumn(row.stream), head: row.head ?? streamStart };
  }

  #extend({ last, head, row }: Stream): void {
    this.#sql.extend.run(last, head, row);
  }

  #position(conversation: ConversationId, id: string) {
    return this.#sql.position.get(conversation, idToColumn(id)) as
      | { stream: number; seq: number; acknowledged: number; read: number }
      | undefined;
  }
}

/** The statements. */
function prepare(statements: Statements) {
  const acknowledged = acknowledgedOf("streams");
  return {
    stream: statements.prepare(
      `SELECT c.self, c.name, c.key, s.id AS row, s.stream, s.last, s.head,
         ${acknowledgedOf("s")} AS acknowledged
       FROM conversations c JOIN streams s ON s.id = c.stream WHERE c.id = ?`,
    ),
    insert: statements.prepare(
      `INSERT INTO messages
         (conversation, outgoing, stream, seq, id, prev, sent_at_ms, at_ms, text)
       VALUES (?, 1, ?, ?, ?, ?, ?, ?, ?)`,
    ),
    extend: statements.prepare("UPDATE streams SET last = ?, head = ? WHERE id = ?"),
    use: statements.prepare(
      "UPDATE conversations SET last_at_ms = max(last_at_ms, ?) WHERE id = ?",
    ),
    waiting: statements.prepare(
      `SELECT row, seq, id, prev, sent_at_ms, text FROM messages
       WHERE stream = ? AND seq > ? ORDER BY seq LIMIT ?`,
    ),
    position: statements.prepare(
      `SELECT m.stream, m.seq, ${acknowledgedOf("s")} AS acknowledged, s.read
       FROM messages m JOIN streams s ON s.id = m.stream
       WHERE m.conversation = ? AND m.outgoing = 1 AND m.id = ?`,
    ),
    ids: statements.prepare(
      "SELECT id FROM messages WHERE stream = ? AND seq > ? AND seq <= ? ORDER BY seq",
    ),
    acknowledge: statements.prepare(
      `UPDATE streams SET acknowledged = :seq,
         deposited_at_ms = CASE WHEN deposited > :seq THEN deposited_at_ms END
       WHERE id = :stream`,
    ),
    countUnread: statements.prepare(
      `SELECT coalesce(sum(${acknowledged} - read), 0) AS count FROM streams
       WHERE conversation = ? AND outgoing = 1 AND id < ? AND read < ${acknowledged}`,
    ),
    markRead: statements.prepare("UPDATE streams SET read = ? WHERE id = ?"),
    readBefore: statements.prepare(
      `UPDATE streams SET read = ${acknowledged}
       WHERE conversation = ? AND outgoing = 1 AND id < ? AND read < ${acknowledged}`,
    ),
    // The mailbox forgets the oldest first: the time of the first one counts.
    markDeposited: statements.prepare(
      `UPDATE streams SET deposited = min(:upTo, last),
         deposited_at_ms = CASE WHEN deposited > ${acknowledged} THEN deposited_at_ms ELSE :atMs END
       WHERE id = (SELECT stream FROM conversations WHERE id = :conversation)
         AND min(:upTo, last) > max(deposited, ${acknowledged})`,
    ),
    forgetDeposited: statements.prepare(
      `UPDATE streams SET deposited = 0, deposited_at_ms = NULL
       WHERE id = (SELECT stream FROM conversations WHERE id = ?)`,
    ),
    move: statements.prepare(
      `UPDATE messages SET conversation = ?, stream = ?, seq = ?, prev = ?, text = ?
       WHERE row = ?`,
    ),
    cut: statements.prepare(
      `UPDATE streams SET last = ${acknowledged}, deposited = 0, deposited_at_ms = NULL
       WHERE id = ?`,
    ),
    forgetStream: statements.prepare("DELETE FROM streams WHERE id = ?"),
  };
}

/** Gives a message the next position of a stream. */
function append(stream: Stream, message: Omit<NumberedMessage, "position">): NumberedMessage {
  const { id, acknowledged: floor, head: prev } = stream;
  const numbered = { ...message, position: { stream: id, seq: stream.last + 1, floor, prev } };
  stream.last++;
  stream.head = messageHash(numbered);
  return numbered;
}

function ownerOf({ self, name, key }: PartyColumns, id: string): TextOwner {
  return { self, name, key, direction: "out", id };
}
