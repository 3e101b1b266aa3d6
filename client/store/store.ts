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
} from "../../shared/storage/database_error.ts";
import { UserError } from "../user_error.ts";
import { migrations } from "./schema.ts";
import { OtherIdentityError } from "./seal_conversion.ts";
import { copyStoreFiles } from "./store_copy.ts";
import { type StoreParts, storeParts, type TextOptions } from "./store_parts.ts";

export type { ConversationId, ConversationRecord, OutgoingStream } from "./conversation_table.ts";
export type { Receipt } from "./incoming_messages.ts";
export type { Meeting } from "./known_peers.ts";
export type { HistoryEntry, MessageState } from "./message_rows.ts";
export type { Draft } from "./outgoing_messages.ts";
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
  let copy;
  try {
    copy = join(copyTo(), "store.db");
    await copyStoreFiles(path, copy);
  } catch (cause) {
    throw new UserError({ code: "store-not-copied", path, reason: databaseReason(cause) }, {
      cause,
    });
  }
  return openStore(copy, options);
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
