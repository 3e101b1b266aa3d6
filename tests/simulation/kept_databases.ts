/**
 * Databases in memory that are used again, one course after another: making one, and preparing its statements, takes
 * longer than all that a short course does with it.
 *
 * @module
 */

import type { DatabaseSync, SQLInputValue, StatementSync } from "node:sqlite";

/** What has a database. */
export interface WithConnection {
  readonly connection: DatabaseSync;
}

/** Databases of one kind. */
export class KeptDatabases<T extends WithConnection> {
  readonly #make: () => T;
  readonly #first = new WeakMap<T, FirstRows>();
  readonly #free: T[] = [];

  /** @param make Makes one, which is closed by nobody. */
  constructor(make: () => T) {
    this.#make = make;
  }

  /** One that is as if it had just been made. */
  take(): T {
    const free = this.#free.pop();
    if (free !== undefined) return free;
    const made = this.#make();
    keepStatements(made.connection);
    this.#first.set(made, new FirstRows(made.connection));
    return made;
  }

  /** Takes one back. */
  give(database: T): void {
    this.#first.get(database)!.restore();
    this.#free.push(database);
  }
}

/** Has a database prepare each statement once. Nobody steps through one while somebody else does. */
function keepStatements(database: DatabaseSync): void {
  const prepare = database.prepare.bind(database);
  const prepared = new Map<string, StatementSync>();
  database.prepare = (sql) => {
    const statement = prepared.get(sql) ?? prepare(sql);
    prepared.set(sql, statement);
    return statement;
  };
}

type Row = Record<string, SQLInputValue>;

/** What is in the tables of a database when it has been made. */
class FirstRows {
  readonly #database: DatabaseSync;
  readonly #tables = new Map<string, Row[]>();
  /** Indexes of words: what they keep stands in tables of their own. */
  readonly #indexes: readonly string[];

  constructor(database: DatabaseSync) {
    this.#database = database;
    const tables = database.prepare("SELECT name, sql FROM sqlite_schema WHERE type = 'table'")
      .all() as { name: string; sql: string }[];
    this.#indexes = tables.filter(({ sql }) => sql.startsWith("CREATE VIRTUAL TABLE"))
      .map(({ name }) => name);
    for (const { name } of tables) {
      if (this.#indexes.some((index) => name === index || name.startsWith(`${index}_`))) continue;
      this.#tables.set(name, database.prepare(`SELECT * FROM ${name}`).all() as Row[]);
    }
  }

  /** Makes it as it was. */
  restore(): void {
    const database = this.#database;
    database.exec("BEGIN; PRAGMA defer_foreign_keys = ON");
    for (const name of this.#tables.keys()) database.exec(`DELETE FROM ${name}`);
    for (const name of this.#indexes) {
      database.exec(`INSERT INTO ${name} (${name}) VALUES ('delete-all')`);
    }
    for (const [name, rows] of this.#tables) {
      // Triggers may have put something there again.
      database.exec(`DELETE FROM ${name}`);
      for (const row of rows) {
        const columns = Object.keys(row);
        const places = columns.map(() => "?").join();
        database.prepare(`INSERT INTO ${name} (${columns.join()}) VALUES (${places})`)
          .run(...Object.values(row));
      }
    }
    database.exec("COMMIT");
  }
}
