/**
 * What a client keeps between its runs: an SQLite file in its profile.
 *
 * @module
 */

import { hkdfSync } from "node:crypto";
import { join } from "node:path";
import type { Identity } from "../../shared/crypto/identity.ts";
import { databaseBusyTimeoutMs } from "../../shared/protocol/limits.ts";
import { openDatabase } from "../../shared/storage/database.ts";
import {
  DatabaseError,
  databaseReason,
  isDatabaseFailure,
  isUnwritable,
  MalformedError,
  NewerVersionError,
} from "../../shared/storage/database_error.ts";
import { UserError } from "../user_error.ts";
import { migrations } from "./schema.ts";
import { OtherIdentityError } from "./seal_conversion.ts";
import { checkStore, type StoreCheck } from "./store_check.ts";
import { copyStoreFiles, copyWholeStore, foldLog } from "./store_copy.ts";
import { type StoreParts, storeParts, type TextOptions } from "./store_parts.ts";

export type { ConversationId, ConversationRecord, OutgoingStream } from "./conversation_table.ts";
export type { LatestCertificate } from "./certificates.ts";
export type { Receipt } from "./incoming_messages.ts";
export type { Meeting } from "./known_peers.ts";
export type { Found } from "./search_index.ts";
export type { HistoryPoint } from "./history.ts";
export type { HistoryEntry, MessageState } from "./message_rows.ts";
export type { Draft } from "./outgoing_messages.ts";
export type { OwnLineDrafts } from "./line_drafts.ts";
export type { StoreCheck } from "./store_check.ts";
export type { StreamExtent } from "./stream_digests.ts";

/** What a client keeps. Disposing of it closes it. */
export interface Store extends StoreParts, Disposable {}

/** How a store is opened. */
export interface StoreOptions extends TextOptions {
  /** How long to wait for another program that holds the store, in milliseconds. */
  readonly busyTimeoutMs?: number;
}

/**
 * Opens the store, and makes a missing one.
 *
 * @param path The file's; `:memory:` keeps data in memory only.
 * @throws {UserError} If it cannot be opened, or its texts are sealed for another identity.
 */
export function openStore(path: string, options: StoreOptions = {}): Store {
  const { busyTimeoutMs = databaseBusyTimeoutMs } = options;
  let database;
  try {
    database = openDatabase(path, migrations, { busyTimeoutMs });
    const parts = storeParts(database, options);
    const opened = database;
    return { ...parts, [Symbol.dispose]: () => opened.close() };
  } catch (cause) {
    database?.close();
    throw openingError(path, cause);
  }
}

/**
 * Opens the store to read it. If nothing can be written where it is, a copy is opened.
 *
 * @param copyTo Gives the directory for the copy. It belongs to the caller, who removes it when the store is
 * closed.
 * @throws {UserError} As {@linkcode openStore}, or if it cannot be copied.
 */
export async function openStoreToRead(
  path: string,
  { copyTo, ...options }: StoreOptions & { readonly copyTo: () => string },
): Promise<Store> {
  try {
    return openStore(path, options);
  } catch (error) {
    if (!isUnwritable(error)) throw error;
  }
  const copy = join(copyTo(), "store.db");
  await copying(path, copy, copyStoreFiles);
  return openStore(copy, options);
}

/**
 * Copies a store into a new file without a log, for its owner alone. Other programs may use it meanwhile: the
 * copy is what it was at one moment.
 *
 * @throws {UserError} If that is not possible.
 */
export async function copyStore(path: string, to: string): Promise<void> {
  await copying(path, to, copyWholeStore);
}

/** Checks the file of a store without a log that comes from elsewhere, and changes nothing. */
export function inspectStore(path: string): StoreCheck {
  return checkStore(path);
}

/** The error for a store that is not whole. */
export function unusableStore(
  path: string,
  check: StoreCheck & { is: "newer" | "damaged" },
): UserError {
  const cause = check.is === "newer"
    ? new NewerVersionError(check.version, check.known)
    : new MalformedError();
  return new UserError({ code: "store-not-opened", path, reason: databaseReason(cause) }, {
    cause,
  });
}

/**
 * Makes a store one file without a log, until it is next opened.
 *
 * @returns False if another program uses it.
 * @throws {UserError} If it is no store that can be opened.
 */
export function closeLog(path: string): boolean {
  try {
    return foldLog(path);
  } catch (cause) {
    const reason = databaseReason(cause);
    throw new UserError({ code: "store-not-opened", path, reason }, { cause });
  }
}

async function copying(
  path: string,
  to: string,
  copy: (from: string, to: string) => Promise<void>,
): Promise<void> {
  try {
    await copy(path, to);
  } catch (cause) {
    const reason = databaseReason(cause);
    throw new UserError({ code: "store-not-copied", path, to, reason }, { cause });
  }
}

/** The key for the texts of an identity: HKDF-SHA256 (RFC 5869) of its seed with a label. 32 bytes. */
export function storeKeyOf({ seed }: Identity): Uint8Array {
  return new Uint8Array(hkdfSync("sha256", seed, "", keyLabel, 32));
}

const keyLabel = new TextEncoder().encode("p2pchat store 1");

/** Names the file. What was tried with it matters less here than why that failed. */
function openingError(path: string, cause: unknown): unknown {
  if (cause instanceof OtherIdentityError) {
    return new UserError({ code: "store-sealed", path }, { cause });
  }
  const reason = cause instanceof UserError && cause.problem.code === "store-refused"
    ? cause.problem.reason
    : cause instanceof DatabaseError
    ? cause.reason
    : isDatabaseFailure(cause)
    ? databaseReason(cause)
    : undefined;
  if (reason === undefined) return cause;
  return new UserError({ code: "store-not-opened", path, reason }, { cause });
}
