/**
 * Looking into the file of a store from elsewhere, such as one in a backup, before it is used.
 *
 * @module
 */

import { DatabaseSync } from "node:sqlite";
import { migrations } from "./schema.ts";

/** What the file of a store is worth. */
export type StoreCheck =
  | {
    readonly is: "whole";
    readonly messages: number;
    /** Whether all texts are sealed. */
    readonly sealed: boolean;
  }
  | {
    /** A later version of the program has written it. */
    readonly is: "newer";
    readonly version: number;
    readonly known: number;
  }
  | { readonly is: "damaged" };

/** Checks a file without a log, and changes nothing. */
export function checkStore(path: string): StoreCheck {
  try {
    using database = new DatabaseSync(path, { readOnly: true });
    // What a schema from elsewhere would have SQLite run is not run.
    database.exec("PRAGMA trusted_schema = OFF");
    const { user_version: version } = database.prepare("PRAGMA user_version").get() as {
      user_version: number;
    };
    const known = migrations.length;
    if (version > known) return { is: "newer", version, known };
    if (!hasSchema(database, version) || !isIntact(database)) return { is: "damaged" };
    const { sealed, messages } = database.prepare(
      `SELECT sealed = 1 AND converting = 0 AS sealed, (SELECT count(*) FROM messages) AS messages
       FROM keeping`,
    ).get() as { sealed: number; messages: number };
    return { is: "whole", messages, sealed: sealed === 1 };
  } catch {
    return { is: "damaged" };
  }
}

function isIntact(database: DatabaseSync): boolean {
  return database.prepare("PRAGMA integrity_check(1)").get()!.integrity_check === "ok";
}

/** Whether all that a version has is there. What else there is a later program has added, which changes nothing. */
function hasSchema(database: DatabaseSync, version: number): boolean {
  const there = schemaOf(database);
  using model = new DatabaseSync(":memory:");
  for (const sql of migrations.slice(0, version)) model.exec(sql);
  return version > 0 && schemaOf(model).isSubsetOf(there);
}

/** All tables and indexes with their columns, as texts. */
function schemaOf(database: DatabaseSync): Set<string> {
  const rows = database.prepare(
    `SELECT s.type, s.name, s.tbl_name, c.name AS column, c.type AS of, c."notnull", c.pk
     FROM sqlite_schema s LEFT JOIN pragma_table_xinfo(s.name) c`,
  ).all();
  return new Set(rows.map((row) => JSON.stringify(row)));
}
