/**
 * The journal over SQLite, put together from its parts.
 *
 * @module
 */

import type { DatabaseSync } from "node:sqlite";
import { StreamDigests } from "./stream_digests.ts";
import { ConversationTable } from "./conversation_table.ts";
import type { Journal } from "./journal.ts";
import { MessageRows } from "./message_rows.ts";
import { History } from "./history.ts";
import { IncomingMessages } from "./incoming_messages.ts";
import type { SearchIndex } from "./search_index.ts";
import { OutgoingMessages } from "./outgoing_messages.ts";
import { Settings } from "./settings.ts";
import type { Texts } from "./text_column.ts";
import type { Transactions } from "./transactions.ts";

/** Makes the journal of a database. */
export function sqliteJournal(
  database: DatabaseSync,
  transactions: Transactions,
  texts: Texts,
  searching: SearchIndex,
): Journal {
  const rows = new MessageRows(database);
  const conversations = new ConversationTable(database, transactions);
  const sending = new OutgoingMessages(database, transactions, conversations, texts);
  const receiving = new IncomingMessages(database, transactions, texts, rows);
  const reading = new History(database, transactions, texts, rows);
  const comparing = new StreamDigests(database, transactions);
  const settings = new Settings(database, transactions);
  return {
    open: (party, seen) => conversations.open(party, seen),
    find: (self, name) => conversations.find(self, name),
    get: (id) => conversations.get(id),
    list: (self, limit) => conversations.list(self, limit),
    selves: (name) => conversations.selves(name),
    waiting: (self) => conversations.waiting(self),

    accept(drafts) {
      const letters = sending.accept(drafts);
      searching.noteWritten(drafts.length);
      return letters;
    },
    unacknowledged: (id, after, limit) => sending.unacknowledged(id, after, limit),
    acknowledge: (conversation, id) => sending.acknowledge(conversation, id),
    markRead: (conversation, id) => sending.markRead(conversation, id),
    markDeposited: (id, upTo, atMs) => sending.markDeposited(id, upTo, atMs),
    forgetDeposited: (id) => sending.forgetDeposited(id),
    renumber: (id) => sending.renumber(id),
    reassign: (from, to) => sending.reassign(from, to),

    receive(id, letters, atMs) {
      const receipts = receiving.receive(id, letters, atMs);
      searching.noteWritten(letters.length);
      return receipts;
    },
    lastReceived: (id, stream) => receiving.lastReceived(id, stream),
    markShown: (id, row) => receiving.markShown(id, row),
    unshown: (self, limit) => receiving.unshown(self, limit),

    history: (self, name, limit, before) => reading.history(self, name, limit, before),
    search: (self, words, limit) => searching.search(self, words, limit),
    searchBySteps: (self, words, limit) => searching.steps(self, words, limit),
    export: (self, name) => reading.export(self, name),

    streams: (id) => comparing.streams(id),
    entries: (id, direction, stream, from, to) =>
      comparing.entries(id, direction, stream, from, to),
    digest: (id, direction, stream, from, to) => comparing.digest(id, direction, stream, from, to),

    setting: (name) => settings.setting(name),
    setSetting: (name, value) => settings.setSetting(name, value),
  };
}
