/**
 * What is sent: it gets its place in the conversation's stream as it is accepted, and waits until the peer
 * has it.
 *
 * @module
 */

import type { DatabaseSync, StatementSync } from "node:sqlite";
import {
  chainHash,
  chainStart,
  type NumberedMessage,
} from "../../shared/protocol/message_stream.ts";
import { idFromColumn, idToColumn, type PartyColumns } from "./column_codec.ts";
import type { ConversationTable } from "./conversation_table.ts";
import type { ConversationId, Draft } from "./journal.ts";
import type { SearchIndex } from "./search_index.ts";
import type { TextColumn, Texts } from "./text_column.ts";
import type { TextOwner } from "./text_cipher.ts";
import type { Transactions } from "./transactions.ts";

/** The present stream of a conversation, and where it ends. */
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
  readonly read: number;
}

interface WaitingRow {
  readonly row: number;
  readonly seq: number;
  readonly id: Uint8Array | string;
  readonly prev: string;
  readonly sent_at_ms: number;
  readonly text: TextColumn;
}

/** Messages that are renumbered at once. */
const batch = 500;

const keeping = "keep the message";
const noting = "note what became of a message";

/** The messages that a store has for peers. */
export class OutgoingMessages {
  readonly #transactions: Transactions;
  readonly #conversations: ConversationTable;
  readonly #texts: Texts;
  readonly #index: Pick<SearchIndex, "noteWritten">;
  readonly #sql: Record<
    | "stream"
    | "insert"
    | "extend"
    | "use"
    | "waiting"
    | "place"
    | "ids"
    | "acknowledge"
    | "countUnread"
    | "markRead"
    | "readBefore"
    | "markDeposited"
    | "forgetDeposited"
    | "move"
    | "cut"
    | "forgetStream",
    StatementSync
  >;

  constructor(
    database: DatabaseSync,
    transactions: Transactions,
    conversations: ConversationTable,
    texts: Texts,
    index: Pick<SearchIndex, "noteWritten">,
  ) {
    this.#transactions = transactions;
    this.#conversations = conversations;
    this.#texts = texts;
    this.#index = index;
    this.#sql = {
      stream: database.prepare(
        `SELECT c.self, c.name, c.key, s.id AS row, s.stream, s.last, s.head, s.acknowledged, s.read
         FROM conversations c JOIN streams s ON s.id = c.stream WHERE c.id = ?`,
      ),
      insert: database.prepare(
        `INSERT INTO messages
           (conversation, outgoing, stream, seq, id, prev, sent_at_ms, at_ms, text)
         VALUES (?, 1, ?, ?, ?, ?, ?, ?, ?)`,
      ),
      extend: database.prepare("UPDATE streams SET last = ?, head = ? WHERE id = ?"),
      use: database.prepare(
        "UPDATE conversations SET last_at_ms = max(last_at_ms, ?) WHERE id = ?",
      ),
      waiting: database.prepare(
        `SELECT row, seq, id, prev, sent_at_ms, text FROM messages
         WHERE stream = ? AND seq > ? ORDER BY seq LIMIT ?`,
      ),
      place: database.prepare(
        `SELECT m.stream, m.seq, s.acknowledged, s.read
         FROM messages m JOIN streams s ON s.id = m.stream
         WHERE m.conversation = ? AND m.outgoing = 1 AND m.id = ?`,
      ),
      ids: database.prepare(
        "SELECT id FROM messages WHERE stream = ? AND seq > ? AND seq <= ? ORDER BY seq",
      ),
      acknowledge: database.prepare(
        `UPDATE streams SET acknowledged = :seq,
           deposited_at_ms = CASE WHEN deposited > :seq THEN deposited_at_ms END
         WHERE id = :stream`,
      ),
      countUnread: database.prepare(
        `SELECT coalesce(sum(acknowledged - read), 0) AS count FROM streams
         WHERE conversation = ? AND outgoing = 1 AND id < ? AND read < acknowledged`,
      ),
      markRead: database.prepare("UPDATE streams SET read = ? WHERE id = ?"),
      readBefore: database.prepare(
        `UPDATE streams SET read = acknowledged
         WHERE conversation = ? AND outgoing = 1 AND id < ? AND read < acknowledged`,
      ),
      // The mailbox forgets the oldest first: it is the first one's time that counts.
      markDeposited: database.prepare(
        `UPDATE streams SET deposited = min(:upTo, last),
           deposited_at_ms = CASE WHEN deposited > acknowledged THEN deposited_at_ms ELSE :atMs END
         WHERE id = (SELECT stream FROM conversations WHERE id = :conversation)
           AND min(:upTo, last) > max(deposited, acknowledged)`,
      ),
      forgetDeposited: database.prepare(
        `UPDATE streams SET deposited = 0, deposited_at_ms = NULL
         WHERE id = (SELECT stream FROM conversations WHERE id = ?)`,
      ),
      move: database.prepare(
        `UPDATE messages SET conversation = ?, stream = ?, seq = ?, prev = ?, text = ?
         WHERE row = ?`,
      ),
      cut: database.prepare(
        `UPDATE streams SET last = acknowledged, deposited = 0, deposited_at_ms = NULL
         WHERE id = ?`,
      ),
      forgetStream: database.prepare("DELETE FROM streams WHERE id = ?"),
    };
  }

  /** See {@linkcode Journal}. */
  accept(drafts: readonly Draft[]): (NumberedMessage | undefined)[] {
    const letters = this.#transactions.durable(keeping, () => {
      const write = this.#texts.writer();
      const streams = new Map<ConversationId, Stream>();
      const usedAtMs = new Map<ConversationId, number>();
      const letters = drafts.map((draft) => {
        const { conversation, numbered, id, sentAtMs } = draft;
        const stream = streams.get(conversation) ?? this.#stream(conversation);
        streams.set(conversation, stream);
        usedAtMs.set(conversation, Math.max(usedAtMs.get(conversation) ?? 0, sentAtMs));
        // As it is going to be read again: halves of surrogate pairs have no UTF-8.
        const text = draft.text.toWellFormed();
        const letter = numbered ? append(stream, { id, sentAtMs, text }) : undefined;
        this.#sql.insert.run(
          conversation,
          letter === undefined ? null : stream.row,
          letter?.place.seq ?? null,
          idToColumn(id),
          letter?.place.prev ?? null,
          sentAtMs,
          sentAtMs,
          write(ownerOf(stream, id), text),
        );
        return letter;
      });
      for (const [conversation, stream] of streams) {
        this.#extend(stream);
        this.#sql.use.run(usedAtMs.get(conversation)!, conversation);
      }
      return letters;
    });
    this.#index.noteWritten(drafts.length);
    return letters;
  }

  /** See {@linkcode Journal}. */
  unacknowledged(conversation: ConversationId, after: number, limit: number): NumberedMessage[] {
    return this.#transactions.reading("read what is to be sent", () => {
      const stream = this.#stream(conversation);
      const { id, acknowledged } = stream;
      const rows = this.#sql.waiting.all(stream.row, Math.max(after, acknowledged), limit);
      return (rows as unknown as WaitingRow[]).map((row) => ({
        ...this.#letter(stream, row),
        place: { stream: id, seq: row.seq, floor: acknowledged, prev: row.prev },
      }));
    });
  }

  /** See {@linkcode Journal}. */
  acknowledge(conversation: ConversationId, id: string): string[] {
    return this.#transactions.swift(noting, () => {
      const place = this.#place(conversation, id);
      // Streams before the present one have nothing any more that is not acknowledged.
      if (place === undefined || place.seq <= place.acknowledged) return [];
      const { stream, seq, acknowledged } = place;
      this.#sql.acknowledge.run({ seq, stream });
      const rows = this.#sql.ids.all(stream, acknowledged, seq);
      return (rows as { id: Uint8Array | string }[]).map(({ id }) => idFromColumn(id));
    });
  }

  /** See {@linkcode Journal}. */
  markRead(conversation: ConversationId, id: string): number {
    return this.#transactions.swift(noting, () => {
      const place = this.#place(conversation, id);
      if (place === undefined) return 0;
      const { stream, seq, read } = place;
      const { count } = this.#sql.countUnread.get(conversation, stream) as { count: number };
      if (count > 0) this.#sql.readBefore.run(conversation, stream);
      if (seq > read) this.#sql.markRead.run(seq, stream);
      return count + Math.max(0, seq - read);
    });
  }

  /** See {@linkcode Journal}. */
  markDeposited(conversation: ConversationId, upTo: number, atMs: number): void {
    this.#transactions.swift(noting, () => {
      this.#sql.markDeposited.run({ conversation, upTo, atMs });
    });
  }

  /** See {@linkcode Journal}. */
  forgetDeposited(conversation: ConversationId): void {
    this.#transactions.swift(noting, () => this.#sql.forgetDeposited.run(conversation));
  }

  /** See {@linkcode Journal}. */
  renumber(conversation: ConversationId): void {
    this.#transactions.durable("number the messages anew", () => {
      const old = this.#stream(conversation);
      this.#conversations.beginStream(conversation);
      this.#move(old, conversation);
    });
  }

  /** See {@linkcode Journal}. */
  reassign(from: ConversationId, to: ConversationId): number {
    if (from === to) return 0;
    return this.#transactions.durable("send the messages to another key", () => {
      const old = this.#stream(from);
      if (old.last === old.acknowledged) return 0;
      // Some of it may be there: whoever numbers on would leave a gap, or use a number again.
      this.#conversations.beginStream(from);
      this.#sql.use.run(this.#conversations.get(from).lastAtMs, to);
      return this.#move(old, to);
    });
  }

  /** Moves what a stream has that is not acknowledged to the end of a conversation's present one. */
  #move(from: Stream, to: ConversationId): number {
    const stream = this.#stream(to);
    const write = this.#texts.writer();
    let count = 0;
    for (let rows; (rows = this.#waiting(from)).length > 0;) {
      for (const row of rows) {
        const { id, sentAtMs, text } = this.#letter(from, row);
        const { place } = append(stream, { id, sentAtMs, text });
        const column = write(ownerOf(stream, id), text);
        this.#sql.move.run(to, stream.row, place.seq, place.prev, column, row.row);
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

  #letter(stream: Stream, { id: column, sent_at_ms: sentAtMs, text }: WaitingRow) {
    const id = idFromColumn(column);
    return { id, sentAtMs, text: this.#texts.readForSending(ownerOf(stream, id), text) };
  }

  #stream(conversation: ConversationId): Stream {
    const row = this.#sql.stream.get(conversation) as unknown as StreamRow | undefined;
    if (row === undefined) throw new Error(`There is no conversation ${conversation} in the store`);
    return { ...row, id: idFromColumn(row.stream), head: row.head ?? chainStart };
  }

  #extend({ last, head, row }: Stream): void {
    this.#sql.extend.run(last, head, row);
  }

  #place(conversation: ConversationId, id: string) {
    return this.#sql.place.get(conversation, idToColumn(id)) as
      | { stream: number; seq: number; acknowledged: number; read: number }
      | undefined;
  }
}

/** Gives a letter the next place of a stream. */
function append(stream: Stream, letter: Omit<NumberedMessage, "place">): NumberedMessage {
  const { id, acknowledged: floor, head: prev } = stream;
  const placed = { ...letter, place: { stream: id, seq: stream.last + 1, floor, prev } };
  stream.last++;
  stream.head = chainHash(placed);
  return placed;
}

function ownerOf({ self, name, key }: PartyColumns, id: string): TextOwner {
  return { self, name, key, direction: "out", id };
}
