/**
 * The directory of a server's data: one server has it at a time, and what is in it is told.
 *
 * @module
 */

import { join } from "node:path";
import type { DatabaseSync } from "node:sqlite";
import type { Log } from "../shared/process/log.ts";
import { openDatabase } from "../shared/storage/database.ts";
import { DatabaseError, isBusy } from "../shared/storage/database_error.ts";
import { makeVisible } from "../shared/text/visible.ts";

/** A directory that no other server has. Disposing of it lets others have it. */
export interface DataDirectory extends Disposable {
  /** Whether a server has kept its data in it before, and what it kept the names in is gone or empty. */
  readonly lacksNames: boolean;
  /** How many names there were when the last server that had it stopped. */
  readonly namesBefore: number;
  /** Notes how many names there are, for the next server that has it. */
  remember(names: number): void;
}

/** What is kept in it, as it was when the server started. */
export interface KeptData {
  readonly names: number;
  /** Undefined if the server keeps no mail. */
  readonly mails: number | undefined;
}

/** A server has a transaction open on it as long as it runs. It holds what the one before has noted. */
const lockFile = "server.lock";
const lockMigrations = [
  "CREATE TABLE kept (names INTEGER NOT NULL) STRICT; INSERT INTO kept VALUES (0);",
];
/** How long a server that is just ending may take for it, in milliseconds. */
const endingMs = 1_000;

/**
 * Takes a directory, and makes it if it is missing.
 *
 * @throws {Error} If another server has it: a sentence for people, with its cause.
 * @throws {DatabaseError} If it cannot be written.
 */
export function takeDataDirectory(path: string): DataDirectory {
  const namesSize = sizeOf(join(path, "names.db"));
  const isUsed = [lockFile, "mailbox.db"].some((name) => sizeOf(join(path, name)) !== undefined);
  try {
    const lock = openDatabase(join(path, lockFile), lockMigrations, {
      busyTimeoutMs: endingMs,
      // The system ends it with the process, however that ends.
      prepare: (lock) => lock.exec("BEGIN IMMEDIATE"),
    });
    const kept = lock.prepare("SELECT names FROM kept").get() as { names: number };
    let noted: number | undefined;
    return {
      lacksNames: namesSize === 0 || isUsed && namesSize === undefined,
      namesBefore: kept.names,
      remember: (names) => noted = names,
      [Symbol.dispose]() {
        if (noted !== undefined) writeNames(lock, noted);
        lock.close();
      },
    };
  } catch (error) {
    if (!(error instanceof DatabaseError) || !isBusy(error.cause)) throw error;
    throw new Error(
      `Another server uses the data in '${
        makeVisible(path)
      }'; end that one, or give this one another ` +
        "directory with --data",
      { cause: error },
    );
  }
}

/** Ends the transaction, which holds the directory. */
function writeNames(lock: DatabaseSync, names: number): void {
  try {
    lock.prepare("UPDATE kept SET names = ?").run(names);
    lock.exec("COMMIT");
  } catch {
    // It only helps the next server to see that names are missing.
  }
}

/** Logs what is in a directory, and if names are missing that were there. */
export function sayKeptData(
  log: Log,
  { lacksNames, namesBefore }: DataDirectory,
  { names, mails }: KeptData,
): void {
  log.info("data is open", { names, ...mails !== undefined && { mails } });
  if (names > 0 || !lacksNames && namesBefore === 0) return;
  log.warn(
    "no key owns a name although the directory has been used before: every name is free",
    namesBefore > 0 ? { before: namesBefore } : {},
  );
}

/** In bytes; undefined if there is no file. */
function sizeOf(path: string): number | undefined {
  try {
    return Deno.statSync(path).size;
  } catch {
    // If it cannot be seen, opening it says why.
    return undefined;
  }
}
