/**
 * Opening an SQLite database: made where there is none, brought up to date where it is older, refused
 * where it is newer.
 *
 * @module
 */

import { dirname } from "node:path";
import { DatabaseSync } from "node:sqlite";
import { fileReason } from "../errors/file_error.ts";
import { databaseBusyTimeoutMs } from "../protocol/limits.ts";
import { makeVisible } from "../text/visible.ts";

/** What can be said about opening a database beside where it is. */
export interface DatabaseOptions {
  /** How long to wait for another program that holds it. */
  readonly busyTimeoutMs?: number;
}

/**
 * Opens a database, whose owner closes it: with a write-ahead log, where the last transactions may be
 * lost with the power and nothing else ever is (`synchronous = NORMAL`).
 *
 * Each migration is SQL that takes the database from the version that is its place in the list to the
 * next; `PRAGMA user_version` says how many have been done. All that are missing are done in one
 * transaction, so that several processes may open a new file at once. A migration that has been released
 * is never changed: a new one is added behind it.
 *
 * A file that is made is readable by its owner alone, and so is each directory made for it.
 *
 * @param path A file, or `:memory:`.
 * @throws {Error} A sentence that says what is in the way and what to do, with the system's error as its
 * cause: the directory cannot be written, the file is no database, of a newer version, read-only, or
 * held by another program.
 */
export function openDatabase(
  path: string,
  migrations: readonly string[],
  { busyTimeoutMs = databaseBusyTimeoutMs }: DatabaseOptions = {},
): DatabaseSync {
  let database: DatabaseSync | undefined;
  try {
    if (path !== ":memory:") makeFile(path);
    database = new DatabaseSync(path);
    // First, so that all that follows waits.
    database.exec(`PRAGMA busy_timeout = ${busyTimeoutMs}`);
    useWriteAheadLog(database, busyTimeoutMs);
    database.exec("PRAGMA synchronous = NORMAL");
    migrate(database, migrations);
    return database;
  } catch (cause) {
    database?.close();
    const reason = databaseReason(cause);
    throw new Error(`Cannot open the database '${makeVisible(path)}': ${reason}`, { cause });
  }
}

/** Makes the file and its directories, since SQLite would make it readable to all. */
function makeFile(path: string): void {
  Deno.mkdirSync(dirname(path), { recursive: true, mode: 0o700 });
  try {
    // Only a new file is ever opened here: closing one gives up the locks that this process has on it.
    Deno.openSync(path, { createNew: true, write: true, mode: 0o600 }).close();
  } catch (error) {
    if (!(error instanceof Deno.errors.AlreadyExists)) throw error;
  }
}

/** Sets the mode that the file then keeps. */
function useWriteAheadLog(database: DatabaseSync, busyTimeoutMs: number): void {
  const giveUpAt = performance.now() + busyTimeoutMs;
  for (;;) {
    try {
      database.exec("PRAGMA journal_mode = WAL");
      return;
    } catch (error) {
      // Two that do this at once exclude each other, and SQLite does not wait there: it might be forever.
      if (!isBusy(error) || performance.now() > giveUpAt) throw error;
      pause(10 * Math.random());
    }
  }
}

function migrate(database: DatabaseSync, migrations: readonly string[]): void {
  // IMMEDIATE: what is read here has to hold until it is written. It also finds out at once, and not
  // with the first change, whether the file can be written at all.
  database.exec("BEGIN IMMEDIATE");
  try {
    const { user_version: version } = database.prepare("PRAGMA user_version").get() as {
      user_version: number;
    };
    if (version > migrations.length) throw new NewerVersion(version, migrations.length);
    if (version < migrations.length) {
      for (const sql of migrations.slice(version)) database.exec(sql);
      database.exec(`PRAGMA user_version = ${migrations.length}`);
    }
    database.exec("COMMIT");
  } catch (error) {
    // A full disk has undone the transaction already.
    if (database.isTransaction) database.exec("ROLLBACK");
    throw error;
  }
}

class NewerVersion extends Error {
  constructor(version: number, known: number) {
    super(`it is of version ${version}, and this program knows versions up to ${known}`);
  }
}

function isBusy(error: unknown): boolean {
  return error instanceof Error && error.message.includes("database is locked");
}

function pause(ms: number): void {
  Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, ms);
}

/**
 * Why a database does not do what was asked of it and what to do, as the end of a sentence that names what
 * that was. By SQLite's words: Deno does not give its codes with every error.
 */
export function databaseReason(cause: unknown): string {
  const words = fileReason(cause);
  if (cause instanceof NewerVersion) return `${words}; use the newer program`;
  if (isBusy(cause)) return "another program holds it; end that one, and try again";
  const [, advice] = advices.find(([said]) => words.includes(said)) ?? [];
  return advice ?? words;
}

const advices: readonly [said: string, advice: string][] = [
  ["file is not a database", "the file is no database; move it away, and a new one is made"],
  ["malformed", "the file is damaged; put a copy of it back, or move it away for a new one"],
  ["readonly database", "it is read-only; let this user write to it and to its directory"],
  ["unable to open", "that is no file which this user may read and write; look at its permissions"],
  ["disk is full", "the disk is full; make room, and try again"],
  ["disk I/O error", "the disk is full, or does not work; look after it, and try again"],
];
