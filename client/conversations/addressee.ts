/**
 * By which keys mail is sealed for a peer, and in which form.
 *
 * @module
 */

import type { PublicKey } from "../../shared/crypto/public_key.ts";
import type { Addressee } from "../mailbox/mailbox.ts";
import type { ConversationId, Store } from "../store/store.ts";

/**
 * Whom a mail to the peer of a conversation is for.
 *
 * @param key The peer's.
 * @returns Undefined if no X25519 key of the peer is known.
 * @throws {UserError} If the store cannot be read.
 */
export function addresseeOf(
  store: Pick<Store, "certificates" | "contactTokens" | "conversations">,
  { stored, peerId: name, key }: {
    readonly stored: ConversationId;
    readonly peerId: string;
    readonly key: PublicKey;
  },
): Addressee | undefined {
  const latest = store.certificates.latest(key);
  // What stands with the conversation may be older: the peer may have been met under another name since.
  const agreement = latest?.agreement ?? store.conversations.get(stored).agreement;
  if (agreement === undefined) return undefined;
  const token = store.contactTokens.of(key);
  return { name, key, agreement, token, version: latest?.inMail ? 2 : 1 };
}
