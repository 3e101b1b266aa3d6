/**
 * Comparing with somebody what both sides have: over the link that there is, or over one of its own.
 *
 * @module
 */

import type { Identity } from "../../shared/crypto/identity.ts";
import { audit, auditPeer, type AuditReport } from "../audit/audit.ts";
import type { Rendezvous } from "../rendezvous/rendezvous.ts";
import type { Store } from "../store/store.ts";
import type { Network } from "../transport/transport.ts";
import { UserError } from "../user_error.ts";
import type { ConversationList } from "./conversation_list.ts";

/** What that needs. */
export interface AuditWithOptions {
  readonly self: { readonly id: string; readonly identity: Identity };
  readonly store: Store;
  readonly list: Pick<ConversationList, "find" | "get">;
  readonly rendezvous: Pick<Rendezvous, "lookUp" | "serverHost">;
  readonly network: Network;
}

/**
 * Compares what both sides have of a conversation.
 *
 * @param to The id of a conversation, or the name of its peer.
 * @param mayCall Whether a peer to whom there is no link is called for that. Then a name is needed.
 * @throws {UserError} If there is no link to the peer, or the peer is not there.
 */
export async function auditWith(
  to: string,
  { self: { id: self, identity }, store, list, rendezvous, network }: AuditWithOptions,
  { mayCall = false }: { readonly mayCall?: boolean },
): Promise<AuditReport> {
  const conversation = mayCall ? list.find(to) : list.get(to);
  const link = conversation?.key === undefined ? undefined : conversation.links[0];
  if (link !== undefined) {
    return await audit(store.digests, conversation!.stored, (question) => link.ask(question));
  }
  if (!mayCall) throw new UserError({ code: "not-connected", name: conversation!.name });
  const lookUp = () => rendezvous.lookUp(to);
  const serverHost = () => rendezvous.serverHost;
  return await auditPeer({ self, name: to, lookUp, network, serverHost, identity, store });
}
