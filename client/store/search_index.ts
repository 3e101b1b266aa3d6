/**
 * Finding messages by their words: in the index, and what is not in it by looking through one text after the
 * other.
 *
 * @module
 */

import type { DatabaseSync } from "node:sqlite";
import { lateStatements, type Statement } from "../../shared/storage/late_statements.ts";
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
import { tokensOf } from "./search_tokens.ts";
import type { TextColumn } from "./text_column.ts";
import { indexBatch, TokenIndex } from "./token_index.ts";
import type { Transactions } from "./transactions.ts";

/** So many messages are looked through at a time: some 10 ms. */
const scanBatch = 500;

/** What a search has found. */
export interface Found {
  /** Oldest first. */
  readonly entries: readonly HistoryEntry[];
  /** Words that were not searched for, as they hold nothing that can be, or are too many. */
  readonly ignored: readonly string[];
}

/** The search of a store. */
export class SearchIndex {
  readonly #transactions: Transactions;
  readonly #texts: TextColumn;
  readonly #index: TokenIndex;
  readonly #scan: Statement;
  /** How many messages this program has written since it last filled the index. */
  #unindexed = 0;

  constructor(database: DatabaseSync, transactions: Transactions, texts: TextColumn) {
    this.#transactions = transactions;
    this.#texts = texts;
    this.#index = new TokenIndex(database, transactions);
    this.#scan = lateStatements(database).prepare(
      `SELECT ${entryColumns} FROM messages m CROSS ${entryJoins}
       WHERE m.row < ? AND m.row > ? ORDER BY m.row DESC LIMIT ${scanBatch}`,
    );
  }

  /** See {@linkcode History.search}. */
  *search(self: string, words: string, limit: number): Generator<void, Found, void> {
    const terms = new SearchTerms(words);
    if (terms.empty) throw new UserError({ code: "nothing-to-search-for", words });
    while (this.#lag() >= indexBatch && this.#index.growUp() === "more") yield;
    const found: MessageRow[] = [];
    let grows = true;
    // From the last message to the first one. Between two steps the index may have changed.
    for (let before = Number.MAX_SAFE_INTEGER; before > 1 && found.length < limit;) {
      const { above, upTo, open } = this.#index.state();
      const room = limit - found.length;
      if (before <= upTo + 1 && before > above + 1) {
        found.push(...this.#index.find(terms, self, above, before, room));
        before = above + 1;
        continue;
      }
      if (before <= above + 1 && open === 1 && grows) {
        grows = this.#index.growDown() !== "failed";
      } else {
        const after = before > upTo + 1 ? upTo : 0;
        const rows = this.#read(before, after);
        found.push(...rows.values().filter((row) => this.#matches(row, self, terms)).take(room));
        before = rows.length < scanBatch ? after + 1 : rows.at(-1)!.row;
      }
      yield;
    }
    const entries = found.map((row) => entryOf(row, this.#texts)).reverse();
    return { entries, ignored: terms.ignored };
  }

  /** Notes that messages have been written. */
  noteWritten(count: number): void {
    this.#unindexed += count;
    if (this.#unindexed < indexBatch) return;
    // One step and no more, however much there is: the caller has more to do.
    if (this.#index.growUp() !== "more") this.#unindexed = 0;
  }

  /** How many messages have been written that could be in the index and are not. */
  #lag(): number {
    const { open, upTo, last } = this.#index.state();
    return open === 1 ? last - upTo : 0;
  }

  #read(before: number, after: number): MessageRow[] {
    return this.#transactions.reading(
      "search",
      () => this.#scan.all(before, after) as unknown as MessageRow[],
    );
  }

  #matches(row: MessageRow, self: string, terms: SearchTerms): boolean {
    return row.self === self &&
      terms.match(tokensOf(this.#texts.read(ownerOf(row), row.text) ?? ""));
  }
}
