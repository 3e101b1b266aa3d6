/**
 * A database of one table in a file of its own, for tests of transactions.
 *
 * @module
 */

import { openDatabase } from "../../shared/storage/database.ts";
import { temporaryDirectory } from "./places.ts";

/** Its migrations: a table of texts, none of which may be there twice. */
export const noteMigrations = ["CREATE TABLE note (text TEXT NOT NULL UNIQUE) STRICT"];

/** Opens it. Disposing of it closes it and removes the file. */
export function noteDatabase() {
  const place = temporaryDirectory();
  const path = `${place.path}/note.db`;
  const database = openDatabase(path, noteMigrations);
  return {
    path,
    database,
    add: (text: string) => database.prepare("INSERT INTO note VALUES (?)").run(text),
    texts: () => database.prepare("SELECT text FROM note").all().map(({ text }) => text),
    [Symbol.dispose]() {
      database.close();
      place[Symbol.dispose]();
    },
  };
}
