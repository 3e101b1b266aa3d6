/**
 * The tables of mails. A migration that has been released never changes.
 *
 * @module
 */

import type { DatabaseSync } from "node:sqlite";

/**
 * A mail's part of its mailbox. Mails of contacts and those of unknown senders are counted apart, so that
 * nobody whom the owner does not know takes a friend's place.
 */
const part = (mail: string) =>
  `(${mail}.contact || '/' || ${mail}.name || '/' || hex(${mail}.key))`;

/** Whose a mail is where room is shared out: the host's that left it, or the key's if that was the server's own. */
const source = (mail: string) => `iif(${mail}.source = '', ${mail}.sender, ${mail}.source)`;

/** The same within a mailbox: a contact is known by the key, from whichever host. */
const depositor = (mail: string) => `iif(${mail}.contact, ${mail}.sender, ${source(mail)})`;

/** The same for an index, in which columns have no table before them. */
function bare(expression: (mail: string) => string): string {
  return expression("mails").replaceAll("mails.", "");
}

/** What a mail counts for: a scope, who in it (nobody: all of them together), and when it does. */
const counted = (
  mail: string,
): readonly (readonly [scope: string, who: string, when: string])[] => [
  [part(mail), "''", "true"],
  [part(mail), depositor(mail), "true"],
  // An unknown sender with many hosts is still one sender.
  [`'key/' || ${part(mail)}`, `${mail}.sender`, `NOT ${mail}.contact AND ${mail}.source <> ''`],
  ["'key'", `${mail}.sender`, "true"],
  ["'all'", source(mail), "true"],
  [`'host/' || ${mail}.source`, `${mail}.sender`, `${mail}.source <> ''`],
  ["'site'", `${mail}.site`, `${mail}.site <> ''`],
];

/** Adds one row for all that a mail counts for, from within a trigger. */
const count = (mail: "new" | "old", sign: "" | "-") =>
  `INSERT INTO amounts ${
    counted(mail).map(([scope, who, when]) =>
      `SELECT ${scope}, ${who}, ${sign}1, ${sign}${mail}.bytes WHERE ${when}`
    ).join(" UNION ALL ")
  } ON CONFLICT (scope, who) DO UPDATE
    SET mails = amounts.mails + excluded.mails, bytes = amounts.bytes + excluded.bytes;`;

/** Counts all mails anew. */
const countAll = `DELETE FROM amounts;
  ${
  counted("mails").map(([scope, who, when]) =>
    `INSERT INTO amounts SELECT ${scope} AS scope, ${who} AS who, count(*), sum(bytes) FROM mails
     WHERE ${when} GROUP BY 1, 2;`
  ).join("\n")
}`;

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
  // Whether there is room must not take longer to find out when there is none. So nothing is added up any more:
  // triggers keep what each mailbox, host and key has. A mail is weighed by its bytes and what it costs besides.
  `ALTER TABLE mails ADD COLUMN contact INTEGER NOT NULL DEFAULT 0;
  -- The host that left it, and the site of that, if it has one. Empty if that is the server's own host.
  ALTER TABLE mails ADD COLUMN source TEXT NOT NULL DEFAULT '';
  ALTER TABLE mails ADD COLUMN site TEXT NOT NULL DEFAULT '';
  DROP INDEX mails_by_sender;
  CREATE INDEX mails_in_order ON mails (name, key);
  CREATE INDEX mails_of_depositor ON mails (name, key, contact, ${bare(depositor)});
  CREATE INDEX mails_of_source ON mails (${bare(source)});
  CREATE INDEX mails_of_key ON mails (sender, source);
  CREATE TABLE amounts (
    scope TEXT NOT NULL,
    who ANY NOT NULL,
    mails INTEGER NOT NULL,
    bytes INTEGER NOT NULL,
    PRIMARY KEY (scope, who)
  ) STRICT, WITHOUT ROWID;
  CREATE INDEX amounts_by_weight ON amounts (scope, bytes + 4096 * mails);
  ${countAll}
  CREATE TRIGGER mail_counted AFTER INSERT ON mails BEGIN
    ${count("new", "")}
  END;
  CREATE TRIGGER mail_discounted AFTER DELETE ON mails BEGIN
    ${count("old", "-")}
  END;
  CREATE TRIGGER nothing_left AFTER UPDATE ON amounts WHEN new.mails = 0 BEGIN
    DELETE FROM amounts WHERE scope = new.scope AND who = new.who;
  END;`,
];

/** Corrects what is counted, in case a program has changed the file that does not know the triggers. */
export function recount(connection: DatabaseSync): void {
  const { changes } = connection.prepare(
    `UPDATE total SET (mails, bytes) = (SELECT count(*), coalesce(sum(bytes), 0) FROM mails)
     WHERE (mails, bytes) IS NOT (SELECT count(*), coalesce(sum(bytes), 0) FROM mails)`,
  ).run();
  if (changes > 0) connection.exec(countAll);
}
