/**
 * The tables of names. A migration that has been released never changes.
 *
 * @module
 */

/** Takes a database from each version to the next. */
export const migrations: readonly string[] = [
  // There is no index on the time of use. What has lapsed is found by going through the names, from time to
  // time and a few at once, which costs less than an index does with every new name.
  `CREATE TABLE names (
    name TEXT PRIMARY KEY,
    key TEXT NOT NULL,
    used_at_ms INTEGER NOT NULL
  ) WITHOUT ROWID, STRICT;
  CREATE TABLE realm (
    only INTEGER PRIMARY KEY CHECK (only = 1),
    id TEXT NOT NULL
  ) STRICT;`,
  // The latest time that was seen. What is in doubt is said in checked_time.ts.
  `CREATE TABLE time (
    only INTEGER PRIMARY KEY CHECK (only = 1),
    latest_ms INTEGER NOT NULL,
    doubted_from_ms INTEGER
  ) STRICT;
  INSERT INTO time SELECT 1, coalesce(max(used_at_ms), 0), NULL FROM names;`,
];
