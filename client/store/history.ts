/**
 * What was said, read again.
 *
 * @module
 */

import type { DatabaseSync, StatementSync } from "node:sqlite";
import type { ConversationId, HistoryEntry } from "./journal.ts";
import { entryOf, type MessageRows, type Start } from "./message_rows.ts";
import type { Texts } from "./text_column.ts";
import type { Transactions } from "./transactions.ts";

/** Messages of one conversation that are read at once: few where there are many conversations. */
const historyPageSize = 50;
const exportPageSize = 500;

const reading = "read what was said";

/** The history of a store. */
export class History {
  readonly #transactions: Transactions;
  readonly #texts: Texts;
  readonly #rows: MessageRows;
  readonly #sql: Record<"latest" | "ofSelf" | "ofAll", StatementSync>;

  constructor(
    database: DatabaseSync,
    transactions: Transactions,
    texts: Texts,
    rows: MessageRows,
  ) {
    this.#transactions = transactions;
    this.#texts = texts;
    this.#rows = rows;
    this.#sql = {
      // The last so many messages are of the so many conversations that have the last ones.
      latest: database.prepare(
        `SELECT id, (SELECT row FROM messages m WHERE m.conversation = c.id AND m.row < :before
           ORDER BY row DESC LIMIT 1) AS newest
         FROM conversations c WHERE self = :self ORDER BY newest DESC LIMIT :limit`,
      ),
      ofSelf: database.prepare("SELECT id FROM conversations WHERE self = ? AND name = ?"),
      ofAll: database.prepare("SELECT id FROM conversations WHERE name = ?"),
    };
  }

  /** See {@linkcode Journal}. */
  history(
    self: string,
    name: string | undefined,
    limit: number,
    before = Number.MAX_SAFE_INTEGER,
  ): HistoryEntry[] {
    return this.#transactions.reading(reading, () => {
      const ids = name === undefined
        ? idsOf(this.#sql.latest.all({ self, before, limit }))
        : idsOf(this.#sql.ofSelf.all(self, name));
      const rows = this.#rows.read(
        startsAt(ids, before),
        "older",
        Math.min(limit, historyPageSize),
      );
      return rows.take(limit).map((row) => entryOf(row, this.#texts)).toArray().reverse();
    });
  }

  /** See {@linkcode Journal}. */
  *export(self: string | undefined, name: string): Generator<HistoryEntry, void> {
    const rows = this.#transactions.reading(reading, () => {
      const ids = idsOf(
        self === undefined ? this.#sql.ofAll.all(name) : this.#sql.ofSelf.all(self, name),
      );
      return this.#rows.read(startsAt(ids, 0), "newer", exportPageSize);
    });
    for (;;) {
      const { value, done } = this.#transactions.reading(reading, () => rows.next());
      if (done === true) return;
      yield entryOf(value!, this.#texts);
    }
  }
}

function idsOf(rows: unknown): ConversationId[] {
  return (rows as { id: ConversationId }[]).map(({ id }) => id);
}

function startsAt(conversations: readonly ConversationId[], row: number): Start[] {
  return conversations.map((conversation) => ({ conversation, row }));
}
