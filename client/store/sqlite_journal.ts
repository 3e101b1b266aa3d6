/**
 * The parts of a store as one object, as callers had it before. Transitional.
 *
 * @module
 */

import type { Journal } from "./journal.ts";
import type { StoreParts } from "./store_parts.ts";

type Parts = Pick<StoreParts, "conversations" | "outgoing" | "incoming" | "history" | "digests">;

/** Makes the one object. */
export function sqliteJournal(
  { conversations, outgoing, incoming, history, digests }: Parts,
): Journal {
  return {
    open: (party, seen) => conversations.open(party, seen),
    find: (self, name) => conversations.find(self, name),
    get: (id) => conversations.get(id),
    list: (self, limit) => conversations.list(self, limit),
    selves: (name) => conversations.selves(name),
    waiting: (self) => conversations.waiting(self),

    accept: (drafts) => outgoing.accept(drafts),
    unacknowledged: (id, after, limit) => outgoing.unacknowledged(id, after, limit),
    acknowledge: (conversation, id) => outgoing.acknowledge(conversation, id),
    markRead: (conversation, id) => outgoing.markRead(conversation, id),
    markDeposited: (id, upTo, atMs) => outgoing.markDeposited(id, upTo, atMs),
    forgetDeposited: (id) => outgoing.forgetDeposited(id),
    renumber: (id) => outgoing.renumber(id),
    reassign: (from, to) => outgoing.reassign(from, to),

    receive: (id, letters, atMs) => incoming.receive(id, letters, atMs),
    markShown: (id, row) => incoming.markShown(id, row),
    unshown: (self, limit) => incoming.unshown(self, limit),

    history: (self, name, limit, before) => history.latest(self, name, limit, before),
    searchBySteps: (self, words, limit) => history.search(self, words, limit),
    export: (self, name) => history.export(self, name),

    streams: (id) => digests.streams(id),
    entries: (id, direction, stream, from, to) => digests.entries(id, direction, stream, from, to),
    digest: (id, direction, stream, from, to) => digests.digest(id, direction, stream, from, to),
  };
}
