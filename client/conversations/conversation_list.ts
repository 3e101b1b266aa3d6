/**
 * The conversations that are in memory: found by their ids and names, begun, and dropped again.
 *
 * @module
 */

import { type Address, formatAddress } from "../../shared/net/address.ts";
import { type KeptSource, namedBy } from "../../shared/net/named_address.ts";
import type { ConversationState, Security } from "../events.ts";
import { ranks } from "../transport/transport.ts";
import { fingerprintOf } from "../../shared/crypto/public_key.ts";
import type { Link } from "../link/link.ts";
import type { ConversationRecord } from "../store/store.ts";
import { reasonOf, UserError } from "../user_error.ts";
import { Conversation, type ConversationOptions, pathOf, wasCalledAt } from "./conversation.ts";

/** If there are more conversations, one with no link makes room that the user has no part in. */
const conversationsMax = 256;

/** What a list needs. */
export interface ConversationListOptions extends ConversationOptions {
  /** Told that the user has called, answered or accepted a peer with a key. */
  readonly onAnswered: (conversation: Conversation) => void;
  /** Told that there are other peers to watch. */
  readonly onPeers: (name: string) => void;
}

/** The conversations of a client. */
export class ConversationList {
  readonly #options: ConversationListOptions;
  readonly #byId = new Map<string, Conversation>();
  readonly #byName = new Map<string, Conversation>();

  constructor(options: ConversationListOptions) {
    this.#options = options;
  }

  /** All of them, in the order in which they began. */
  get all(): Conversation[] {
    return [...this.#byName.values()];
  }

  /** @param to Its id, or the name of its peer. */
  find(to: string): Conversation | undefined {
    return this.#byId.get(to) ?? this.#byName.get(to);
  }

  /** The one of an id. A name that looks like it does not count. */
  withId(id: string): Conversation | undefined {
    return this.#byId.get(id);
  }

  /** As {@linkcode find}. @throws {UserError} If there is none. */
  get(to: string): Conversation {
    const conversation = this.find(to);
    if (conversation !== undefined) return conversation;
    throw new UserError({ code: "no-conversation", to, open: [...this.#byName.keys()] });
  }

  /** The user's own id. */
  get selfId(): string {
    return this.#options.self.id;
  }

  /** As {@linkcode get}, and if its peer's key is known it is taken from the store. @throws {UserError} */
  getOrOpen(to: string): Conversation {
    return this.find(to) ?? this.openKnown(to) ?? this.get(to);
  }

  /** The conversation that goes by a name and has a link. */
  connectedAs(name: string): Conversation | undefined {
    const conversation = this.#byName.get(name);
    return conversation?.links.length === 0 ? undefined : conversation;
  }

  /** The conversation that was opened by a call to an address. */
  calledAt(address: Address): Conversation | undefined {
    return this.all.find(({ links }) => links.some((link) => wasCalledAt(link, address)));
  }

  /**
   * The conversation with somebody whose key is known; undefined if it is not, or is another one.
   *
   * @throws {UserError} If the key is blocked, or the store cannot be read or written.
   */
  openKnown(name: string): Conversation | undefined {
    const { store, self, trust } = this.#options;
    const there = this.#byName.get(name);
    if (there !== undefined) return there.key === undefined ? undefined : there;
    const key = trust.keyOf(name);
    if (key !== undefined && store.blockedKeys.has(fingerprintOf(key))) {
      throw new UserError({ code: "blocked", name });
    }
    return key && this.take(name, store.conversations.open({ self: self.id, name, key }));
  }

  /**
   * The conversation that a link joins, or begins.
   *
   * @param source Who has named the address at which the link's peer listens.
   * @throws {UserError} If the store fails.
   */
  join(link: Link, source: KeptSource): Conversation {
    const calledBack = this.#calledBack(link);
    if (calledBack !== undefined) return calledBack;
    const { store, self } = this.#options;
    const base = link.peerId ?? formatAddress(link.remote);
    const { peerKey: key, peerAgreement: agreement, peerAddress, role, remote, rank } = link;
    const address = role === "initiator" && rank === ranks.direct ? remote : peerAddress;
    const seen = {
      ...agreement && { agreement: agreement.key },
      ...address && key && { address: namedBy(source, address) },
    };
    for (let number = 1;; number++) {
      const name = number === 1 ? base : `${base}~${number}`;
      const there = this.#byName.get(name);
      if (there !== undefined && !joins(there, link)) continue;
      const record = store.conversations.open({ self: self.id, name: base, key }, seen);
      store.serverKeys.proven(record.id);
      return this.take(name, record);
    }
  }

  /**
   * The conversation with a legacy program that answers our call by calling back, as the original does. It is
   * told by its host and, if it says who it is or where it listens, by the id or the address that it was called
   * by. If that leaves several it is none: what somebody says must not be taken for another's.
   */
  #calledBack(link: Link): Conversation | undefined {
    if (link.role !== "responder" || link.dialect === "p2pchat") return undefined;
    const called = this.all.filter(({ key, links, calledAs }) =>
      key === undefined && links.some((call) => isCalledBack(call, calledAs, link))
    );
    const [conversation] = called;
    if (conversation === undefined || called.length > 1) return undefined;
    // One that has called back is there already; this is somebody else.
    return conversation.links.some(({ role }) => role === "responder") ? undefined : conversation;
  }

  /** The conversation of a record; it begins if there is none. @throws {UserError} If the store fails. */
  take(name: string, record: ConversationRecord): Conversation {
    const there = this.#byName.get(name);
    if (there?.stored === record.id) return there;
    // It is with a key that is not believed any more: its owner is gone, or about to be told to go.
    if (there !== undefined) this.drop(there);
    const begun = new Conversation(name, record, this.#options);
    this.#byName.set(name, begun);
    this.#byId.set(begun.id, begun);
    if (this.#byName.size > conversationsMax) this.#makeRoom(begun);
    this.#options.onPeers(begun.peerId);
    return begun;
  }

  /**
   * The user has called, answered or accepted a peer: it is a contact from now on if it has a key, and nobody
   * pushes it out of memory. Never throws.
   */
  answer(conversation: Conversation): void {
    const { key, peerId } = conversation;
    if (conversation.answered) return;
    conversation.answered = true;
    if (key === undefined) return;
    const { trust, sink, onAnswered, onPeers } = this.#options;
    try {
      trust.addContact(peerId, key);
    } catch (error) {
      const reason = reasonOf(error);
      sink.emit({
        type: "problem",
        problem: { code: "cannot-note-contact", name: peerId, reason },
      });
    }
    // The mail of an unknown sender has not been answered.
    conversation.answerMail();
    onAnswered(conversation);
    onPeers(peerId);
  }

  /** Drops a conversation, unless it has a link or something waits for its peer. */
  dropIfIdle(conversation: Conversation): void {
    if (conversation.links.length === 0 && conversation.waiting === 0) this.drop(conversation);
  }

  /** Drops a conversation. What waits stays on the disk. */
  drop(conversation: Conversation): void {
    conversation.stop();
    // Another one may have taken its place, with another key of that name.
    if (this.#byName.get(conversation.name) === conversation) {
      this.#byName.delete(conversation.name);
    }
    if (this.#byId.get(conversation.id) === conversation) this.#byId.delete(conversation.id);
  }

  /** Whether a conversation's peer is a contact; false if the store cannot say it. Never throws. */
  isContact(conversation: Conversation): boolean {
    try {
      return conversation.key !== undefined && !conversation.isUnknownSender;
    } catch {
      return false;
    }
  }

  /** What others see of a conversation. */
  stateOf(conversation: Conversation): ConversationState {
    const { ref, links: [link], waiting } = conversation;
    return {
      ...ref,
      devices: [{
        device: ref.device,
        ...link === undefined ? { address: undefined } : pathOf(link),
        connected: link !== undefined,
      }],
      dialect: link?.dialect ?? "p2pchat",
      security: this.securityOf(conversation),
      ...this.#isKeyFromServer(conversation) && { keyFromServer: true },
      waiting,
    };
  }

  /**
   * Who else can read a conversation, by the store. Never throws: a peer of whom the store cannot say that it
   * is verified does not count as verified.
   */
  securityOf({ key, peerId }: Conversation): Security {
    if (key === undefined) return "plaintext";
    try {
      return this.#options.trust.isVerified(peerId, key) ? "verified" : "encrypted";
    } catch {
      return "encrypted";
    }
  }

  /** Whether a peer's key is the word of a server. Never throws: security says what is known beside that. */
  #isKeyFromServer({ key, stored }: Conversation): boolean {
    try {
      return key !== undefined && this.#options.store.serverKeys.has(stored);
    } catch {
      return false;
    }
  }

  /** Drops the oldest conversation in which nothing is going on. */
  #makeRoom(begun: Conversation): void {
    const idle = this.all.find((conversation) =>
      conversation !== begun && !conversation.answered && conversation.links.length === 0 &&
      conversation.waiting === 0
    );
    if (idle !== undefined) this.drop(idle);
  }
}

/** Whether somebody who calls may be the one of a call of ours. @param calledAs The id that was called. */
function isCalledBack(call: Link, calledAs: string | undefined, link: Link): boolean {
  const { peerId, peerAddress } = link;
  if (call.role !== "initiator" || call.dialect === "p2pchat") return false;
  if (call.remote.host !== link.remote.host) return false;
  if (peerId === undefined && peerAddress === undefined) return true;
  return (peerId !== undefined && peerId === calledAs) || peerAddress?.port === call.remote.port;
}

/** Whether a link belongs to a conversation that goes by its peer's name. */
function joins({ key, peerId, links }: Conversation, link: Link): boolean {
  // Whether the key is the name's has been decided before the link opened.
  if (key !== undefined || link.peerKey !== undefined) {
    return key !== undefined && link.peerKey !== undefined && peerId === link.peerId &&
      (key === link.peerKey || links.length === 0);
  }
  return links.some((other) =>
    link.dialect === "p2pchat" && other.dialect === "p2pchat" &&
    link.remote.host === other.remote.host &&
    link.peerAddress !== undefined && other.peerAddress !== undefined &&
    formatAddress(link.peerAddress) === formatAddress(other.peerAddress)
  );
}
