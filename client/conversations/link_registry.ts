/**
 * Every link of the client, and the conversation that each belongs to: how many there may be, who is let
 * in, and where a link goes once it is open.
 *
 * @module
 */

import { fingerprintOf, type PublicKey } from "../../shared/crypto/public_key.ts";
import { type Address, formatAddress } from "../../shared/net/address.ts";
import type { KeptSource } from "../../shared/net/named_address.ts";
import type { Clock } from "../../shared/time/clock.ts";
import { Throttle } from "../../shared/time/throttle.ts";
import { linksPerPeerMax, unknownLinksPerHostMax } from "../../shared/protocol/limits.ts";
import type { Message } from "../../shared/protocol/message.ts";
import { pathsAnswer } from "../../shared/protocol/paths.ts";
import { peerFaults, refusals } from "../../shared/protocol/reasons.ts";
import { AuditAnswerer } from "../audit/audit.ts";
import type { Call, Connector, LinkKeeper } from "../connector/connector.ts";
import type { CloseReason, EventSink, OpenCause } from "../events.ts";
import {
  ignoringReceiver,
  type Link,
  type PeerFacts,
  type Receiver,
  type Refusal,
} from "../link/link.ts";
import type { Store } from "../store/store.ts";
import { type Problem, reasonOf, UserError } from "../user_error.ts";
import type { PeerAdmission } from "./admission.ts";
import { type Conversation, pathOf } from "./conversation.ts";
import type { ContactList } from "./contact_list.ts";
import type { ConversationList } from "./conversation_list.ts";
import { Goodbyes } from "./goodbyes.ts";
import { LinkPlaces } from "./link_places.ts";

/** Conversations whose last addresses are looked through, at most. */
const knownPlacesMax = 1_000;

/** That somebody is away is told once in this time, at most. */
const awayMs = 10_000;

/** What a registry needs. */
export interface LinkRegistryOptions {
  /** Our own id. */
  readonly selfId: string;
  readonly store: Pick<Store, "conversations" | "digests">;
  readonly list: ConversationList;
  readonly contacts: Pick<ContactList, "give" | "keep">;
  readonly admission: PeerAdmission;
  readonly connector: Pick<Connector, "answerPaths">;
  readonly sink: EventSink;
  /** Told that a conversation has other links than before. */
  readonly onLinks: (conversation: Conversation) => void;
  readonly clock: Clock;
  /** Gives numbers from 0 up to 1. */
  readonly random: () => number;
}

/** The links of a client. */
export class LinkRegistry implements LinkKeeper {
  readonly #options: LinkRegistryOptions;
  readonly #links = new Set<Link>();
  /** Stays when a link is over: who has just called wants to know with whom that was. */
  readonly #conversations = new WeakMap<Link, Conversation>();
  readonly #audits: AuditAnswerer;
  /** Those that are open, or have been. */
  readonly #opened = new WeakSet<Link>();
  /** When it was told last that somebody is away. */
  readonly #toldAway = new WeakMap<Conversation, Throttle>();
  readonly #places: LinkPlaces<Link>;
  readonly #goodbyes: Goodbyes<Conversation>;
  #leaving = false;

  constructor(options: LinkRegistryOptions) {
    this.#options = options;
    this.#audits = new AuditAnswerer(options.store.digests, options.clock);
    this.#goodbyes = new Goodbyes(options.clock);
    this.#places = new LinkPlaces({
      isOpen: (link) => this.#opened.has(link),
      isKept: (link) => this.#isKept(link),
      random: options.random,
    });
  }

  get isLeaving(): boolean {
    return this.#leaving;
  }

  makeRoomForOwn(): boolean {
    return this.#places.makeRoomForOwn();
  }

  makeRoomForCaller({ host }: Address): boolean {
    return !this.#leaving && this.#places.makeRoomForCaller(host);
  }

  added(link: Link): void {
    this.#links.add(link);
    this.#places.add(link);
  }

  admitPlaintext(peer: PeerFacts, call?: Call): Refusal | undefined {
    return this.#options.admission.admitPlaintext(peer, call?.expectedId) ??
      this.#refusalOfUnknown(peer);
  }

  mayTryPlaintext(peer: PeerFacts, call: Call): boolean {
    const { admission, store, selfId } = this.#options;
    if (admission.admitPlaintext(peer, call.expectedId) !== undefined) return false;
    const place = formatAddress(peer.remote);
    try {
      return !store.conversations.list(selfId, knownPlacesMax).some(({ key, address }) =>
        key !== undefined && address !== undefined && formatAddress(address) === place
      );
    } catch {
      // Somebody with a key may be there.
      return false;
    }
  }

  async admitKey(peer: PeerFacts, call?: Call): Promise<Refusal | undefined> {
    return refusalOfRelayed(peer) ?? this.#refusalOfMany(peer) ?? this.#refusalOfAudit(peer) ??
      this.#refusalOfUnknown(peer) ??
      await this.#options.admission.admitKey(peer, call?.expectedId, call?.interactive);
  }

  begin(link: Link, call?: Call): Receiver {
    this.#opened.add(link);
    const receiver = {
      ...ignoringReceiver,
      answerAudit: (request: Message) => this.#answerAudit(link, request),
      auditPauseMs: () => this.#audits.pauseMs(link.peerKey!),
    };
    if (link.purpose === "audit") return receiver;
    const conversation = this.#conversationOf(link, this.#sourceOf(link, call));
    this.#conversations.set(link, conversation);
    if (conversation.key === undefined) conversation.calledAs ??= call?.expectedId;
    const { sink, list, contacts, admission } = this.#options;
    const { ref, waiting } = conversation;
    // With a key that was said at first contact. Without one each contact is the first.
    const similarTo = conversation.key === undefined ? admission.similarTo(ref.name) : [];
    if (link.role === "initiator") list.answer(conversation);
    if (conversation.links.length === 0) {
      sink.emit({
        ...ref,
        type: "opened",
        ...pathOf(link),
        dialect: link.dialect!,
        security: list.securityOf(conversation),
        cause: causeOf(call),
        contact: list.isContact(conversation),
        ...similarTo.length > 0 && { similarTo },
        waiting,
      });
    }
    this.#moving(conversation, () => conversation.attach(link));
    contacts.give(conversation);
    return {
      ...receiver,
      inbox: conversation,
      takeToken: (token, servers) => contacts.keep(link.peerKey!, token, servers),
      takeAway: (text) => this.#takeAway(conversation, text),
      answerPaths: (request) => this.#answerPaths(conversation, link, request),
      verification: {
        asked: () => sink.emit({ ...ref, type: "verification-asked" }),
        words: (words) => sink.emit({ ...ref, type: "verification-words", words }),
      },
    };
  }

  /** Tells that a contact is away, and that no more often than they can be by turns. */
  #takeAway(conversation: Conversation, text: string): void {
    const { sink, list, clock } = this.#options;
    if (!list.isContact(conversation)) return;
    const told = this.#toldAway.get(conversation) ?? new Throttle(clock, awayMs);
    this.#toldAway.set(conversation, told);
    if (told.pass()) sink.emit({ ...conversation.ref, type: "absent", text });
  }

  closed(link: Link, reason: CloseReason, detail: Problem | undefined): void {
    const conversation = this.#conversations.get(link);
    this.#links.delete(link);
    this.#places.delete(link);
    if (conversation === undefined) return;
    const { sink, list } = this.#options;
    const { ref } = conversation;
    if (link.comparison?.isVerifying) sink.emit({ ...ref, type: "verification-cut" });
    const texts = link.unacknowledged;
    const wasLast = this.#moving(conversation, () => conversation.detach(link));
    if (texts.length > 0) sink.emit({ ...ref, type: "unconfirmed", texts });
    const ending = { reason, detail };
    if (!wasLast) return this.#goodbyes.onOneLink(conversation, ending);
    if (conversation.key === undefined || !conversation.answered) list.dropIfIdle(conversation);
    sink.emit({ ...ref, type: "closed", ...this.#goodbyes.endingOf(conversation, ending) });
    if (!this.#leaving) conversation.tellWaiting();
  }

  /** The conversation that a link belongs to, or did before it was over; undefined until it is open. */
  conversationAt(link: Link): Conversation | undefined {
    return this.#conversations.get(link);
  }

  /**
   * Leaves every peer that goes by an id and has another key than the one that is believed, or none: what
   * is meant for its owner must not go to them.
   */
  async leaveOthers(id: string, fingerprint: string): Promise<void> {
    const others = [...this.#links].filter(({ peerId, dialect, peerKey }) =>
      peerId === id && dialect !== undefined &&
      (peerKey === undefined || fingerprintOf(peerKey) !== fingerprint)
    );
    await Promise.all(others.map((link) => link.leave()));
  }

  /** Leaves every peer that has a key. */
  async leaveKey(fingerprint: string): Promise<void> {
    const links = [...this.#links].filter(({ peerKey }) =>
      peerKey !== undefined && fingerprintOf(peerKey) === fingerprint
    );
    await Promise.all(links.map((link) => link.leave()));
  }

  /** A key takes the place of an unknown sender's: they are left, and what they open next is no more of theirs. */
  displaceOthers(id: string, key: PublicKey): void {
    const { list } = this.#options;
    for (const other of list.all) {
      if (other.peerId === id && other.key !== undefined && other.key !== key) list.drop(other);
    }
    this.leaveOthers(id, fingerprintOf(key));
  }

  /** Takes no more links. @returns Those that there are. */
  beginLeaving(): Link[] {
    this.#leaving = true;
    return [...this.#links];
  }

  /** Changes which links a conversation has, and tells if another one of them is in use then. */
  #moving<T>(conversation: Conversation, change: () => T): T {
    const [before] = conversation.links;
    const result = change();
    const [now] = conversation.links;
    this.#options.onLinks(conversation);
    if (before === undefined || now === undefined || now === before) return result;
    this.#options.sink.emit({ ...conversation.ref, type: "path-changed", ...pathOf(now) });
    return result;
  }

  /** One peer must not take up all the links that there are. */
  #refusalOfMany({ peerKey, role }: PeerFacts): Refusal | undefined {
    if (role === "initiator") return undefined;
    let count = 0;
    for (const other of this.#links) if (other.peerKey === peerKey) count++;
    if (count <= linksPerPeerMax) return undefined;
    return {
      ...refusals.tooManyLinks,
      detail: { code: "too-many-links-of-one-peer", max: linksPerPeerMax },
    };
  }

  /**
   * The conversation that a link belongs to. Its name is the peer's id, or its address if it has none.
   * Another link with the same peer, by its key or, in plaintext, by what it says of itself and where it
   * comes from, joins the conversation. Another peer that says the same id gets a number.
   *
   * @throws {UserError} If the store cannot be read or written.
   */
  #conversationOf(link: Link, source: KeptSource): Conversation {
    const { list } = this.#options;
    try {
      return list.join(link, source);
    } catch (error) {
      const peer = link.peerId ?? "";
      const problem: Problem = { code: "cannot-begin", name: peer, reason: reasonOf(error) };
      this.#options.sink.emit({ type: "problem", problem });
      throw new UserError(problem, { cause: error });
    }
  }

  /** Who has named the address of a link's peer: that a call was answered there says more than anybody's word. */
  #sourceOf({ role, peerId, peerKey }: Link, call: Call | undefined): KeptSource {
    if (call !== undefined && call.expectedId === undefined) return "user";
    if (role === "initiator") return "contact";
    const isContact = peerKey !== undefined && this.#options.admission.isContact(peerId!, peerKey);
    return isContact ? "contact" : "caller";
  }

  /** Unknown senders of one host must not take up the places of all. */
  #refusalOfUnknown(peer: PeerFacts): Refusal | undefined {
    const { role, peerId, peerKey } = peer;
    const isContact = peerKey !== undefined &&
      this.#options.admission.isContact(peerId!, peerKey);
    if (role === "initiator" || isContact || this.#places.makeRoomForUnknown(peer)) {
      return undefined;
    }
    return {
      ...refusals.tooManyLinksOfHost,
      detail: { code: "too-many-links-of-one-host", max: unknownLinksPerHostMax },
    };
  }

  /** Whether the user has a part in an open link. */
  #isKept(link: Link): boolean {
    const { peerId, peerKey } = link;
    return this.#conversations.get(link)?.answered === true ||
      (peerKey !== undefined && this.#options.admission.isContact(peerId!, peerKey));
  }

  /** Somebody who is no contact may not compare. Their call shows nothing, and nothing of it is remembered. */
  #refusalOfAudit({ role, purpose, peerId, peerKey }: PeerFacts): Refusal | undefined {
    if (role === "initiator" || purpose !== "audit") return undefined;
    if (this.#options.admission.isContact(peerId!, peerKey!)) return undefined;
    return { ...peerFaults.nothingToCompare, detail: { code: "audit-by-unknown", name: peerId! } };
  }

  /** @returns Undefined for somebody who is no contact. */
  #answerAudit({ peerId, peerKey }: Link, request: Message): Message | undefined {
    const { store, selfId, admission } = this.#options;
    if (!admission.isContact(peerId!, peerKey!)) return undefined;
    // Also if there is nothing, as when a store was lost: that is what an audit finds out.
    const { id } = store.conversations.open({ self: selfId, name: peerId!, key: peerKey! });
    return this.#audits.answer(peerKey!, id, request);
  }

  /** Where we can be reached is for contacts alone. */
  #answerPaths(conversation: Conversation, link: Link, request: Message): Promise<Message> {
    const { peerId, key } = conversation;
    const isContact = key !== undefined &&
      (conversation.answered || this.#options.admission.isContact(peerId, key));
    if (!isContact) return Promise.resolve(pathsAnswer(request));
    return this.#options.connector.answerPaths(conversation, link, request, this);
  }
}

/** Somebody whom the server has announced by another key than they have. */
function refusalOfRelayed({ relayedBy, peerKey, peerId }: PeerFacts): Refusal | undefined {
  const callerKey = relayedBy?.callerKey;
  if (callerKey === undefined || callerKey === peerKey) return undefined;
  return { ...refusals.otherKey(peerId!), detail: { code: "other-key", name: peerId! } };
}

function causeOf(call: Call | undefined): OpenCause {
  if (call === undefined) return "call";
  return call.interactive ? "chat" : "delivery";
}
