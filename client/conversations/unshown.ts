/**
 * Messages that came in an earlier run and were not shown: they are shown now.
 *
 * @module
 */

import { fingerprintOf } from "../../shared/crypto/public_key.ts";
import type { EventSink, MessageEvent } from "../events.ts";
import type { HistoryEntry, Store } from "../store/store.ts";
import type { Conversation } from "./conversation.ts";
import { conversationId } from "./conversation_id.ts";
import { reasonOf } from "../user_error.ts";

/** What showing them needs. */
export interface UnshownOptions {
  readonly self: { readonly id: string; readonly identity: { readonly fingerprint: string } };
  readonly store: Pick<Store, "incoming" | "conversations">;
  readonly sink: EventSink;
}

/** Messages that are read at once. */
const batch = 1_000;

/** Shows them, oldest first. @throws {UserError} If the store cannot be read. */
export function showUnshown(options: UnshownOptions): void {
  const { self, store, sink } = options;
  let behind = 0;
  for (let isMore = true; isMore;) {
    const entries = store.incoming.unshown(self.id, batch, behind);
    for (const entry of entries) sink.emit(eventOf(entry, options));
    isMore = entries.length === batch;
    if (sink.acknowledges) {
      behind = entries.at(-1)?.row ?? behind;
      continue;
    }
    // Which come next is known only once these are noted.
    const shown = isMore ? undefined : sink.shown();
    if (shown === undefined) isMore = markShown(entries, options) && isMore;
    else shown.then(() => markShown(entries, options), () => {});
  }
}

/**
 * Takes it that a message was taken, and all before it in its conversation. Its peer is told, if the user lets peers
 * know.
 *
 * @returns Whether there was such a message that had not been acknowledged.
 * @throws {UserError} If that cannot be noted.
 */
export function acknowledgeShown(
  { self, store }: UnshownOptions,
  id: string,
  open: (name: string) => Pick<Conversation, "stored" | "seen"> | undefined,
): boolean {
  const stored = store.incoming.acknowledge(self.id, id);
  if (stored === undefined) return false;
  const conversation = open(store.conversations.get(stored).name);
  if (conversation?.stored === stored) conversation.seen(id);
  return true;
}

function eventOf(
  { id, name, key, text, unreadable, sentAtMs, plaintext }: HistoryEntry,
  { self }: UnshownOptions,
): MessageEvent {
  const person = key && fingerprintOf(key);
  const own = { person: self.identity.fingerprint, name: self.id };
  return {
    type: "message",
    conversation: conversationId(own, { person, name }),
    name,
    person,
    device: key,
    id,
    stream: undefined,
    seq: undefined,
    kind: "text",
    plaintext,
    text,
    ...unreadable && { unreadable },
    sentAtMs,
  };
}

/** @returns Whether that could be stored. */
function markShown(
  entries: readonly HistoryEntry[],
  { self, store, sink }: UnshownOptions,
): boolean {
  try {
    for (const [name, row] of new Map(entries.map(({ name, row }) => [name, row]))) {
      for (const { id } of store.conversations.find(self.id, name)) {
        store.incoming.markShown(id, row);
      }
    }
    return true;
  } catch (error) {
    const problem = { code: "shown-not-noted", reason: reasonOf(error) } as const;
    sink.emit({ type: "problem", problem });
    return false;
  }
}
