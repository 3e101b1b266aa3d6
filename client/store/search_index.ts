/**
 * Finding messages by their words.
 *
 * Readable texts have an index. It is filled in steps, so that sending and receiving wait for little. Texts that
 * are not in the index yet are looked through one by one, and so are sealed texts: an index would tell their
 * words.
 *
 * @module
 */

import type { DatabaseSync, StatementSync } from "node:sqlite";
import { UserError } from "../user_error.ts";
import {
  entryColumns,
  entryJoins,
  entryOf,
  type HistoryEntry,
  type MessageRow,
  ownerOf,
} from "./message_rows.ts";
import { SearchTerms } from "./search_terms.ts";
import type { TextColumn } from "./text_column.ts";
import type { Transactions } from "./transactions.ts";

/** So many messages are indexed at a time: some 5 ms. */
const indexBatch = 1_000;
/** So many messages are looked through at a time: some 10 ms. */
const scanBatch = 500;

/** The search of a store. */
export class SearchIndex {
  readonly #transactions: Transactions;
  readonly #texts: TextColumn;
  readonly #sql: Record<"state" | "index" | "setIndexed" | "find" | "scan", StatementSync>;
  /** How many messages this program has written since it last filled the index. */
  #unindexed = 0;

  constructor(database: DatabaseSync, transactions: Transactions, texts: TextColumn) {
    this.#transactions = transactions;
    this.#texts = texts;
    this.#sql = {
      state: database.prepare(
        `SELECT sealed, indexed, (SELECT coalesce(max(row), 0) FROM messages) AS last
         FROM keeping`,
      ),
      index: database.prepare(
        `INSERT INTO words (rowid, text) SELECT row, text FROM messages
         WHERE row > ? AND row <= ? AND typeof(text) = 'text'`,
      ),
      setIndexed: database.prepare("UPDATE keeping SET indexed = ?"),
      // CROSS: in the order of the index, so that it stops as soon as it has found enough.
      find: database.prepare(
        `SELECT ${entryColumns} FROM words w CROSS JOIN messages m ON m.row = w.rowid CROSS ${entryJoins}
         WHERE w.words MATCH ? AND c.self = ? ORDER BY w.rowid DESC LIMIT ?`,
      ),
      scan: database.prepare(
        `SELECT ${entryColumns} FROM messages m CROSS ${entryJoins}
         WHERE m.row < ? AND m.row > ? ORDER BY m.row DESC LIMIT ${scanBatch}`,
      ),
    };
  }

  /** See {@linkcode History.search}. */
  *search(self: string, words: string, limit: number): Generator<void, HistoryEntry[], void> {
    const terms = new SearchTerms(words);
    if (terms.empty) throw new UserError({ code: "nothing-to-search-for", words });
    const found: HistoryEntry[] = [];
    if (limit < 1) return found;
    while (this.#lag() >= indexBatch && this.#tryIndexSome() === "more") yield;
    const { indexed, last } = this.#state();
    for (let before = last + 1; before > indexed + 1;) {
      const rows = this.#scan(before, indexed);
      for (const row of rows) {
        if (row.self !== self) continue;
        if (!terms.match(this.#texts.read(ownerOf(row), row.text) ?? "")) continue;
        if (found.push(entryOf(row, this.#texts)) === limit) return found.reverse();
      }
      if (rows.length < scanBatch) break;
      before = rows.at(-1)!.row;
      yield;
    }
    if (indexed > 0) found.push(...this.#find(terms, self, limit - found.length));
    return found.reverse();
  }

  /** Notes that messages have been written. */
  noteWritten(count: number): void {
    this.#unindexed += count;
    if (this.#unindexed < indexBatch) return;
    // One step and no more, however much there is: the caller has more to do.
    if (this.#tryIndexSome() !== "more") this.#unindexed = 0;
  }

  /**
   * Puts the next messages into the index.
   *
   * @returns Whether there are more.
   * @throws {UserError} If the store cannot be written.
   */
  indexSome(): boolean {
    return this.#transactions.swift("index", () => {
      const { sealed, indexed, last } = this.#state();
      if (sealed === 1 || indexed >= last) return false;
      const to = Math.min(indexed + indexBatch, last);
      this.#sql.index.run(indexed, to);
      this.#sql.setIndexed.run(to);
      return to < last;
    });
  }

  #tryIndexSome(): "more" | "done" | "failed" {
    try {
      return this.indexSome() ? "more" : "done";
    } catch (error) {
      // The disk may be full. What is not in the index is found without it.
      if (error instanceof UserError) return "failed";
      throw error;
    }
  }

  #state(): { sealed: number; indexed: number; last: number } {
    return this.#transactions.reading(
      "search",
      () => this.#sql.state.get() as { sealed: number; indexed: number; last: number },
    );
  }

  /** How many messages could be in the index and are not. */
  #lag(): number {
    const { sealed, indexed, last } = this.#state();
    return sealed === 1 ? 0 : last - indexed;
  }

  #scan(before: number, after: number): MessageRow[] {
    return this.#transactions.reading(
      "search",
      () => this.#sql.scan.all(before, after) as unknown as MessageRow[],
    );
  }

  #find(terms: SearchTerms, self: string, limit: number): HistoryEntry[] {
    const rows = this.#transactions.reading(
      "search",
      () => this.#sql.find.all(terms.query, self, limit) as unknown as MessageRow[],
    );
    return rows.map((row) => entryOf(row, this.#texts));
  }
}
