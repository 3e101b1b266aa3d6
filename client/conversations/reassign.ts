/**
 * Giving what waits for somebody to another key of theirs.
 *
 * @module
 */

import { fingerprintOf, type PublicKey } from "../../shared/crypto/public_key.ts";
import type { Store } from "../store/store.ts";
import { reasonOf, UserError } from "../user_error.ts";
import type { ConversationList } from "./conversation_list.ts";
import type { GroupCommit } from "./group_commit.ts";
import type { LinkRegistry } from "./link_registry.ts";

/** What reassigning needs. */
export interface ReassignOptions {
  /** Our own id. */
  readonly selfId: string;
  readonly store: Pick<Store, "conversations" | "outgoing">;
  readonly list: ConversationList;
  readonly links: LinkRegistry;
  readonly commits: GroupCommit;
}

/**
 * What waits for somebody goes to the key that the user has accepted for that name, and everybody with another
 * one is left.
 *
 * @throws {UserError} If that cannot be stored; then it goes to nobody. The error says that the key is accepted
 * all the same.
 */
export async function reassign(
  options: ReassignOptions,
  name: string,
  key: PublicKey,
): Promise<void> {
  const { commits, links } = options;
  const fingerprint = fingerprintOf(key);
  try {
    // What is being written down is still meant for the old one.
    await commits.flushed();
    moveWaiting(options, name, key);
  } catch (cause) {
    const reason = reasonOf(cause);
    throw new UserError({ code: "not-reassigned", name, fingerprint, reason }, { cause });
  } finally {
    await links.leaveOthers(name, fingerprint);
  }
}

function moveWaiting(
  { selfId, store, list }: ReassignOptions,
  name: string,
  key: PublicKey,
): void {
  const record = store.conversations.open({ self: selfId, name, key });
  const old = list.find(name);
  if (old !== undefined && old.stored !== record.id) list.drop(old);
  for (const other of store.conversations.find(selfId, name)) {
    if (other.key !== undefined) store.outgoing.reassign(other.id, record.id);
  }
  const { last, acknowledged } = store.conversations.get(record.id).outgoing;
  if (last === acknowledged && !old?.answered) return;
  const conversation = list.take(name, record);
  conversation.answered = true;
  conversation.wake();
}
