/**
 * What a client keeps between its runs.
 *
 * @module
 */

import { hkdfSync } from "node:crypto";
import type { DatabaseSync } from "node:sqlite";
import type { Identity } from "../../shared/crypto/identity.ts";
import { openDatabase } from "../../shared/storage/database.ts";
import { databaseReason } from "../../shared/storage/database_error.ts";
import { databaseBusyTimeoutMs } from "../../shared/protocol/limits.ts";
import { makeVisible } from "../../shared/text/visible.ts";
import { UserError } from "../user_error.ts";
import { ConversationTable } from "./conversation_table.ts";
import { History } from "./history.ts";
import { IncomingMessages } from "./incoming_messages.ts";
import type { Journal } from "./journal.ts";
import { KnownPeers } from "./known_peers.ts";
import { MessageRows } from "./message_rows.ts";
import { OutgoingMessages } from "./outgoing_messages.ts";
import { migrations } from "./schema.ts";
import { convert } from "./seal_conversion.ts";
import { SearchIndex } from "./search_index.ts";
import { sqliteJournal } from "./sqlite_journal.ts";
import { StreamDigests } from "./stream_digests.ts";
import { TextCipher } from "./text_cipher.ts";
import { Texts } from "./text_column.ts";
import { Transactions } from "./transactions.ts";

export type { ConversationTable } from "./conversation_table.ts";
export type { History } from "./history.ts";
export type { IncomingMessages } from "./incoming_messages.ts";
export type { KnownPeer, KnownPeers, Meeting } from "./known_peers.ts";
export type { OutgoingMessages } from "./outgoing_messages.ts";
export type { StreamDigests } from "./stream_digests.ts";
export type {
  ConversationId,
  ConversationRecord,
  Draft,
  HistoryEntry,
  MessageState,
  OutgoingStream,
  Party,
  RangeDigest,
  Receipt,
  StreamExtent,
} from "./journal.ts";

/** What a part offers, so that something else may stand in its place. */
type Offered<Part> = Pick<Part, keyof Part>;

/**
 * What a client keeps, in parts. Several programs may have it open. Disposing of it closes it.
 *
 * Messages belong to conversations. A conversation is between one own id and a peer's id and key, and outlives
 * connections and runs. Each direction of it is a stream of numbered messages.
 *
 * Each method writes all of what it is asked to, or nothing. Methods that say `durable` have forced it onto the
 * disk when they return: no crash undoes it. A crash of the machine, and nothing less, may undo the latest of
 * the other changes; that is harmless.
 */
export interface Store extends Disposable {
  /** With whom there are conversations, and how far their outgoing streams have come. */
  readonly conversations: Omit<ConversationTable, "beginStream">;
  /** What the user has written, until the peer has it. */
  readonly outgoing: Offered<OutgoingMessages>;
  /** What peers have sent. */
  readonly incoming: Offered<IncomingMessages>;
  /** What was said, to be read again. */
  readonly history: Offered<History>;
  /** What the streams of a conversation hold, for comparing both sides. */
  readonly digests: Offered<StreamDigests>;
  /** Whose keys are remembered. */
  readonly knownPeers: KnownPeers;
  /** All of these but the known peers in one. Transitional: use the parts. */
  readonly journal: Journal;
}

/** How texts are kept. */
export interface StoreOptions {
  /** What opens sealed texts, and seals them: {@linkcode storeKeyOf} the identity. 32 bytes. */
  readonly textKey?: Uint8Array;
  /** Whether texts are to be sealed; false unless given. Those that are there are converted. */
  readonly sealed?: boolean;
  /** Told now and then how far that is, in messages. */
  readonly onConvert?: (done: number, total: number) => void;
  /** How long to wait for another program that holds the store. */
  readonly busyTimeoutMs?: number;
}

/**
 * Opens the store, and makes it where there is none.
 *
 * @param path Of its file; `:memory:` keeps nothing.
 * @throws {Error} Where it cannot be opened; the message is a sentence for the user.
 */
export function openStore(path: string, options: StoreOptions = {}): Store {
  const { busyTimeoutMs = databaseBusyTimeoutMs } = options;
  const database = openDatabase(path, migrations, { busyTimeoutMs });
  try {
    return storeIn(database, options);
  } catch (cause) {
    database.close();
    if (!(cause instanceof Error) || cause instanceof TypeError) throw cause;
    // What could not be done with it matters less here than why.
    const reason = databaseReason(cause instanceof UserError ? cause.cause ?? cause : cause);
    throw new Error(`Cannot open the store '${makeVisible(path)}': ${reason}`, { cause });
  }
}

const keyLabel = new TextEncoder().encode("p2pchat store 1");

/** The key for the texts of an identity: HKDF-SHA256 (RFC 5869) of its seed with a label. 32 bytes. */
export function storeKeyOf({ seed }: Identity): Uint8Array {
  return new Uint8Array(hkdfSync("sha256", seed, "", keyLabel, 32));
}

/** Pages of the log before they are written into the file: 16 MiB. A burst then syncs the file seldom. */
const logPages = 4_000;
/** Of the file, what stays in memory: most of the index of a million ids. */
const cacheKib = 32_768;

/**
 * The store in a database that is open, whose tables are up to date. Several may be made of one, as by
 * runs that follow each other.
 */
export function storeIn(
  database: DatabaseSync,
  { textKey, sealed = false, onConvert = () => {} }: StoreOptions,
): Store {
  database.exec(`PRAGMA wal_autocheckpoint = ${logPages}; PRAGMA cache_size = -${cacheKib}`);
  // Lest a text that is sealed later stays readable where it was.
  database.exec("PRAGMA secure_delete = ON");
  const box = textKey && new TextCipher(textKey);
  const transactions = new Transactions(database);
  const texts = new Texts(database, box);
  const index = new SearchIndex(database, transactions, texts);
  const indexSome = () => index.indexSome();
  convert(database, transactions, { sealed, box, texts, indexSome, onConvert });
  const rows = new MessageRows(database);
  const conversations = new ConversationTable(database, transactions);
  const parts = {
    conversations,
    outgoing: new OutgoingMessages(database, transactions, conversations, texts, index),
    incoming: new IncomingMessages(database, transactions, texts, rows, index),
    history: new History(database, transactions, texts, rows, index),
    digests: new StreamDigests(database, transactions),
  };
  return {
    ...parts,
    knownPeers: new KnownPeers(database),
    journal: sqliteJournal(parts),
    [Symbol.dispose]: () => database.close(),
  };
}
