/**
 * The conversations whose peer has not shown its key yet: a server has named it, and nobody has proven it.
 *
 * @module
 */

import type { Statements } from "../../shared/storage/late_statements.ts";
import type { ConversationId } from "./conversation_table.ts";
import type { Transactions } from "./transactions.ts";

/** Which conversations rest on the word of a server. */
export class ServerKeys {
  readonly #transactions: Transactions;
  readonly #sql: ReturnType<typeof prepare>;

  constructor(statements: Statements, transactions: Transactions) {
    this.#transactions = transactions;
    this.#sql = prepare(statements);
  }

  /** Whether the key of a conversation is a server's word. @throws {UserError} If the store cannot be read. */
  has(conversation: ConversationId): boolean {
    return this.#transactions.reading("read-keys", () => this.#sql.find.get(conversation)) !==
      undefined;
  }

  /** Marks a conversation. @throws {UserError} If the store cannot be written. */
  add(conversation: ConversationId): void {
    this.#transactions.swift("save-key", () => this.#sql.add.run(conversation));
  }

  /** The peer has proven its key. @throws {UserError} If the store cannot be read or written. */
  proven(conversation: ConversationId): void {
    // Most have been proven: nothing is written then.
    if (!this.has(conversation)) return;
    this.#transactions.swift("save-key", () => this.#sql.remove.run(conversation));
  }
}

/** The statements. */
function prepare(statements: Statements) {
  return {
    find: statements.prepare("SELECT 1 FROM server_keys WHERE conversation = ?"),
    add: statements.prepare("INSERT OR IGNORE INTO server_keys (conversation) VALUES (?)"),
    remove: statements.prepare("DELETE FROM server_keys WHERE conversation = ?"),
  };
}
