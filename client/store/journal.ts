/**
 * The parts of a store as one object, as callers had it before. Transitional: take the parts from store.ts.
 *
 * @module
 */

import type { StoreParts } from "./store_parts.ts";

export type {
  ConversationId,
  ConversationRecord,
  OutgoingStream as Outgoing,
} from "./conversation_table.ts";
export type { Receipt } from "./incoming_messages.ts";
export type { HistoryEntry } from "./message_rows.ts";
export type { RangeDigest, StreamExtent } from "./stream_digests.ts";

type Conversations = StoreParts["conversations"];
type History = StoreParts["history"];

/** All parts in one. */
export interface Journal extends
  Conversations,
  Pick<
    StoreParts["outgoing"],
    | "accept"
    | "unacknowledged"
    | "acknowledge"
    | "markRead"
    | "markDeposited"
    | "forgetDeposited"
    | "renumber"
    | "reassign"
  >,
  Pick<StoreParts["incoming"], "receive" | "markShown" | "unshown">,
  Pick<StoreParts["digests"], "streams" | "entries" | "digest"> {
  history: History["latest"];
  searchBySteps: History["search"];
  export: History["export"];
}
