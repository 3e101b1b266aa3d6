/**
 * Comparing what both sides have of a conversation, from outside of it: a call of its own, on which
 * nothing else is said, so that a client of the same profile may go on meanwhile.
 *
 * @module
 */

import type { Address } from "../../shared/net/address.ts";
import { systemClock } from "../../shared/time/clock.ts";
import type { Identity } from "../../shared/crypto/identity.ts";
import { audit, type AuditReport } from "./audit.ts";
import { UserError } from "../user_error.ts";
import { ignoringReceiver, Link, type Refusal } from "../link/link.ts";
import { tcpNetwork } from "../transport/transport.ts";
import { lookUpOnce } from "../rendezvous/rendezvous.ts";
import type { ServerAddress } from "../../shared/net/server_address.ts";
import type { ConversationRecord } from "../store/journal.ts";
import type { Store } from "../store/store.ts";

/** What an audit needs to know. */
export interface AuditCall {
  /** One's own id in the conversation. */
  readonly self: string;
  /** The peer's. */
  readonly name: string;
  /** The servers that may know where the peer is; where none does, it is where it was last. */
  readonly servers: readonly ServerAddress[];
  readonly identity: Identity;
  readonly store: Store;
}

/**
 * Calls a peer and compares.
 *
 * @throws {UserError} Where there is no such conversation, the peer is not there, has another key, or does
 * not answer.
 */
export async function auditPeer(call: AuditCall): Promise<AuditReport> {
  const { self, name, store: { journal, knownPeers } } = call;
  const key = knownPeers.find(name)?.key;
  const record = journal.find(self, name).find((record) => key !== undefined && record.key === key);
  if (record === undefined) {
    throw new UserError(`Cannot compare with ${name}: ${self} has no conversation with ${name}`);
  }
  const address = await whereabouts(call, record);
  const link = await open(call, record, address);
  try {
    return await audit(journal, record.id, (request) => link.ask(request));
  } finally {
    await link.leave();
    await link.ended;
  }
}

async function whereabouts(
  { self, name, servers }: AuditCall,
  record: ConversationRecord,
): Promise<Address> {
  try {
    const found = await lookUpOnce({
      id: self,
      target: name,
      servers,
      network: tcpNetwork,
      clock: systemClock,
    });
    if (found?.id === name) return found.address;
    throw new UserError(`Cannot compare with ${name}: the server does not say where ${name} is`);
  } catch (error) {
    if (record.address !== undefined && error instanceof UserError) return record.address;
    throw error;
  }
}

async function open(
  { self, name, identity }: AuditCall,
  record: ConversationRecord,
  address: Address,
): Promise<Link> {
  const conn = await tcpNetwork.dial(address, name, { signal: new AbortController().signal });
  const opened = Promise.withResolvers<void>();
  const link = new Link({
    conn,
    role: "initiator",
    purpose: "audit",
    // Nobody is to call where nobody listens.
    self: { id: self, address: { host: conn.localAddr.hostname, port: 0 }, identity },
    allowPlaintext: false,
    owner: {
      admitPlaintext: () => refusal(426, `${name} does not encrypt`),
      admitKey: ({ peerId, peerKey }) =>
        Promise.resolve(
          peerId === name && peerKey === record.key
            ? undefined
            : refusal(403, `who answers for ${name} has another name or key`),
        ),
      begin: () => {
        opened.resolve();
        return ignoringReceiver;
      },
    },
    onClosed: (_reason, detail) =>
      opened.reject(
        new UserError(`Cannot compare with ${name}: ${detail ?? "the connection ended"}`),
      ),
  });
  await opened.promise;
  return link;
}

function refusal(code: 403 | 426, detail: string): Refusal {
  return { code, reason: "This is not whom the call was for", detail };
}
