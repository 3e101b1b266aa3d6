/**
 * What a client keeps between its runs.
 *
 * @module
 */

import { openDatabase } from "../../shared/database.ts";
import { KnownPeers } from "./known_peers.ts";

/** Each brings a database of the version that is its index to the next one. Only ever added to. */
const migrations: readonly string[] = [
  `CREATE TABLE known_peers (
    name TEXT PRIMARY KEY,
    key BLOB NOT NULL CHECK (length(key) = 32),
    verified INTEGER NOT NULL DEFAULT 0,
    -- When somebody has called whom the user has never answered; else NULL.
    stranger_since_ms INTEGER
  ) STRICT, WITHOUT ROWID;
  CREATE INDEX strangers ON known_peers (stranger_since_ms)
    WHERE stranger_since_ms IS NOT NULL;`,
];

/** What a client keeps. Disposing of it closes it. */
export interface Store extends Disposable {
  readonly knownPeers: KnownPeers;
}

/**
 * Opens the store, and makes it where there is none.
 *
 * @param path Of its file; `:memory:` keeps nothing.
 * @throws {Error} Where it cannot be opened; the message is a sentence for the user.
 */
export function openStore(path: string): Store {
  const database = openDatabase(path, migrations);
  return {
    knownPeers: new KnownPeers(database),
    [Symbol.dispose]: () => database.close(),
  };
}
