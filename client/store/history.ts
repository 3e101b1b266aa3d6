/**
 * What was said, read again.
 *
 * @module
 */

import type { Statement, Statements } from "../../shared/storage/late_statements.ts";
import type { ConversationId } from "./conversation_table.ts";
import {
  entryColumns,
  entryJoins,
  type HistoryEntry,
  type MessageRow,
  type MessageRows,
  type MessageState,
  type Start,
  stateOf,
} from "./message_rows.ts";
import { idToColumn } from "./column_codec.ts";
import type { Found, SearchIndex } from "./search_index.ts";
import type { Transactions } from "./transactions.ts";

/** So many messages of a conversation are read at a time: few, because there may be many conversations. */
const historyPageSize = 50;
const exportPageSize = 500;

/** A row of the store next to which messages are read. Behind one they are those with a peer. */
export type HistoryPoint = { readonly before?: number } | { readonly behind: number };

/** The history of a store. */
export class History {
  readonly #transactions: Transactions;
  readonly #rows: MessageRows;
  readonly #index: Pick<SearchIndex, "search">;
  readonly #sql: Record<"latest" | "ofSelf" | "ofAll" | "sent", Statement>;

  constructor(
    statements: Statements,
    transactions: Transactions,
    rows: MessageRows,
    index: Pick<SearchIndex, "search">,
  ) {
    this.#transactions = transactions;
    this.#rows = rows;
    this.#index = index;
    this.#sql = {
      // The last N messages are in the N conversations that have the last ones.
      latest: statements.prepare(
        `SELECT id, (SELECT row FROM messages m WHERE m.conversation = c.id AND m.row < :before
           ORDER BY row DESC LIMIT 1) AS newest
         FROM conversations c WHERE self = :self ORDER BY newest DESC LIMIT :limit`,
      ),
      ofSelf: statements.prepare("SELECT id FROM conversations WHERE self = ? AND name = ?"),
      sent: statements.prepare(
        `SELECT ${entryColumns} FROM messages m ${entryJoins}
         WHERE m.conversation = ? AND m.outgoing = 1 AND m.id = ?`,
      ),
      ofAll: statements.prepare("SELECT id FROM conversations WHERE name = ?"),
    };
  }

  /**
   * The last messages, oldest first.
   *
   * @param self One's own id.
   * @param name The peer's id; undefined for all peers.
   * @param limit At most so many.
   * @param before Only messages before this row; all unless given.
   * @throws {UserError} If the store cannot be read.
   */
  latest(
    self: string,
    name: string | undefined,
    limit: number,
    before = Number.MAX_SAFE_INTEGER,
  ): HistoryEntry[] {
    return this.#transactions.reading("read-history", () => {
      const ids = name === undefined
        ? idsOf(this.#sql.latest.all({ self, before, limit }))
        : idsOf(this.#sql.ofSelf.all(self, name));
      const rows = this.#rows.read(
        startsAt(ids, before),
        "older",
        Math.min(limit, historyPageSize),
      );
      return rows.take(limit).toArray().reverse();
    });
  }

  /**
   * A part of what was said, oldest first: the last messages before a row, or the first ones with a peer behind one;
   * without either the last of all.
   *
   * @param self One's own id.
   * @param name The peer's id; undefined for all peers.
   * @param limit At most so many.
   * @throws {UserError} If the store cannot be read.
   */
  page(
    self: string,
    name: string | undefined,
    limit: number,
    point: HistoryPoint = {},
  ): HistoryEntry[] {
    if (!("behind" in point)) return this.latest(self, name, limit, point.before);
    return this.#transactions.reading("read-history", () => {
      const starts = startsAt(
        idsOf(name === undefined ? [] : this.#sql.ofSelf.all(self, name)),
        point.behind,
      );
      return this.#rows.read(starts, "newer", Math.min(limit, historyPageSize)).take(limit)
        .toArray();
    });
  }

  /**
   * The last messages that hold all the words, oldest first. Case and accents do not matter; the last word may
   * be only the beginning of one. In scripts without blanks, and in Korean, words are found wherever they stand;
   * so are emoji. It goes in steps of some 10 ms each, between which the caller can do something else: to go
   * through a million sealed texts takes long, and so does the first search of a store of version 0.3.0.
   *
   * @param self One's own id.
   * @param words As the user has written them.
   * @param limit At most so many.
   * @throws {UserError} If the words hold nothing that can be searched for, or the store cannot be read.
   */
  search(self: string, words: string, limit: number): Generator<void, Found, void> {
    return this.#index.search(self, words, limit);
  }

  /**
   * What has become of a message that was sent.
   *
   * @param self One's own id.
   * @param name The peer's id.
   * @returns Undefined if there is no such message.
   * @throws {UserError} If the store cannot be read.
   */
  stateOf(self: string, name: string, id: string): MessageState | undefined {
    return this.#transactions.reading("read-history", () => {
      for (const conversation of idsOf(this.#sql.ofSelf.all(self, name))) {
        const row = this.#sql.sent.get(conversation, idToColumn(id));
        if (row !== undefined) return stateOf(row as unknown as MessageRow);
      }
      return undefined;
    });
  }

  /**
   * All messages with a peer, oldest first. It takes little memory, however many there are.
   *
   * @param self One's own id; undefined for all own ids.
   * @param name The peer's id.
   * @param behind Only messages behind this row.
   * @throws {UserError} If the store cannot be read.
   */
  *export(self: string | undefined, name: string, behind = 0): Iterable<HistoryEntry> {
    const rows = this.#transactions.reading("read-history", () => {
      const ids = idsOf(
        self === undefined ? this.#sql.ofAll.all(name) : this.#sql.ofSelf.all(self, name),
      );
      return this.#rows.read(startsAt(ids, behind), "newer", exportPageSize);
    });
    for (;;) {
      const { value, done } = this.#transactions.reading("read-history", () => rows.next());
      if (done === true) return;
      yield value!;
    }
  }
}

function idsOf(rows: unknown): ConversationId[] {
  return (rows as { id: ConversationId }[]).map(({ id }) => id);
}

function startsAt(conversations: readonly ConversationId[], row: number): Start[] {
  return conversations.map((conversation) => ({ conversation, row }));
}
