/**
 * Comparing what both sides of a conversation have: answering a peer that asks, and asking one, over a link
 * that there is or over one of its own.
 *
 * @module
 */

import type { NamedAddress } from "../../shared/net/named_address.ts";
import { type Clock, systemClock } from "../../shared/time/clock.ts";
import type { Identity } from "../../shared/crypto/identity.ts";
import type { PublicKey } from "../../shared/crypto/public_key.ts";
import { auditQuestion, readAuditStreams } from "../../shared/protocol/audit.ts";
import type { Message } from "../../shared/protocol/message.ts";
import { refusals } from "../../shared/protocol/reasons.ts";
import type { KnownClient } from "../events.ts";
import { ignoringReceiver, Link, type Refusal } from "../link/link.ts";
import type { ConversationId, ConversationRecord, Store } from "../store/store.ts";
import { type DialableAddress, type Network, permit } from "../transport/transport.ts";
import { type Problem, UserError } from "../user_error.ts";
import { answerAudit } from "./answer.ts";
import { AuditBudget } from "./audit_budget.ts";
import { Comparison, pairs, type StreamFinding } from "./comparison.ts";

export type { StreamFinding } from "./comparison.ts";

/** What an audit found. */
export interface AuditReport {
  readonly streams: readonly StreamFinding[];
}

type Digests = Store["digests"];

/** Answers the questions of peers. However many they ask, and over however many links, everybody else is served. */
export class AuditAnswerer {
  readonly #digests: Digests;
  readonly #budget: AuditBudget;

  constructor(digests: Digests, clock: Clock) {
    this.#digests = digests;
    this.#budget = new AuditBudget(clock);
  }

  /** For how long a peer gets no more answers, in milliseconds; 0 if it may have one now. */
  pauseMs(peer: PublicKey): number {
    return this.#budget.pauseMs(peer);
  }

  /** Answers an AUDIT. @returns An AUDITACK; an ERROR if the question is malformed. */
  answer(peer: PublicKey, conversation: ConversationId, question: Message): Message {
    return this.#budget.spend(peer, () => answerAudit(this.#digests, conversation, question));
  }
}

/**
 * Compares all streams of a conversation with what the other side has.
 *
 * @param ask Asks the other side.
 * @throws {UserError} If the other side gives answers that make no sense; and what `ask` is rejected with.
 */
export async function audit(
  digests: Digests,
  conversation: ConversationId,
  ask: (question: Message) => Promise<Message>,
): Promise<AuditReport> {
  const theirs = readAuditStreams(await ask(auditQuestion()));
  if (theirs === undefined) throw new UserError({ code: "audit-answers-do-not-fit" });
  const streams = [];
  for (const pair of pairs(digests.streams(conversation), theirs)) {
    streams.push(await new Comparison(digests, conversation, ask, pair).run());
  }
  return { streams };
}

/** An audit over a link of its own. */
export interface AuditCall {
  /** Our own id in the conversation. */
  readonly self: string;
  /** The peer's id. */
  readonly name: string;
  /** Asks a server where the peer is. If none says so, it is where it was last. */
  readonly lookUp: () => Promise<KnownClient | undefined>;
  readonly network: Network;
  /** The host at which the server is reached, once it has been asked. */
  readonly serverHost: () => string;
  readonly identity: Identity;
  readonly store: Pick<Store, "conversations" | "digests" | "knownPeers">;
}

/**
 * Calls a peer and compares, while a client of the same profile may go on: nothing else is said on the link.
 *
 * @throws {UserError} If there is no such conversation, or the peer is not there, has another key or does not
 * answer.
 */
export async function auditPeer(call: AuditCall): Promise<AuditReport> {
  const { self, name, store: { conversations, digests, knownPeers } } = call;
  const key = knownPeers.find(name)?.key;
  const record = conversations.find(self, name)
    .find((record) => key !== undefined && record.key === key);
  if (record === undefined) throw new UserError({ code: "nothing-to-compare", self, name });
  const link = await open(call, record, await placeOf(call, record));
  try {
    return await audit(digests, record.id, (question) => link.ask(question));
  } finally {
    await link.leave();
    await link.ended;
  }
}

/** Where to call: where a server says that they are, if that may be called, else where they were last. */
async function placeOf(
  { name, lookUp, network, serverHost }: AuditCall,
  { address }: ConversationRecord,
): Promise<DialableAddress> {
  const permitted = (named: NamedAddress) =>
    permit(named, { name, network, serverHost: serverHost(), clock: systemClock });
  try {
    const found = await lookUp();
    if (found?.id === name) return await permitted(found.address);
    throw new UserError({ code: "not-found-by-server", name });
  } catch (error) {
    if (address === undefined || !(error instanceof UserError)) throw error;
    return await permitted(address).catch((again) => {
      throw error.code === "address-not-called" ? error : again;
    });
  }
}

async function open(
  { self, name, network, identity }: AuditCall,
  { key }: ConversationRecord,
  address: DialableAddress,
): Promise<Link> {
  const conn = await network.dial(address, name, { signal: new AbortController().signal });
  const opened = Promise.withResolvers<void>();
  const link = new Link({
    conn,
    role: "initiator",
    purpose: "audit",
    // Nobody must call an address at which nobody listens.
    self: { id: self, address: { host: conn.localAddr.hostname, port: 0 }, identity },
    allowPlaintext: false,
    owner: {
      admitPlaintext: () => refusal({ code: "peer-does-not-encrypt", name }),
      admitKey: ({ peerId, peerKey }) =>
        Promise.resolve(
          peerId === name && peerKey === key ? undefined : refusal({ code: "other-key", name }),
        ),
      begin: () => {
        opened.resolve();
        return ignoringReceiver;
      },
    },
    onClosed: (_reason, detail) =>
      opened.reject(new UserError({ code: "audit-not-possible", name, detail })),
  });
  await opened.promise;
  return link;
}

function refusal(detail: Problem): Refusal {
  return { ...refusals.notMeant, detail };
}
