/**
 * The index of the tokens of readable texts. It holds the messages of one range of rows, which grows in steps: up,
 * as messages are written, and down, where the store is older than the index. While texts are sealed it is empty:
 * it would tell their words.
 *
 * @module
 */

import type { DatabaseSync } from "node:sqlite";
import { lateStatements } from "../../shared/storage/late_statements.ts";
import { UserError } from "../user_error.ts";
import { textFromColumn } from "./column_codec.ts";
import { entryColumns, entryJoins, type MessageRow } from "./message_rows.ts";
import type { SearchTerms } from "./search_terms.ts";
import { tokensOf } from "./search_tokens.ts";
import type { Transactions } from "./transactions.ts";

/** What the index holds. */
interface IndexState {
  /** The rows that it holds are above this one … */
  readonly above: number;
  /** … up to this one. */
  readonly upTo: number;
  /** The last row of all messages. */
  readonly last: number;
  /** Whether texts are put into it: 1, or 0 while they are sealed, or being sealed or unsealed. */
  readonly open: number;
}

/** What became of a step. */
type IndexStep = "more" | "done" | "failed";

/** So many messages are indexed at a time: some 10 ms. */
export const indexBatch = 1_000;

/** The index of a store. */
export class TokenIndex {
  readonly #transactions: Transactions;
  readonly #sql: ReturnType<typeof prepare>;

  constructor(database: DatabaseSync, transactions: Transactions) {
    this.#transactions = transactions;
    this.#sql = prepare(database);
  }

  /** What it holds now: other programs may fill it, too. @throws {UserError} If the store cannot be read. */
  state(): IndexState {
    return this.#transactions.reading(
      "search",
      () => this.#sql.state.get() as unknown as IndexState,
    );
  }

  /**
   * The last messages of the index that have what is searched for, latest first.
   *
   * @param self Only messages of this own id.
   * @param above Only rows above this one …
   * @param before … and before this one.
   * @throws {UserError} If the store cannot be read.
   */
  find(
    terms: SearchTerms,
    self: string,
    above: number,
    before: number,
    limit: number,
  ): MessageRow[] {
    return this.#transactions.reading(
      "search",
      () => this.#sql.find.all({ query: terms.query, self, above, before, limit }),
    ) as unknown as MessageRow[];
  }

  /** Puts the first messages into it that are behind what it holds. */
  growUp(): IndexStep {
    return this.#step(({ upTo, last }) => {
      const to = Math.min(upTo + indexBatch, last);
      this.#sql.add.run(upTo, to);
      this.#sql.setUpTo.run(to);
      return to < last;
    });
  }

  /** Puts the last messages into it that are before what it holds. */
  growDown(): IndexStep {
    return this.#step(({ above }) => {
      const to = Math.max(above - indexBatch, 0);
      this.#sql.add.run(to, above);
      this.#sql.setAbove.run(to);
      if (to > 0) return true;
      if (above > 0) this.#forgetOldIndex();
      return false;
    });
  }

  /** The index of version 0.3.0 takes room. If 0.3.0 is used again it makes a new one. */
  #forgetOldIndex(): void {
    this.#sql.forgetWords.run();
    this.#sql.forgetIndexed.run();
  }

  #step(grow: (state: IndexState) => boolean): IndexStep {
    try {
      return this.#transactions.swift("index", () => {
          const state = this.state();
          return state.open === 1 && grow(state);
        })
        ? "more"
        : "done";
    } catch (error) {
      // The disk may be full. What is not in the index is found without it.
      if (error instanceof UserError) return "failed";
      throw error;
    }
  }
}

/** The statements, with the function that they use. */
function prepare(database: DatabaseSync) {
  database.function(
    "tokens_of",
    { deterministic: true },
    (text) => tokensOf(textFromColumn(text as string)).join(" "),
  );
  const statements = lateStatements(database);
  return {
    state: statements.prepare(
      `SELECT above, up_to AS upTo, (SELECT coalesce(max(row), 0) FROM messages) AS last,
         sealed = 0 AND converting = 0 AS open
       FROM token_rows, keeping`,
    ),
    setAbove: statements.prepare("UPDATE token_rows SET above = ?"),
    setUpTo: statements.prepare("UPDATE token_rows SET up_to = ?"),
    // Most texts are ASCII. The index itself takes those apart as `tokensOf` does, in a fraction of the time.
    add: statements.prepare(
      `INSERT INTO tokens (rowid, text)
       SELECT row, iif(octet_length(text) = length(text), text, tokens_of(text)) FROM messages
       WHERE row > ? AND row <= ? AND typeof(text) = 'text' ORDER BY row`,
    ),
    // CROSS: in the order of the index, so that it stops as soon as it has found enough.
    find: statements.prepare(
      `SELECT ${entryColumns} FROM tokens t CROSS JOIN messages m ON m.row = t.rowid CROSS ${entryJoins}
       WHERE t.tokens MATCH :query AND t.rowid > :above AND t.rowid < :before AND c.self = :self
       ORDER BY t.rowid DESC LIMIT :limit`,
    ),
    forgetWords: statements.prepare("INSERT INTO words (words) VALUES ('delete-all')"),
    forgetIndexed: statements.prepare("UPDATE keeping SET indexed = 0"),
  };
}
