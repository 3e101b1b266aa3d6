/**
 * The directory of a server's data: one server has it at a time, and what is in it is told.
 *
 * @module
 */

import { join } from "node:path";
import type { Log } from "../shared/process/log.ts";
import { openDatabase } from "../shared/storage/database.ts";
import { DatabaseError, isBusy } from "../shared/storage/database_error.ts";
import { makeVisible } from "../shared/text/visible.ts";

/** A directory that no other server has. Disposing of it lets others have it. */
export interface DataDirectory extends Disposable {
  /** Whether a server has kept its data in it before. */
  readonly isUsed: boolean;
}

/** What is kept in it, as it was when the server started. */
export interface KeptData {
  readonly names: number;
  /** Undefined if the server keeps no mail. */
  readonly mails: number | undefined;
}

/** It holds nothing: a server has a transaction open on it as long as it runs. */
const lockFile = "server.lock";
/** How long a server that is just ending may take for it, in milliseconds. */
const endingMs = 1_000;

/**
 * Takes a directory, and makes it if it is missing.
 *
 * @throws {Error} If another server has it: a sentence for people, with its cause.
 * @throws {DatabaseError} If it cannot be written.
 */
export function takeDataDirectory(path: string): DataDirectory {
  const isUsed = [lockFile, "names.db", "mailbox.db"].some((name) => isThere(join(path, name)));
  try {
    const lock = openDatabase(join(path, lockFile), [], {
      busyTimeoutMs: endingMs,
      // The system ends it with the process, however that ends.
      prepare: (lock) => lock.exec("BEGIN IMMEDIATE"),
    });
    return { isUsed, [Symbol.dispose]: () => lock.close() };
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

/** Logs what is in a directory, and if what should be there may be missing. */
export function sayKeptData(log: Log, { isUsed }: DataDirectory, { names, mails }: KeptData): void {
  log.info("data is open", { names, ...mails !== undefined && { mails } });
  if (isUsed && names === 0) {
    log.warn("no key owns a name although the directory has been used before: every name is free");
  }
}

function isThere(path: string): boolean {
  try {
    Deno.statSync(path);
    return true;
  } catch {
    // If it cannot be seen, opening it says why.
    return false;
  }
}
