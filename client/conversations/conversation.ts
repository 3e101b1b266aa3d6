/**
 * One conversation: a peer, the links to it, and what both have said. Links come and go; the conversation
 * with a peer that has a key stays, in the store and here.
 *
 * What the user writes goes down from here to the delivery and its links; what the peer says comes up from
 * a link to here, by the one interface {@linkcode Inbox}.
 *
 * @module
 */

import { insertByRank } from "../../shared/collections/ranked.ts";
import { type Address, formatAddress } from "../../shared/net/address.ts";
import type { KeptAddress } from "../../shared/net/named_address.ts";
import type { TimerClock } from "../../shared/time/clock.ts";
import { Throttle } from "../../shared/time/throttle.ts";
import { fingerprintOf, type PublicKey } from "../../shared/crypto/public_key.ts";
import { errorReply } from "../../shared/protocol/error_reply.ts";
import {
  type ChatMessage,
  type NumberedMessage,
  readChatMessage,
  writeChatMessage,
} from "../../shared/protocol/message_stream.ts";
import { randomId } from "../../shared/protocol/random_id.ts";
import { header, type Message } from "../../shared/protocol/message.ts";
import { refusals } from "../../shared/protocol/reasons.ts";
import { isFault } from "../../shared/protocol/status.ts";
import { check } from "../../shared/protocol/verbs.ts";
import { Delivery } from "../delivery/delivery.ts";
import { ranks } from "../transport/transport.ts";
import type { EventSink, PeerRef, Receivers, Way } from "../events.ts";
import type { Framing, Inbox, Link, Replies } from "../link/link.ts";
import type { Deposit } from "../mailbox/mailbox.ts";
import type { Servers } from "../servers/servers.ts";
import type { ConversationId, ConversationRecord, Store } from "../store/store.ts";
import type { Trust } from "../trust/trust.ts";
import type { ConversationProblem } from "../problems/conversation_problem.ts";
import { type Problem, reasonOf } from "../user_error.ts";
import { addresseeOf } from "./addressee.ts";
import { conversationId } from "./conversation_id.ts";
import { MailReplies } from "./mail_replies.ts";
import { MessageIntake, type Reception } from "./message_intake.ts";
import { ReadReceipts } from "./read_receipts.ts";

/** What a conversation needs beside its peer. */
export interface ConversationOptions {
  readonly self: { readonly id: string; readonly fingerprint: string };
  readonly store: Store;
  readonly trust: Trust;
  readonly rendezvous: Pick<Servers, "deposit" | "keepsMailFor">;
  readonly clock: TimerClock;
  /** Gives numbers from 0 up to 1. */
  readonly random: () => number;
  readonly sink: EventSink;
  /** Whether peers are told what the user has seen. */
  readonly readReceipts: boolean;
  /** Looks for a peer and opens a link if it is there. Never throws. */
  readonly search: (conversation: Conversation) => Promise<void>;
  /** Looks for another way, as the links seem to carry nothing. Never throws. */
  readonly goAround: (conversation: Conversation) => Promise<void>;
}

/** If the store fails, no more is said of it than once in this time. */
const storeErrorMs = 60_000;

/** What failed with the store. */
type Doing = (ConversationProblem & { code: "store-failed" })["doing"];

/** A conversation. */
export class Conversation implements Inbox {
  /** The peer, as events name it. */
  readonly ref: PeerRef;
  /** The id that the peer goes by; the place that it is called at if it has none. */
  readonly peerId: string;
  /** The peer's key; undefined for a peer that cannot encrypt. */
  readonly key: PublicKey | undefined;
  /** The conversation in the store. */
  readonly stored: ConversationId;
  /** The best first. */
  readonly links: Link[] = [];
  /** The id by which a peer without a key was called; undefined if it was not. */
  calledAs: string | undefined;
  /** How a legacy program has framed its last text, on whichever link; undefined if it is none, or sent none. */
  framing: Framing | undefined;
  /** Whether the user has called or answered the peer, in this run or, if something waits, in another. */
  answered = false;
  readonly #options: ConversationOptions;
  readonly #delivery: Delivery | undefined;
  readonly #intake: MessageIntake;
  readonly #receipts: ReadReceipts;
  readonly #mailReplies = new MailReplies();
  readonly #storeErrors: Throttle;
  /** Why the mailbox takes nothing, as the user was told. */
  #toldRefusal: string | undefined;

  /**
   * @param name What the peer is called here.
   * @param record What the store has of the conversation.
   * @throws {UserError} If the store cannot be read.
   */
  constructor(name: string, record: ConversationRecord, options: ConversationOptions) {
    const { key, name: peerId, id: stored } = record;
    const { self, store, clock, sink, readReceipts } = options;
    const person = key && fingerprintOf(key);
    const parties = [{ person: self.fingerprint, name: self.id }, { person, name }] as const;
    this.ref = { conversation: conversationId(...parties), name, person, device: key };
    this.peerId = peerId;
    this.key = key;
    this.stored = stored;
    this.#options = options;
    this.#receipts = new ReadReceipts(readReceipts);
    this.#storeErrors = new Throttle(clock, storeErrorMs);
    const onStoreError = (doing: Doing, error: unknown) => this.#storeFailed(doing, error);
    this.#intake = new MessageIntake({
      ref: this.ref,
      stored,
      store,
      clock,
      sink,
      isUnknownSender: () => this.isUnknownSender,
      onStoreError,
    });
    if (key === undefined) return;
    this.#delivery = new Delivery({
      ...options,
      conversation: stored,
      search: () => options.search(this),
      onStalled: () => options.goAround(this),
      deposit: (messages) => this.#deposit(messages.map(writeChatMessage)),
      onDeposited: (count) => this.#deposited(count),
      onRefused: (refusal) => this.#refusedByMailbox(refusal.why),
      onStoreError: (error) => onStoreError("deliver", error),
    });
  }

  /** Its id: 128 bits in hexadecimal. */
  get id(): string {
    return this.ref.conversation;
  }

  /** What the peer is called here. */
  get name(): string {
    return this.ref.name;
  }

  /** Messages that the peer lacks. */
  get waiting(): number {
    return this.#delivery?.waiting ?? 0;
  }

  /** Where the peer listened last, as far as is known. */
  get lastAddress(): KeptAddress | undefined {
    return this.#options.store.conversations.get(this.stored).address;
  }

  /**
   * Whether the user has never called or answered the peer, in any run.
   *
   * @throws {UserError} If the store cannot be read.
   */
  get isUnknownSender(): boolean {
    if (this.answered) return false;
    return this.key === undefined || !this.#options.trust.isContact(this.peerId, this.key);
  }

  /** Takes messages of the user's that are in the store, in order: they go out, or wait. Never throws. */
  accepted(messages: readonly NumberedMessage[]): void {
    this.#delivery?.accepted(messages);
    if (this.links.length === 0) this.tellWaiting();
  }

  /** Tells that messages wait, if some do. */
  tellWaiting(): void {
    const { waiting: count } = this;
    if (count > 0) this.#options.sink.emit({ ...this.ref, type: "waiting", count });
  }

  /** A link is open. */
  attach(link: Link): void {
    insertByRank(this.links, link);
    this.#delivery?.attach(link);
    this.#receipts.use(this.links[0]);
  }

  /** A link is over. @returns Whether it was the last. */
  detach(link: Link): boolean {
    const at = this.links.indexOf(link);
    if (at >= 0) this.links.splice(at, 1);
    this.#delivery?.detach(link);
    this.#receipts.use(this.links[0]);
    return this.links.length === 0;
  }

  /** Looks for the peer at once, if anything waits for it. */
  wake(): void {
    this.#delivery?.wake();
  }

  /** The user has seen a message of the peer's, and all before it. */
  seen(id: string): void {
    this.#receipts.seen(id);
  }

  messages(messages: readonly ChatMessage[], replies: Replies): void {
    const { safe, conflicts, tooMuch } = this.#intake.receive(messages);
    // A peer that does not number its messages waits for each to be confirmed.
    for (const { id, position } of safe) if (position === undefined) replies.acknowledge(id);
    for (const stream of conflicts) replies.reset(stream);
    const last = safe.at(-1);
    if (last?.position !== undefined) replies.acknowledge(last.id);
    if (tooMuch !== undefined) this.#turnAway(tooMuch);
  }

  text(text: string, framing?: Framing): void {
    this.framing = framing;
    const sentAtMs = this.#options.clock.timeOfDay();
    const message = { id: randomId(), sentAtMs, text, position: undefined };
    const { tooMuch } = this.#intake.receive([message]);
    if (tooMuch !== undefined) this.#turnAway(tooMuch);
  }

  delivered(id: string): void {
    const { sink } = this.#options;
    sink.emit({ ...this.ref, ...this.#byPeer, type: "delivered", id, waiting: this.waiting });
  }

  acknowledged(id: string): void {
    try {
      for (const delivered of this.#delivery?.acknowledged(id) ?? []) this.delivered(delivered);
      if (this.waiting === 0) this.#toldRefusal = undefined;
    } catch (error) {
      this.#storeFailed("mark-delivered", error);
    }
  }

  read(id: string): void {
    // What has been read has arrived.
    this.acknowledged(id);
    try {
      const { store, sink } = this.#options;
      const count = store.outgoing.markRead(this.stored, id);
      if (count > 0) sink.emit({ ...this.ref, ...this.#byPeer, type: "read", id, count });
    } catch (error) {
      this.#storeFailed("mark-read", error);
    }
  }

  reset(stream: string): void {
    try {
      this.#delivery?.renumber(stream);
    } catch (error) {
      this.#storeFailed("renumber", error);
    }
  }

  /** Takes what has come by mail. @returns Whether nothing of it has to come again. */
  takeMail(messages: readonly Message[]): boolean {
    const chatMessages: ChatMessage[] = [];
    for (const message of messages) {
      const id = header(message, "Id") ?? "";
      if (message.verb === "ACK") this.acknowledged(id);
      else if (message.verb === "READ") this.read(id);
      else if (message.verb === "RESET") this.reset(header(message, "Stream") ?? "");
      else if (message.verb === "MSG" && check(message, "peer") === undefined) {
        const chatMessage = readChatMessage(message, this.#options.clock.timeOfDay());
        if (!isFault(chatMessage)) chatMessages.push(chatMessage);
      }
    }
    if (chatMessages.length === 0) return true;
    const { safe, conflicts, complete, tooMuch } = this.#intake.receive(chatMessages);
    if (tooMuch !== undefined) this.#turnAway(tooMuch);
    for (const stream of conflicts) this.#mailReplies.reset(stream);
    const last = safe.at(-1);
    if (last?.position !== undefined) this.#mailReplies.acknowledge(last.position.stream, last.id);
    return complete;
  }

  /** Answers mail: over a link if there is one, else by mail. Never throws. */
  async answerMail(): Promise<void> {
    const { messages } = this.#mailReplies;
    if (messages.length === 0) return;
    const [link] = this.links;
    try {
      if (link === undefined) {
        // Somebody who writes under ever new names must not have us use up what mail we may send.
        if (this.isUnknownSender) return;
        const outcome = await this.#deposit(messages);
        if (outcome === undefined || "refused" in outcome) return;
      } else {
        for (const reply of messages) link.say(reply);
      }
    } catch (error) {
      return this.#storeFailed("confirm", error);
    }
    this.#mailReplies.said(messages);
  }

  /**
   * Done when the peer or the mailbox has everything that was sent, or neither can be reached at the moment.
   */
  async idle(): Promise<void> {
    await Promise.all([
      this.#delivery?.idle(),
      ...this.links.map((link) => link.allDelivered()),
    ]);
  }

  /** Says goodbye on all links, once what was just sent has had time to be confirmed. */
  async leave(): Promise<void> {
    const settled = this.waiting > 0 ? this.#delivery?.allAcknowledged() : undefined;
    await Promise.all(this.links.map((link) => link.leave(settled)));
  }

  /** Nothing is sent any more. What waits stays on the disk. */
  stop(): void {
    this.#delivery?.stop();
  }

  /** Who has a message: the peer's one device. */
  get #byPeer(): Receivers {
    const { person, device } = this.ref;
    return { to: { person, device }, have: 1, of: 1 };
  }

  /** Has a peer that sends too much wait for an answer. */
  #turnAway({ why, unanswered }: NonNullable<Reception["tooMuch"]>): void {
    const { notAnswered, tooManyNotAnswered } = refusals;
    const fault = why === "of-sender" ? notAnswered(unanswered) : tooManyNotAnswered;
    for (const link of this.links) {
      link.say(errorReply(fault));
      // Nobody shows an ERROR that answers no question.
      link.leave(undefined, fault.reason);
    }
  }

  /** @returns Undefined if there is no mailbox for this peer. */
  #deposit(messages: readonly Message[]): Promise<Deposit> | undefined {
    const { store, rendezvous } = this.#options;
    const { stored, peerId } = this;
    if (!rendezvous.keepsMailFor(peerId)) return undefined;
    const to = addresseeOf(store, { stored, peerId, key: this.key! });
    return to && rendezvous.deposit(to, messages);
  }

  #deposited(count: number): void {
    this.#toldRefusal = undefined;
    this.#options.sink.emit({ ...this.ref, type: "deposited", count });
  }

  #refusedByMailbox(why: Problem): void {
    const told = JSON.stringify(why);
    if (this.#toldRefusal === told) return;
    this.#toldRefusal = told;
    this.#options.sink.emit({ ...this.ref, type: "deposit-refused", why });
  }

  #storeFailed(doing: Doing, error: unknown): void {
    if (!this.#storeErrors.pass()) return;
    const { name, key } = this;
    const keyed = key !== undefined;
    const problem = { code: "store-failed", doing, name, keyed, reason: reasonOf(error) } as const;
    this.#options.sink.emit({ type: "problem", problem });
  }
}

/**
 * Where a peer can be called: where it says it listens, where we called it, else where it called from; and the
 * server, if one stands between.
 */
export function pathOf({ role, remote, peerAddress, relayedBy, punched }: Link): Way {
  if (relayedBy !== undefined) return { address: remote, relayedBy: relayedBy.server };
  if (punched !== undefined) return { address: remote, punched };
  return { address: role === "initiator" ? remote : peerAddress ?? remote };
}

/** Whether a link was called at an address. */
export function wasCalledAt(link: Link, address: Address): boolean {
  // Where somebody says that they listen is no proof that they are there.
  return link.role === "initiator" && link.rank === ranks.direct &&
    formatAddress(link.remote) === formatAddress(address);
}
