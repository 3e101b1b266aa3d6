/**
 * The tables of the store.
 *
 * @module
 */

/** Each brings a database of the version that is its index to the next one. New ones are added at the end only. */
export const migrations: readonly string[] = [
  `CREATE TABLE known_peers (
    name TEXT PRIMARY KEY,
    key BLOB NOT NULL CHECK (length(key) = 32),
    verified INTEGER NOT NULL DEFAULT 0,
    -- When a peer called that the user has never answered; NULL for a contact.
    stranger_since_ms INTEGER
  ) STRICT, WITHOUT ROWID;
  CREATE INDEX strangers ON known_peers (stranger_since_ms)
    WHERE stranger_since_ms IS NOT NULL;`,
  // An id of 128 bits in hexadecimal is a BLOB of half that length; one of any other form is TEXT.
  `CREATE TABLE conversations (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    self TEXT NOT NULL,
    name TEXT NOT NULL,
    key BLOB NOT NULL CHECK (length(key) IN (0, 32)),
    agreement BLOB CHECK (length(agreement) = 32),
    address TEXT,
    -- The present outgoing stream.
    stream INTEGER,
    last_at_ms INTEGER NOT NULL DEFAULT 0,
    -- Rows of messages: the last that was received, and the last of those that has been shown.
    received INTEGER NOT NULL DEFAULT 0,
    shown INTEGER NOT NULL DEFAULT 0,
    UNIQUE (self, name, key)
  ) STRICT;
  CREATE INDEX conversations_by_use ON conversations (self, last_at_ms);
  CREATE INDEX conversations_by_name ON conversations (name);
  CREATE INDEX empty_conversations ON conversations (id) WHERE last_at_ms = 0;

  CREATE TABLE streams (
    -- Never used again: messages of a stream that is forgotten still name it.
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    conversation INTEGER NOT NULL,
    outgoing INTEGER NOT NULL,
    stream ANY NOT NULL,
    last INTEGER NOT NULL DEFAULT 0,
    -- The chain's hash of the last message; NULL if the next one is taken whatever hash it carries.
    head TEXT,
    -- The id of the last message of an incoming stream, which only version 0.3.0 reads.
    last_id ANY,
    -- Marks of an outgoing stream.
    acknowledged INTEGER NOT NULL DEFAULT 0,
    read INTEGER NOT NULL DEFAULT 0,
    deposited INTEGER NOT NULL DEFAULT 0,
    deposited_at_ms INTEGER,
    UNIQUE (conversation, outgoing, stream)
  ) STRICT;

  CREATE TABLE messages (
    -- In the order in which messages are shown.
    row INTEGER PRIMARY KEY,
    conversation INTEGER NOT NULL REFERENCES conversations,
    outgoing INTEGER NOT NULL,
    -- Both NULL if the message has no position.
    stream INTEGER,
    seq INTEGER,
    id ANY NOT NULL,
    -- The chain's hash of the message before, if it is outgoing.
    prev TEXT,
    sent_at_ms INTEGER NOT NULL,
    at_ms INTEGER NOT NULL,
    -- TEXT if it is readable, BLOB if it is sealed.
    text ANY NOT NULL
  ) STRICT;
  CREATE INDEX messages_by_row ON messages (conversation);
  CREATE UNIQUE INDEX messages_by_id ON messages (conversation, outgoing, id);
  CREATE UNIQUE INDEX messages_by_place ON messages (stream, seq) WHERE stream IS NOT NULL;

  -- The index of words that only version 0.3.0 has.
  CREATE VIRTUAL TABLE words USING fts5 (
    text, content = '', columnsize = 0, tokenize = 'unicode61 remove_diacritics 2'
  );

  CREATE TABLE keeping (
    only INTEGER PRIMARY KEY CHECK (only = 1),
    -- Whether new texts are sealed, and whether older ones still have to follow.
    sealed INTEGER NOT NULL DEFAULT 0,
    converting INTEGER NOT NULL DEFAULT 0,
    -- What only the key that seals opens; NULL if nothing is sealed.
    proof BLOB,
    -- The row up to which the words are in the index of version 0.3.0.
    indexed INTEGER NOT NULL DEFAULT 0
  ) STRICT;
  INSERT INTO keeping (only) VALUES (1);

  -- What the user has chosen for later runs.
  CREATE TABLE settings (
    name TEXT PRIMARY KEY,
    value TEXT NOT NULL
  ) STRICT, WITHOUT ROWID;`,
];

/**
 * What has been added since version 0.3.0, and leaves the version of the database as it is: 0.3.0 can still use a
 * store that has it. Each is made once, in this order; how many are made stands in the table `additions`. New ones
 * are added at the end only. Making one takes no time, however many messages there are: what has to look at all
 * messages does so later, in steps.
 */
export const additions: readonly string[] = [
  `
  -- The servers that have shown to speak Version 1, by what they are named on the command line.
  CREATE TABLE IF NOT EXISTS proven_servers (place TEXT PRIMARY KEY) STRICT, WITHOUT ROWID;
  -- How often the tokens for contacts were made anew.
  CREATE TABLE IF NOT EXISTS contact_epoch (
    only INTEGER PRIMARY KEY CHECK (only = 1),
    epoch INTEGER NOT NULL
  ) STRICT;
  INSERT OR IGNORE INTO contact_epoch VALUES (1, 0);
  -- By peers' keys: the token that a peer has given us, and the epoch of the one that it has from us.
  CREATE TABLE IF NOT EXISTS contact_tokens (
    key BLOB PRIMARY KEY CHECK (length(key) = 32),
    token BLOB CHECK (length(token) = 16),
    given_epoch INTEGER
  ) STRICT, WITHOUT ROWID;
  -- Mails that cannot be used yet, sealed as they came.
  CREATE TABLE IF NOT EXISTS parked_mails (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    self TEXT NOT NULL,
    sender BLOB NOT NULL CHECK (length(sender) = 32),
    contact INTEGER NOT NULL,
    place TEXT NOT NULL,
    envelope BLOB NOT NULL
  ) STRICT;
  -- The tokens of messages, separated by blanks. Without the texts themselves, and without what only a ranking needs.
  CREATE VIRTUAL TABLE IF NOT EXISTS tokens USING fts5 (
    text, content = '', columnsize = 0, tokenize = 'ascii'
  );
  -- The rows of messages whose tokens are there: those above one row, up to another.
  CREATE TABLE IF NOT EXISTS token_rows (
    only INTEGER PRIMARY KEY CHECK (only = 1),
    above INTEGER NOT NULL,
    up_to INTEGER NOT NULL
  ) STRICT;
  INSERT OR IGNORE INTO token_rows
    SELECT 1, last, last FROM (SELECT coalesce(max(row), 0) AS last FROM messages);
  -- Tokens would tell what sealed texts say. A trigger, because 0.3.0 seals texts, too.
  CREATE TRIGGER IF NOT EXISTS forget_tokens AFTER UPDATE OF sealed, converting ON keeping
  WHEN NEW.sealed <> OLD.sealed OR NEW.converting <> OLD.converting
  BEGIN
    INSERT INTO tokens (tokens) VALUES ('delete-all');
    UPDATE token_rows SET (above, up_to) =
      (SELECT last, last FROM (SELECT coalesce(max(row), 0) AS last FROM messages));
  END;`,
  `-- What the store has received from each who is no contact and whom the user has not answered, and is counted so
  -- far: the messages up to a row.
  CREATE TABLE unanswered (
    conversation INTEGER PRIMARY KEY,
    -- The key of the sender; NULL if it has none.
    sender BLOB,
    up_to INTEGER NOT NULL,
    messages INTEGER NOT NULL,
    bytes INTEGER NOT NULL
  ) STRICT;
  CREATE INDEX unanswered_by_sender ON unanswered (sender) WHERE sender IS NOT NULL;
  CREATE TABLE unanswered_total (
    only INTEGER PRIMARY KEY CHECK (only = 1),
    messages INTEGER NOT NULL,
    bytes INTEGER NOT NULL,
    -- The conversations of earlier versions: those up to one are counted, and the last of them.
    looked_at INTEGER NOT NULL,
    earlier INTEGER NOT NULL
  ) STRICT;
  INSERT INTO unanswered_total
    SELECT 1, 0, 0, 0, coalesce(max(id), 0) FROM conversations;
  CREATE TRIGGER unanswered_more AFTER INSERT ON unanswered BEGIN
    UPDATE unanswered_total SET messages = messages + NEW.messages, bytes = bytes + NEW.bytes;
  END;
  CREATE TRIGGER unanswered_other AFTER UPDATE ON unanswered BEGIN
    UPDATE unanswered_total SET messages = messages + NEW.messages - OLD.messages,
      bytes = bytes + NEW.bytes - OLD.bytes;
  END;
  CREATE TRIGGER unanswered_less AFTER DELETE ON unanswered BEGIN
    UPDATE unanswered_total SET messages = messages - OLD.messages, bytes = bytes - OLD.bytes;
  END;
  -- Triggers, because 0.3.0 makes contacts, too.
  CREATE TRIGGER contact_made AFTER INSERT ON known_peers WHEN NEW.stranger_since_ms IS NULL BEGIN
    DELETE FROM unanswered WHERE conversation IN (
      SELECT id FROM conversations WHERE name = NEW.name AND key = NEW.key);
  END;
  CREATE TRIGGER contact_changed AFTER UPDATE OF key, stranger_since_ms ON known_peers
  WHEN NEW.stranger_since_ms IS NULL BEGIN
    DELETE FROM unanswered WHERE conversation IN (
      SELECT id FROM conversations WHERE name = NEW.name AND key = NEW.key);
  END;
  CREATE TRIGGER conversation_forgotten AFTER DELETE ON conversations BEGIN
    DELETE FROM unanswered WHERE conversation = OLD.id;
  END;`,
  `-- The keys of which the user has found that they are not those of a name's owner. The oldest come first.
  CREATE TABLE rejected_keys (
    number INTEGER PRIMARY KEY AUTOINCREMENT,
    name TEXT NOT NULL,
    key BLOB NOT NULL CHECK (length(key) = 32),
    UNIQUE (name, key)
  ) STRICT;
  -- Whoever finds the words the same takes it back. A trigger, because 0.3.0 verifies keys, too.
  CREATE TRIGGER rejected_no_more AFTER UPDATE OF verified ON known_peers WHEN NEW.verified = 1 BEGIN
    DELETE FROM rejected_keys WHERE name = NEW.name AND key = NEW.key;
  END;`,
  `-- The keys that the user has blocked, and whom each was known as.
  CREATE TABLE blocked_keys (
    fingerprint TEXT PRIMARY KEY,
    name TEXT,
    at_ms INTEGER NOT NULL
  ) STRICT, WITHOUT ROWID;`,
  `-- The names for whose known key a server has vouched.
  CREATE TABLE vouched_peers (name TEXT PRIMARY KEY) STRICT, WITHOUT ROWID;
  -- Triggers, because 0.3.0 forgets and replaces keys, too.
  CREATE TRIGGER known_peer_forgotten AFTER DELETE ON known_peers BEGIN
    DELETE FROM vouched_peers WHERE name = OLD.name;
  END;
  CREATE TRIGGER known_peer_changed AFTER UPDATE OF key ON known_peers WHEN NEW.key <> OLD.key BEGIN
    DELETE FROM vouched_peers WHERE name = OLD.name;
  END;`,
  `-- Who has named the address that is kept with a conversation. If that is another one by now, it is from 0.3.0.
  CREATE TABLE address_sources (
    conversation INTEGER PRIMARY KEY,
    address TEXT NOT NULL,
    source TEXT NOT NULL
  ) STRICT;
  CREATE TRIGGER address_source_forgotten AFTER DELETE ON conversations BEGIN
    DELETE FROM address_sources WHERE conversation = OLD.id;
  END;`,
  `-- By peers' keys: the X25519 key whose certificate had the highest number, and whether the peer understands such
  -- certificates in mail, as it said last.
  CREATE TABLE certificates (
    key BLOB PRIMARY KEY CHECK (length(key) = 32),
    agreement BLOB NOT NULL CHECK (length(agreement) = 32),
    number INTEGER NOT NULL,
    date_s INTEGER NOT NULL,
    in_mail INTEGER NOT NULL
  ) STRICT, WITHOUT ROWID;
  -- Triggers, because 0.3.0 forgets and replaces keys, too.
  CREATE TRIGGER certificate_forgotten AFTER DELETE ON known_peers
  WHEN NOT EXISTS (SELECT 1 FROM known_peers WHERE key = OLD.key) BEGIN
    DELETE FROM certificates WHERE key = OLD.key;
  END;
  CREATE TRIGGER certificate_left AFTER UPDATE OF key ON known_peers
  WHEN NOT EXISTS (SELECT 1 FROM known_peers WHERE key = OLD.key) BEGIN
    DELETE FROM certificates WHERE key = OLD.key;
  END;`,
  `-- The conversations whose peer's key a server has named, and nobody has proven yet.
  CREATE TABLE server_keys (conversation INTEGER PRIMARY KEY) STRICT;
  CREATE TRIGGER server_key_forgotten AFTER DELETE ON conversations BEGIN
    DELETE FROM server_keys WHERE conversation = OLD.id;
  END;`,
  `-- The keys whose messages the user does not want to see, and whom each was known as.
  CREATE TABLE ignored_keys (
    fingerprint TEXT PRIMARY KEY,
    name TEXT,
    at_ms INTEGER NOT NULL
  ) STRICT, WITHOUT ROWID;`,
  `-- The servers beside one's own that the user has allowed to be asked, and the devices that are to be found there.
  CREATE TABLE other_servers (
    place TEXT PRIMARY KEY,
    address TEXT NOT NULL,
    at_ms INTEGER NOT NULL
  ) STRICT, WITHOUT ROWID;
  CREATE TABLE peer_servers (
    device BLOB NOT NULL,
    place TEXT NOT NULL,
    at_ms INTEGER NOT NULL,
    PRIMARY KEY (device, place)
  ) STRICT, WITHOUT ROWID;`,
  `-- At which servers people say that they are, by the keys of their devices.
  CREATE TABLE learnt_servers (
    device BLOB NOT NULL,
    rank INTEGER NOT NULL,
    address TEXT NOT NULL,
    PRIMARY KEY (device, rank)
  ) STRICT, WITHOUT ROWID;
  -- A trigger, because 0.3.0 forgets keys, too.
  CREATE TRIGGER learnt_servers_forgotten AFTER DELETE ON known_peers
  WHEN NOT EXISTS (SELECT 1 FROM known_peers WHERE key = OLD.key) BEGIN
    DELETE FROM learnt_servers WHERE device = OLD.key;
  END;`,
  `-- Lines that are half typed. The one that was written last has the highest row.
  CREATE TABLE line_drafts (
    row INTEGER PRIMARY KEY,
    self TEXT NOT NULL,
    -- 0 if nobody was current.
    conversation INTEGER NOT NULL,
    -- TEXT if it is readable, BLOB if it is sealed.
    text ANY NOT NULL,
    -- Characters at its beginning that were not pasted.
    typed INTEGER NOT NULL,
    -- Whether it was begun for somebody else.
    for_another INTEGER NOT NULL,
    UNIQUE (self, conversation)
  ) STRICT;
  -- Triggers, because 0.3.0 forgets conversations and seals texts, too.
  CREATE TRIGGER line_draft_forgotten AFTER DELETE ON conversations BEGIN
    DELETE FROM line_drafts WHERE conversation = OLD.id;
  END;
  CREATE TRIGGER readable_drafts_forgotten AFTER UPDATE OF sealed ON keeping WHEN NEW.sealed = 1 BEGIN
    DELETE FROM line_drafts WHERE typeof(text) = 'text';
  END;`,
  `-- What the user calls those of a name, as long as it has this key.
  CREATE TABLE local_names (
    name TEXT PRIMARY KEY,
    fingerprint TEXT NOT NULL,
    local_name TEXT NOT NULL
  ) STRICT, WITHOUT ROWID;`,
  `-- Whom the user has taken off the list, and the last message that there was with them then.
  CREATE TABLE hidden_talks (
    row INTEGER PRIMARY KEY,
    self TEXT NOT NULL,
    name TEXT NOT NULL,
    last INTEGER NOT NULL,
    UNIQUE (self, name)
  ) STRICT;`,
];

/** How many of the {@linkcode additions} are made. Before this table, the first was made at every start. */
export const additionsTable = `
  CREATE TABLE IF NOT EXISTS additions (
    only INTEGER PRIMARY KEY CHECK (only = 1),
    made INTEGER NOT NULL
  ) STRICT;
  INSERT OR IGNORE INTO additions VALUES (1, 0);`;
