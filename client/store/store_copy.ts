/**
 * Copying the files of a store.
 *
 * @module
 */

import { backup, DatabaseSync } from "node:sqlite";
import { databaseBusyTimeoutMs } from "../../shared/protocol/limits.ts";
import { BusyError, isBusy, isUnwritable } from "../../shared/storage/database_error.ts";

/** So often copying begins anew because another program has begun a new log in between. */
const attemptsMax = 10;

/** Bytes at the beginning of a write-ahead log; among them are salts, which each new log has anew. */
const logHeaderBytes = 32;

/**
 * Copies a store into a new file without a log, for its owner alone, whatever others do with it meanwhile.
 *
 * @throws {Error} If that is not possible.
 */
export async function copyWholeStore(from: string, to: string): Promise<void> {
  // SQLite would make it readable to all.
  (await Deno.open(to, { createNew: true, write: true, mode: 0o600 })).close();
  try {
    using source = new DatabaseSync(from);
    source.exec(`PRAGMA busy_timeout = ${databaseBusyTimeoutMs}`);
    // All pages at once: between two steps others could write, and it would begin anew.
    await backup(source, to, { rate: -1 });
  } catch (error) {
    if (!isUnwritable(error)) throw error;
    await copyStoreFiles(from, to);
  }
  foldLog(to);
}

/**
 * Takes what is in the log of a store into its file, and removes the log. The next program that opens the store
 * begins a new one.
 *
 * @returns False if another program uses the store.
 * @throws {Error} If it is no database, or the system does not allow it.
 */
export function foldLog(path: string): boolean {
  using database = new DatabaseSync(path);
  try {
    database.exec("PRAGMA journal_mode = DELETE");
    return true;
  } catch (error) {
    if (isBusy(error)) return false;
    throw error;
  }
}

/**
 * Copies the file of a store and its write-ahead log, if they are there, from a place where SQLite cannot open
 * them because nothing can be written. Programs of other users or machines may write there: the log is copied
 * last. As long as it is the same log, it has whatever was written into the file meanwhile.
 *
 * @throws {Error} If that is not possible, or others begin new logs all the time.
 */
export async function copyStoreFiles(from: string, to: string): Promise<void> {
  for (let attempt = 1; attempt <= attemptsMax; attempt++) {
    const log = await logHeader(from);
    for (const suffix of ["", "-wal"]) await copyIfThere(from + suffix, to + suffix);
    if (await logHeader(from) === log) return;
  }
  throw new BusyError();
}

async function logHeader(path: string): Promise<string> {
  try {
    using file = await Deno.open(`${path}-wal`, { read: true });
    const bytes = new Uint8Array(logHeaderBytes);
    const length = await file.read(bytes) ?? 0;
    return String(bytes.subarray(0, length));
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) return "";
    throw error;
  }
}

async function copyIfThere(from: string, to: string): Promise<void> {
  // Not of an earlier attempt.
  await Deno.remove(to).catch(unlessMissing);
  const source = await Deno.open(from, { read: true }).catch(unlessMissing);
  if (source === undefined) return;
  // Deno.copyFile would take the mode as well, which may be read-only.
  const target = await Deno.open(to, { createNew: true, write: true, mode: 0o600 });
  await source.readable.pipeTo(target.writable);
}

function unlessMissing(error: unknown): undefined {
  if (!(error instanceof Deno.errors.NotFound)) throw error;
}
