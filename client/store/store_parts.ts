/**
 * The parts of a store, in a database that is open.
 *
 * @module
 */

import type { DatabaseSync } from "node:sqlite";
import { lateStatements } from "../../shared/storage/late_statements.ts";
import { inTransaction } from "../../shared/storage/transactions.ts";
import { ContactTokens } from "./contact_tokens.ts";
import { Certificates } from "./certificates.ts";
import { ConversationTable } from "./conversation_table.ts";
import { HiddenTalks } from "./hidden_talks.ts";
import { History } from "./history.ts";
import { IncomingMessages } from "./incoming_messages.ts";
import { KeyList } from "./key_list.ts";
import { LocalNames } from "./local_names.ts";
import { KnownPeers } from "./known_peers.ts";
import { LineDrafts } from "./line_drafts.ts";
import { MessageRows } from "./message_rows.ts";
import { OtherServers } from "./other_servers.ts";
import { OutgoingMessages } from "./outgoing_messages.ts";
import { additions, additionsTable } from "./schema.ts";
import { convert } from "./seal_conversion.ts";
import { ParkedMails } from "./parked_mails.ts";
import { ProvenServers } from "./proven_servers.ts";
import { SearchIndex } from "./search_index.ts";
import { Settings } from "./settings.ts";
import { ServerKeys } from "./server_keys.ts";
import { StreamDigests } from "./stream_digests.ts";
import { TextCipher } from "./text_cipher.ts";
import { TextColumn } from "./text_column.ts";
import { Transactions } from "./transactions.ts";

/**
 * What a store offers. Several programs may have it open.
 *
 * Messages belong to conversations. A conversation is between one own id and a peer's id and key, and outlives
 * connections and runs. Each direction of it is a stream of numbered messages (shared/protocol/message_stream.ts).
 *
 * Each method does all of what it is asked to, or nothing. A method that says `durable` has forced it onto the
 * disk when it returns: no crash undoes it. A crash of the machine, and nothing less, may undo the latest of the
 * other changes; that is harmless.
 */
export interface StoreParts {
  /** The conversations, and how far the outgoing stream of each has come. */
  readonly conversations: Omit<ConversationTable, "beginStream">;
  /** What the user has written. */
  readonly outgoing: Offered<OutgoingMessages>;
  /** What peers have sent. */
  readonly incoming: Offered<IncomingMessages>;
  /** What was said, read again. */
  readonly history: Offered<History>;
  /** What the streams of a conversation hold, for comparing both sides. */
  readonly digests: Offered<StreamDigests>;
  /** Whose keys are remembered. */
  readonly knownPeers: Offered<KnownPeers>;
  /** Which certificates of their X25519 keys peers have shown last. */
  readonly certificates: Offered<Certificates>;
  /** Which keys are the word of a server, and not proven yet. */
  readonly serverKeys: Offered<ServerKeys>;
  /** By which tokens servers know contacts. */
  readonly contactTokens: Offered<ContactTokens>;
  /** Whose keys are blocked. */
  readonly blockedKeys: Offered<KeyList>;
  /** Whose messages are not shown. */
  readonly ignoredKeys: Offered<KeyList>;
  /** What the user has begun to type. */
  readonly lineDrafts: Offered<LineDrafts>;
  /** Whom the user has taken off the list. */
  readonly hiddenTalks: Offered<HiddenTalks>;
  /** What the user calls people. */
  readonly localNames: Offered<LocalNames>;
  /** Mail that cannot be used yet. */
  readonly parkedMails: Offered<ParkedMails>;
  /** Which servers beside one's own are asked, and for whom. */
  readonly otherServers: Offered<OtherServers>;
  /** Which servers speak Version 1. */
  readonly provenServers: Offered<ProvenServers>;
  /** What the user has chosen for later runs. */
  readonly settings: Offered<Settings>;
}

/** The public members of a part: something else may stand in its place. */
type Offered<Part> = Pick<Part, keyof Part>;

/** How texts are kept. */
export interface TextOptions {
  /** What opens sealed texts, and seals them; 32 bytes. */
  readonly textKey?: Uint8Array;
  /** Whether texts are sealed; false unless given. Those that are there are converted. */
  readonly sealed?: boolean;
  /** Told now and then how far that is, in messages. */
  readonly onConvert?: (done: number, total: number) => void;
}

/** Pages of the log before SQLite writes them into the file: 16 MiB, so that a burst seldom syncs the file. */
const logPages = 4_000;
/** How much of the file stays in memory: most of the index of a million ids. */
const cacheKib = 32_768;

/**
 * Makes the parts of a store.
 *
 * @param database One whose migrations are done. What has been added since is made here.
 * @throws {OtherIdentityError} If its texts are sealed and the key is another one, or there is none.
 * @throws {UserError} If the store cannot be written.
 */
export function storeParts(
  database: DatabaseSync,
  { textKey, sealed = false, onConvert = () => {} }: TextOptions,
): StoreParts {
  database.exec(`PRAGMA wal_autocheckpoint = ${logPages}; PRAGMA cache_size = -${cacheKib}`);
  // A text that is sealed later must not stay readable in the file.
  database.exec("PRAGMA secure_delete = ON");
  inTransaction(database, () => makeAdditions(database));
  const statements = lateStatements(database);
  const cipher = textKey && new TextCipher(textKey);
  const transactions = new Transactions(database);
  const texts = new TextColumn(statements, cipher);
  const index = new SearchIndex(database, transactions, texts);
  convert(database, transactions, { sealed, cipher, texts, onConvert });
  const rows = new MessageRows(statements, texts);
  const conversations = new ConversationTable(statements, transactions);
  return {
    conversations,
    outgoing: new OutgoingMessages(statements, transactions, conversations, texts, index),
    incoming: new IncomingMessages(statements, transactions, texts, rows, index),
    history: new History(statements, transactions, rows, index),
    digests: new StreamDigests(statements, transactions),
    knownPeers: new KnownPeers(statements, transactions),
    certificates: new Certificates(statements, transactions),
    serverKeys: new ServerKeys(statements, transactions),
    contactTokens: new ContactTokens(statements, transactions),
    blockedKeys: new KeyList(statements, transactions, "blocked_keys"),
    ignoredKeys: new KeyList(statements, transactions, "ignored_keys"),
    lineDrafts: new LineDrafts(statements, transactions, texts),
    hiddenTalks: new HiddenTalks(statements, transactions),
    localNames: new LocalNames(statements, transactions),
    parkedMails: new ParkedMails(statements, transactions),
    otherServers: new OtherServers(statements, transactions),
    provenServers: new ProvenServers(statements, transactions),
    settings: new Settings(statements, transactions),
  };
}

/** Makes what is missing. A later program may have made more, which changes nothing for this one. */
function makeAdditions(database: DatabaseSync): void {
  database.exec(additionsTable);
  const { made } = database.prepare("SELECT made FROM additions").get() as { made: number };
  if (made >= additions.length) return;
  for (const sql of additions.slice(made)) database.exec(sql);
  database.prepare("UPDATE additions SET made = ?").run(additions.length);
}
