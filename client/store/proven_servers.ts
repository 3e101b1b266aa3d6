/**
 * The servers that have shown to speak Version 1 of the protocol, in this run or an earlier one.
 *
 * @module
 */

import type { Statements } from "../../shared/storage/late_statements.ts";
import type { Transactions } from "./transactions.ts";

/** Servers that are remembered, at most. Further ones are not. */
const serversMax = 1_000;

/** The servers that speak Version 1, by what they are named on the command line. */
export class ProvenServers {
  readonly #transactions: Transactions;
  readonly #sql: ReturnType<typeof prepare>;

  constructor(statements: Statements, transactions: Transactions) {
    this.#transactions = transactions;
    this.#sql = prepare(statements);
  }

  /** Whether a server is remembered. @throws {UserError} If the store cannot be read. */
  has(place: string): boolean {
    return this.#transactions.reading("read-keys", () => this.#sql.find.get(place)) !== undefined;
  }

  /** Remembers a server. @throws {UserError} If the store cannot be written. */
  add(place: string): void {
    this.#transactions.swift("save-key", () => this.#sql.add.run(place, serversMax));
  }
}

/** The statements. */
function prepare(statements: Statements) {
  return {
    find: statements.prepare("SELECT 1 FROM proven_servers WHERE place = ?"),
    add: statements.prepare(
      `INSERT OR IGNORE INTO proven_servers (place)
       SELECT ? WHERE (SELECT count(*) FROM proven_servers) < ?`,
    ),
  };
}
