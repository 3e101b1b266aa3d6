/**
 * Whom the user has taken off the list of conversations, until something new is said with them.
 *
 * @module
 */

import type { Statements } from "../../shared/storage/late_statements.ts";
import { hiddenTalksMax } from "./store_limits.ts";
import type { Transactions } from "./transactions.ts";

/** The hidden conversations of a store. */
export class HiddenTalks {
  readonly #transactions: Transactions;
  readonly #sql: ReturnType<typeof prepare>;

  constructor(statements: Statements, transactions: Transactions) {
    this.#transactions = transactions;
    this.#sql = prepare(statements);
  }

  /** Those of an own id. */
  of(self: string): OwnHiddenTalks {
    return {
      lastRow: (name) => {
        const row = this.#transactions.reading(
          "read-conversations",
          () => this.#sql.find.get(self, name),
        ) as { last: number } | undefined;
        return row?.last;
      },
      hide: (name, last) =>
        this.#transactions.swift("save-conversation", () => {
          this.#sql.remove.run(self, name);
          this.#sql.put.run(self, name, last);
          this.#sql.makeRoom.run();
        }),
      show: (name) =>
        this.#transactions.swift("save-conversation", () => {
          this.#sql.remove.run(self, name);
        }),
    };
  }
}

/** The hidden conversations of an own id. */
interface OwnHiddenTalks {
  /**
   * The row of the last message that there was with somebody when they were hidden, 0 if there was none; undefined if
   * they are not hidden. If there is a later one they are hidden no more.
   *
   * @throws {UserError} If the store cannot be read.
   */
  lastRow(name: string): number | undefined;
  /** Hides somebody. @param last See {@linkcode lastRow}. @throws {UserError} If the store cannot be written. */
  hide(name: string, last: number): void;
  /** Shows somebody again. @throws {UserError} If the store cannot be written. */
  show(name: string): void;
}

/** The statements. */
function prepare(statements: Statements) {
  return {
    find: statements.prepare("SELECT last FROM hidden_talks WHERE self = ? AND name = ?"),
    remove: statements.prepare("DELETE FROM hidden_talks WHERE self = ? AND name = ?"),
    put: statements.prepare("INSERT INTO hidden_talks (self, name, last) VALUES (?, ?, ?)"),
    makeRoom: statements.prepare(
      `DELETE FROM hidden_talks WHERE row <= (
         SELECT row FROM hidden_talks ORDER BY row DESC LIMIT 1 OFFSET ${hiddenTalksMax})`,
    ),
  };
}
