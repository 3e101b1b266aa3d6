/**
 * The tables of mails. A migration that has been released never changes.
 *
 * @module
 */

import type { DatabaseSync } from "node:sqlite";

/** Takes a database from each version to the next. */
export const migrations: readonly string[] = [
  // A number is given to one mail only, even when that is gone: a client that says later that it has taken the
  // mail deletes no other one. What a mailbox holds, and what a sender has in all of them, is added up each
  // time from an index that has everything in it, so it is always right. For all mails together that would
  // take too long: triggers keep their total.
  `CREATE TABLE mails (
    number INTEGER PRIMARY KEY AUTOINCREMENT,
    name TEXT NOT NULL,
    key BLOB NOT NULL,
    sender BLOB NOT NULL,
    id TEXT NOT NULL,
    at_ms INTEGER NOT NULL,
    bytes INTEGER NOT NULL CHECK (bytes = length(data)),
    data BLOB NOT NULL
  ) STRICT;
  CREATE INDEX mails_by_box ON mails (name, key, sender, id, bytes);
  CREATE INDEX mails_by_sender ON mails (sender, bytes);
  CREATE INDEX mails_by_age ON mails (at_ms, bytes);
  CREATE TABLE total (
    only INTEGER PRIMARY KEY CHECK (only = 1),
    mails INTEGER NOT NULL,
    bytes INTEGER NOT NULL
  ) STRICT;
  INSERT INTO total VALUES (1, 0, 0);
  CREATE TRIGGER mail_added AFTER INSERT ON mails BEGIN
    UPDATE total SET mails = mails + 1, bytes = bytes + new.bytes;
  END;
  CREATE TRIGGER mail_removed AFTER DELETE ON mails BEGIN
    UPDATE total SET mails = mails - 1, bytes = bytes - old.bytes;
  END;`,
];

/** Corrects the total, in case a program has changed the file that does not know the triggers. */
export function recount(connection: DatabaseSync): void {
  connection.exec(
    `UPDATE total SET (mails, bytes) = (SELECT count(*), coalesce(sum(bytes), 0) FROM mails)
     WHERE (mails, bytes) IS NOT (SELECT count(*), coalesce(sum(bytes), 0) FROM mails)`,
  );
}
