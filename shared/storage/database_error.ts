/**
 * What is wrong with a database, for people.
 *
 * @module
 */

import { fileReason } from "../errors/file_error.ts";
import { makeVisible } from "../text/visible.ts";

/** A database that cannot be opened. Its message is a sentence for people; the cause is the system's error. */
export class DatabaseError extends Error {
  override readonly name = "DatabaseError";
  /** Where the database is. */
  readonly path: string;
  /** Why it cannot be opened and what to do: see {@linkcode databaseReason}. */
  readonly reason: string;

  constructor(path: string, cause: unknown) {
    const reason = databaseReason(cause);
    super(`Cannot open the database '${makeVisible(path)}': ${reason}`, { cause });
    this.path = path;
    this.reason = reason;
  }
}

/** A newer version of the program has written the database. */
export class NewerVersionError extends Error {
  override readonly name = "NewerVersionError";

  /** @param version The database's. @param known The highest that this program knows. */
  constructor(version: number, known: number) {
    super(`it is of version ${version}, and this program knows versions up to ${known}`);
  }
}

/** The database is damaged: what SQLite says then, for what is found out in another way. */
export class MalformedError extends Error {
  override readonly name = "MalformedError";

  constructor() {
    super("database disk image is malformed");
  }
}

/** Another program holds the database: what SQLite says then, for what is done without SQLite. */
export class BusyError extends Error {
  override readonly name = "BusyError";

  constructor() {
    super("database is locked");
  }
}

/** Whether SQLite refused, and not for a mistake of ours: a violated constraint is one. */
export function isDatabaseFailure(error: unknown): error is Error {
  return error instanceof Error && "code" in error && error.code === "ERR_SQLITE_ERROR" &&
    !error.message.includes("constraint failed");
}

/** Whether another program holds the database. */
export function isBusy(error: unknown): boolean {
  return error instanceof Error && error.message.includes("database is locked");
}

/** Whether a database was not opened because nothing can be written where it is. */
export function isUnwritable(error: unknown): boolean {
  if (!(error instanceof Error)) return false;
  const words = error.message;
  return error instanceof Deno.errors.PermissionDenied ||
    ("code" in error && ["EACCES", "EPERM", "EROFS", "ENOSPC"].includes(String(error.code))) ||
    ["readonly database", "unable to open", "disk is full"].some((said) => words.includes(said)) ||
    isUnwritable(error.cause);
}

/**
 * Why a database refuses and what to do, as the end of a sentence that says what was tried. It goes by
 * SQLite's words, because Deno does not give SQLite's codes with every error.
 */
export function databaseReason(cause: unknown): string {
  const words = fileReason(cause);
  if (cause instanceof NewerVersionError) return `${words}; use the newer program`;
  if (isBusy(cause)) return "another program is using it; close that program, and try again";
  const [, advice] = advices.find(([said]) => words.includes(said)) ?? [];
  return advice ?? words;
}

const advices: readonly [said: string, advice: string][] = [
  ["file is not a database", "the file is not a database; move it away, and a new one is made"],
  [
    "malformed",
    "the file is damaged; restore a copy of it, or move it away, and a new one is made",
  ],
  ["readonly database", "it is read-only; give this user write access to it and its directory"],
  ["unable to open", "this user cannot read and write such a file; check its permissions"],
  ["disk is full", "the disk is full; make room, and try again"],
  ["disk I/O error", "the disk is full or broken; check it, and try again"],
];
