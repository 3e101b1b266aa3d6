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
  // Lists of contacts, which go with the name and the key that they are of. Triggers keep how much there is of each
  // host, so that it need not be added up.
  `CREATE TABLE contact_lists (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    name TEXT NOT NULL,
    key TEXT NOT NULL,
    epoch INTEGER NOT NULL,
    parts INTEGER NOT NULL,
    digest TEXT NOT NULL,
    -- The host that gave it, and the site of that, if it has one. Empty if that is the server's own host.
    source TEXT NOT NULL,
    site TEXT NOT NULL,
    bytes INTEGER NOT NULL,
    UNIQUE (name, key)
  ) STRICT;
  CREATE INDEX contact_lists_by_source ON contact_lists (source);
  CREATE TABLE contact_parts (
    list INTEGER NOT NULL,
    part INTEGER NOT NULL,
    entries BLOB NOT NULL,
    PRIMARY KEY (list, part)
  ) STRICT;
  CREATE TABLE contact_amounts (
    scope TEXT NOT NULL,
    who TEXT NOT NULL,
    bytes INTEGER NOT NULL,
    PRIMARY KEY (scope, who)
  ) STRICT, WITHOUT ROWID;
  CREATE INDEX contact_amounts_by_size ON contact_amounts (scope, bytes);
  CREATE TRIGGER contact_list_counted AFTER UPDATE OF bytes ON contact_lists BEGIN
    INSERT INTO contact_amounts
      SELECT 'all', '', new.bytes - old.bytes WHERE true
      UNION ALL SELECT 'source', new.source, new.bytes - old.bytes WHERE true
      UNION ALL SELECT 'site', new.site, new.bytes - old.bytes WHERE new.site <> ''
      ON CONFLICT (scope, who) DO UPDATE SET bytes = contact_amounts.bytes + excluded.bytes;
  END;
  CREATE TRIGGER contact_list_removed AFTER DELETE ON contact_lists BEGIN
    DELETE FROM contact_parts WHERE list = old.id;
    UPDATE contact_amounts SET bytes = bytes - old.bytes
      WHERE (scope, who) IN (VALUES ('all', ''), ('source', old.source), ('site', old.site));
  END;
  CREATE TRIGGER contact_amount_gone AFTER UPDATE ON contact_amounts WHEN new.bytes <= 0 BEGIN
    DELETE FROM contact_amounts WHERE scope = new.scope AND who = new.who;
  END;
  CREATE TRIGGER contacts_of_lapsed_name AFTER DELETE ON names BEGIN
    DELETE FROM contact_lists WHERE name = old.name;
  END;
  CREATE TRIGGER contacts_of_former_owner AFTER UPDATE OF key ON names WHEN new.key <> old.key BEGIN
    DELETE FROM contact_lists WHERE name = old.name AND key = old.key;
  END;`,
  // X25519 keys with their certificates, as the owners of names have shown them.
  `CREATE TABLE agreements (
    name TEXT PRIMARY KEY,
    key TEXT NOT NULL,
    agreement TEXT NOT NULL
  ) WITHOUT ROWID, STRICT;
  CREATE TRIGGER agreement_of_lapsed_name AFTER DELETE ON names BEGIN
    DELETE FROM agreements WHERE name = old.name;
  END;
  CREATE TRIGGER agreement_of_former_owner AFTER UPDATE OF key ON names WHEN new.key <> old.key BEGIN
    DELETE FROM agreements WHERE name = old.name;
  END;`,
];
