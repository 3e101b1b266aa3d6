/**
 * Statements that are prepared when each is first run. A program has many, and most runs of it need few.
 *
 * @module
 */

import type { DatabaseSync, StatementSync } from "node:sqlite";

/** A statement, as far as it is run. */
export type Statement = Pick<StatementSync, "run" | "get" | "all" | "iterate">;

/** What makes statements of SQL. */
export interface Statements {
  prepare(sql: string): Statement;
}

/** Has the statements of a database prepared late. What is wrong with one is thrown when it is run. */
export function lateStatements(database: Pick<DatabaseSync, "prepare">): Statements {
  return { prepare: (sql) => new LateStatement(() => database.prepare(sql) as Forwarded) };
}

/** What can be said of a statement's methods at once: each takes values in more than one form. */
type Forwarded = {
  [Name in keyof Statement]: (...values: unknown[]) => ReturnType<Statement[Name]>;
};

class LateStatement implements Forwarded {
  readonly #prepare: () => Forwarded;
  #prepared: Forwarded | undefined;

  constructor(prepare: () => Forwarded) {
    this.#prepare = prepare;
  }

  run(...values: unknown[]) {
    return this.#statement.run(...values);
  }

  get(...values: unknown[]) {
    return this.#statement.get(...values);
  }

  all(...values: unknown[]) {
    return this.#statement.all(...values);
  }

  iterate(...values: unknown[]) {
    return this.#statement.iterate(...values);
  }

  get #statement(): Forwarded {
    return this.#prepared ??= this.#prepare();
  }
}
