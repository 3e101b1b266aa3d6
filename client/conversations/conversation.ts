/**
 * One conversation: a peer, the links to it, and what both have said. Links come and go; the conversation
 * with a peer that has a key stays, in the journal and here.
 *
 * @module
 */

import { type Address, formatAddress } from "../../shared/net/address.ts";
import type { TimerClock } from "../../shared/time/clock.ts";
import type { PublicKey } from "../../shared/crypto/public_key.ts";
import {
  type ChatMessage,
  chatMessageHeaders,
  isChatMessage,
  type NumberedMessage,
  readChatMessage,
} from "../../shared/protocol/message_stream.ts";
import { incomingStreamsMax, unknownSenderMessagesMax } from "../../shared/protocol/limits.ts";
import { header, type Message, message } from "../../shared/protocol/message.ts";
import { check } from "../../shared/protocol/verbs.ts";
import { Delivery } from "../delivery/delivery.ts";
import type { ChatEvent } from "../events.ts";
import type { Link } from "../link/link.ts";
import type { Deposit, Recipient } from "../mailbox/mailbox.ts";
import type { ConversationId, ConversationRecord, Journal, Receipt } from "../store/journal.ts";
import type { Trust } from "../trust/trust.ts";
import { type Problem, reasonOf } from "../user_error.ts";

/** What a conversation needs to know beside its peer. */
export interface ConversationOptions {
  readonly journal: Journal;
  readonly trust: Trust;
  readonly clock: TimerClock;
  readonly random: () => number;
  readonly emit: (event: ChatEvent) => void;
  /** When all that was emitted is on the screen; undefined where it is. */
  readonly printed: () => Promise<void> | undefined;
  /** Whether peers are told what the user has seen. */
  readonly readReceipts: boolean;
  /** Looks for a peer, and opens a link if it is there. Never throws. */
  readonly seek: (conversation: Conversation) => Promise<void>;
  /** Leaves messages with the server; undefined where it keeps none. Never throws. */
  readonly deposit: (
    to: Recipient,
    messages: readonly Message[],
  ) => Promise<Deposit> | undefined;
}

/** Of a disk that fails, no more is said than a line in this time. */
const complaintMs = 60_000;

/** A conversation. */
export class Conversation {
  readonly name: string;
  /** The id that the peer goes by; undefined of one that has none. */
  readonly peerId: string | undefined;
  /** The peer's key; undefined if it cannot encrypt. */
  readonly key: PublicKey | undefined;
  readonly id: ConversationId;
  readonly links: Link[] = [];
  /** Whether the user has called or answered. */
  engaged = false;
  readonly #options: ConversationOptions;
  readonly #delivery: Delivery | undefined;
  /** Whether the user has been told that messages wait, or are at the mailbox, and they still do. */
  #saidToWait = false;
  #saidRefused: string | undefined;
  #lastReceived: string | undefined;
  /** The last message of the peer's that the user has seen, and the last that the peer was told of. */
  #seen: string | undefined;
  #saidSeen: string | undefined;
  /** What the peer is to be told by mail of each stream, once all its mail has been looked at. */
  #mailReplies = new Map<string, Message>();
  #complaintDueAtMs = 0;
  /** Messages that the user has not answered, where it is a stranger's. */
  #unanswered: number | undefined;
  #saidTooMuch = false;

  /**
   * @param name What it is called here.
   * @param record What the journal has of it.
   */
  constructor(name: string, record: ConversationRecord, options: ConversationOptions) {
    this.name = name;
    this.id = record.id;
    this.key = record.key;
    this.peerId = record.name;
    this.#options = options;
    if (this.key === undefined) return;
    const { journal, clock, random, seek } = options;
    this.#delivery = new Delivery({
      conversation: record.id,
      journal,
      clock,
      random,
      seek: () => seek(this),
      deposit: (letters) => this.#deposit(letters.map(messageOf)),
      onDeposited: (count) => this.#deposited(count),
      onRefused: ({ why }) => this.#refusedByMailbox(why),
      onTrouble: (error) => this.#complain("deliver what waits for", error),
    });
  }

  /** Messages that the peer does not have. */
  get waiting(): number {
    return this.#delivery?.waiting ?? 0;
  }

  /** Where the peer listened last, as far as it is known. */
  get lastAddress(): Address | undefined {
    return this.#options.journal.get(this.id).address;
  }

  /** Takes note of messages that have been accepted, and says where they have to wait. */
  accepted(): void {
    this.#delivery?.refresh();
    if (this.links.length === 0) this.sayWaiting();
  }

  /** Says that messages wait, where some do. */
  sayWaiting(): void {
    const { waiting: count } = this;
    if (count === 0) return;
    this.#saidToWait = true;
    this.#options.emit({ type: "kept", name: this.name, count });
  }

  /** A link is open. */
  attach(link: Link): void {
    this.links.push(link);
    this.#delivery?.attach(link);
    // What was said on a link that broke may not have come.
    if (this.links.length === 1) this.#saidSeen = undefined;
    this.#saySeen();
  }

  /** A link is over. @returns Whether it was the last. */
  detach(link: Link): boolean {
    const at = this.links.indexOf(link);
    if (at >= 0) this.links.splice(at, 1);
    this.#delivery?.detach(link);
    return this.links.length === 0;
  }

  /** Looks for the peer at once, if anything waits for it. */
  wake(): void {
    this.#delivery?.wake();
  }

  /**
   * Takes what the peer has sent, shows what is new, and acknowledges it.
   *
   * @param link On which it came; undefined where it came by mail, which is answered by mail.
   * @returns Whether there is nothing among it that is to come again.
   */
  receive(letters: readonly ChatMessage[], link: Link | undefined): boolean {
    const { journal, clock, emit, printed } = this.#options;
    let receipts: Receipt[];
    try {
      if (this.#isTooMuch(letters.length)) {
        this.#turnAway();
        return false;
      }
      receipts = journal.receive(this.id, letters, clock.timeOfDay());
    } catch (error) {
      const then = this.key === undefined ? "" : "; it will be sent again";
      this.#complain("keep what came from", error, then);
      // Who has no key does not send it again.
      if (this.key === undefined) {
        for (const { text, sentAtMs } of letters) this.show(text, sentAtMs);
      }
      return false;
    }
    const conflicts = new Set<string>();
    let taken: ChatMessage | undefined;
    let row: number | undefined;
    let complete = true;
    for (const [i, receipt] of receipts.entries()) {
      const letter = letters[i]!;
      switch (receipt.outcome) {
        case "stored":
          if (receipt.missed > 0) emit({ type: "missed", name: this.name, count: receipt.missed });
          this.show(letter.text, letter.sentAtMs);
          row = receipt.row;
          taken = letter;
          break;
        case "duplicate":
          taken = letter;
          break;
        case "conflict":
          conflicts.add(letter.position!.stream);
          break;
        case "gap":
          complete = false;
      }
      // Who does not number its messages waits for each to be confirmed.
      if (taken === letter && letter.position === undefined) link?.acknowledge(letter.id);
    }
    for (const stream of conflicts) {
      this.#reply(link, stream, message("RESET", [["Stream", stream]]));
    }
    if (taken?.position !== undefined) {
      this.#reply(link, taken.position.stream, message("ACK", [["Id", taken.id]]));
    }
    if (row !== undefined) {
      const shown = row;
      this.#lastReceived = taken?.id ?? this.#lastReceived;
      const printing = printed();
      if (printing === undefined) this.#markShown(shown);
      else printing.then(() => this.#markShown(shown), () => {});
    }
    return complete;
  }

  /** Whether it is somebody whom the user has never called nor answered. */
  get #isUnknownSender(): boolean {
    if (this.engaged) return false;
    return this.key === undefined || !this.#options.trust.isContact(this.peerId!, this.key);
  }

  /** Has whoever sends too much wait for an answer. */
  #turnAway(): void {
    const reason = `The user has not answered ${unknownSenderMessagesMax} messages; wait for that`;
    for (const link of this.links) {
      link.say(message("ERROR", [["Code", "429"], ["Reason", reason]]));
      link.leave();
    }
  }

  /** Whether somebody whom the user has never answered has sent as much as is kept. */
  #isTooMuch(more: number): boolean {
    if (!this.#isUnknownSender) return false;
    const { journal, emit } = this.#options;
    this.#unanswered ??= journal.streams(this.id)
      .filter(({ direction }) => direction === "received")
      .reduce((sum, { last }) => sum + last, 0);
    this.#unanswered += more;
    if (this.#unanswered - more < unknownSenderMessagesMax) return false;
    if (!this.#saidTooMuch) {
      const problem =
        `${this.name} has sent ${unknownSenderMessagesMax} messages that you have not ` +
        `answered, and no more are taken: /chat ${this.name} takes them`;
      emit({ type: "problem", problem });
    }
    this.#saidTooMuch = true;
    return true;
  }

  /** Shows a message of the peer's. */
  show(text: string, sentAtMs: number): void {
    const plaintext = this.key === undefined;
    this.#options.emit({ type: "message", name: this.name, plaintext, text, sentAtMs });
  }

  /** Notes that the user has seen all that came, and tells the peer where the user lets us. */
  see(): void {
    this.#seen = this.#lastReceived;
    this.#saySeen();
  }

  /** The peer has messages. */
  acknowledged(id: string): void {
    const { emit } = this.#options;
    try {
      const late = this.#saidToWait;
      for (const delivered of this.#delivery?.take(id) ?? []) {
        emit({ type: "delivered", name: this.name, id: delivered, late });
      }
      if (this.waiting === 0) {
        this.#saidToWait = false;
        this.#saidRefused = undefined;
      }
    } catch (error) {
      this.#complain("note what is delivered to", error);
    }
  }

  /** The peer's user has seen messages, which the peer has then. */
  read(id: string): void {
    this.acknowledged(id);
    try {
      const count = this.#options.journal.markRead(this.id, id);
      if (count > 0) this.#options.emit({ type: "read", name: this.name, count });
    } catch (error) {
      this.#complain("note what was read by", error);
    }
  }

  /** The peer cannot make sense of what we send. */
  reset(stream: string): void {
    try {
      this.#delivery?.restart(stream);
    } catch (error) {
      this.#complain("send again what waits for", error);
    }
  }

  /** Takes what has come by mail. @returns Whether nothing of it is to come again. */
  takeMail(messages: readonly Message[]): boolean {
    const letters: ChatMessage[] = [];
    for (const message of messages) {
      const id = header(message, "Id") ?? "";
      if (message.verb === "ACK") this.acknowledged(id);
      else if (message.verb === "READ") this.read(id);
      else if (message.verb === "RESET") this.reset(header(message, "Stream") ?? "");
      else if (message.verb === "MSG" && check(message, "peer") === undefined) {
        const letter = readChatMessage(message, this.#options.clock.timeOfDay());
        if (isChatMessage(letter)) letters.push(letter);
      }
    }
    return letters.length === 0 || this.receive(letters, undefined);
  }

  /** Answers mail, by a link if there is one and else by mail. */
  async answerMail(): Promise<void> {
    const replies = [...this.#mailReplies];
    if (replies.length === 0) return;
    const [link] = this.links;
    try {
      if (link === undefined) {
        // Whoever writes under ever new names shall not have us use up what mail we may send.
        if (this.#isUnknownSender) return;
        const outcome = await this.#deposit(replies.map(([, reply]) => reply));
        if (outcome === undefined || "refused" in outcome) return;
      } else {
        for (const [, reply] of replies) link.say(reply);
      }
    } catch (error) {
      return this.#complain("confirm what came from", error);
    }
    for (const [about, reply] of replies) {
      if (this.#mailReplies.get(about) === reply) this.#mailReplies.delete(about);
    }
  }

  /** Done when all that was sent has arrived, or is at the mailbox, or neither can be at the moment. */
  async atRest(): Promise<void> {
    await Promise.all([
      this.#delivery?.atRest(),
      ...this.links.map((link) => link.allDelivered()),
    ]);
  }

  /** Done when the peer has everything. */
  async allAcknowledged(): Promise<void> {
    await this.#delivery?.allAcknowledged();
  }

  /** Nothing is sent any more. What waits stays on the disk. */
  stop(): void {
    this.#delivery?.stop();
  }

  /** @returns Undefined where there is no mailbox for this peer. */
  #deposit(messages: readonly Message[]): Promise<Deposit> | undefined {
    const { journal, deposit } = this.#options;
    const { agreement } = journal.get(this.id);
    if (agreement === undefined) return undefined;
    return deposit({ name: this.peerId!, key: this.key!, agreement }, messages);
  }

  #deposited(count: number): void {
    this.#saidToWait = true;
    this.#saidRefused = undefined;
    this.#options.emit({ type: "deposited", name: this.name, count });
  }

  #refusedByMailbox(why: Problem): void {
    const said = JSON.stringify(why);
    if (this.#saidRefused === said) return;
    this.#saidRefused = said;
    this.#options.emit({ type: "not-deposited", name: this.name, why });
  }

  /** Answers on a link, or by mail: of what is said there of a stream, the last is enough. */
  #reply(link: Link | undefined, stream: string, reply: Message): void {
    if (link !== undefined) return link.say(reply);
    const about = `${reply.verb} ${stream}`;
    const isNew = !this.#mailReplies.has(about);
    // What is not answered is sent again.
    if (isNew && this.#mailReplies.size >= incomingStreamsMax) return;
    this.#mailReplies.set(about, reply);
  }

  #saySeen(): void {
    const [link] = this.links;
    if (!this.#options.readReceipts || this.#seen === undefined || link === undefined) return;
    if (this.#seen === this.#saidSeen) return;
    this.#saidSeen = this.#seen;
    link.read(this.#seen);
  }

  #markShown(row: number): void {
    try {
      this.#options.journal.markShown(this.id, row);
    } catch (error) {
      this.#complain("note what was shown of", error, "; it will be shown again at the next start");
    }
  }

  #complain(what: string, error: unknown, then = ""): void {
    const { clock, emit } = this.#options;
    if (clock.now() < this.#complaintDueAtMs) return;
    this.#complaintDueAtMs = clock.now() + complaintMs;
    emit({
      type: "problem",
      problem: `Cannot ${what} ${this.name}: ${reasonOf(error)}${then}`,
    });
  }
}

function messageOf(letter: NumberedMessage): Message {
  return message("MSG", chatMessageHeaders(letter));
}

/** Where a peer can be called: where it says it listens, where we called it, else where it called from. */
export function addressOf(link: Link): Address {
  return link.role === "initiator" ? link.remote : link.peerAddress ?? link.remote;
}

/** Whether a link was called at an address. */
export function wasCalledAt(link: Link, address: Address): boolean {
  // Where somebody says that he listens is for him to say, and no proof that he is there.
  return link.role === "initiator" && formatAddress(link.remote) === formatAddress(address);
}
