/**
 * What two peers of this protocol say to each other once their link is open. With a peer that has a key
 * it is letters, of which the owner of the link keeps account; with one that has none it is texts, of
 * which this does.
 *
 * @module
 */

import type { TimerClock } from "../../shared/time/clock.ts";
import {
  type ChatMessage,
  chatMessageHeaders,
  isChatMessage,
  isId,
  randomId,
  readChatMessage,
} from "../../shared/protocol/message_stream.ts";
import { header, type Message, message } from "../../shared/protocol/message.ts";
import { MessageReader } from "../../shared/protocol/message_reader.ts";
import { peerFaults } from "../../shared/protocol/reasons.ts";
import { type Fault, isFault } from "../../shared/protocol/status.ts";
import { textHeaders } from "../../shared/protocol/text.ts";
import { check } from "../../shared/protocol/verbs.ts";
import type { CloseReason } from "../events.ts";
import type { Purpose, Receiver, Replies } from "./link_events.ts";
import { PendingRequests } from "./pending_requests.ts";
import { saidReason } from "./reason.ts";
import { UnacknowledgedTexts } from "./unacknowledged_texts.ts";
import { Verification } from "./word_verification.ts";

/** What a talk needs. */
export interface PeerSessionOptions {
  /** Who takes what the peer says. */
  readonly receiver: () => Receiver;
  /** How that is answered. */
  readonly replies: Replies;
  readonly role: "initiator" | "responder";
  readonly purpose: Purpose;
  /** The handshake's; undefined with a peer that has no key. */
  readonly handshakeHash: Uint8Array | undefined;
  readonly clock: TimerClock;
  readonly send: (message: Message) => void;
  /** Whether nothing more is to be taken. */
  readonly isOver: () => boolean;
  /** Ends the link; where the peer has been told why, not before it has that. */
  readonly end: (reason: CloseReason, detail: string | undefined, told: boolean) => void;
}

/** Of what belongs to a conversation nothing goes over a link for comparing. */
const conversational: ReadonlySet<string> = new Set(["MSG", "ACK", "READ", "RESET", "VERIFY"]);

/** What there is of the words to compare: them, or who has to begin before there are any. */
export type VerificationState =
  | { readonly state: "words"; readonly words: readonly string[] }
  | { readonly state: "coming" }
  | { readonly state: "peer-must-begin" };

/** One side of what is said on one link. */
export class PeerSession {
  readonly #options: PeerSessionOptions;
  readonly #hasKey: boolean;
  readonly #reader = new MessageReader();
  readonly #questions: PendingRequests;
  readonly #unconfirmed = new UnacknowledgedTexts();
  #verification: Verification | undefined;
  /** What this read has brought and the owner has not been given. */
  #messages: ChatMessage[] = [];

  constructor(options: PeerSessionOptions) {
    this.#options = options;
    this.#hasKey = options.handshakeHash !== undefined;
    this.#questions = new PendingRequests(options.clock, options.send);
  }

  /** Takes a piece of what a read brought; {@linkcode handOver} is to follow the last one. */
  async take(bytes: Uint8Array): Promise<void> {
    const items = this.#reader.push(bytes);
    for (const item of items instanceof Promise ? await items : items) this.#takeMessage(item);
  }

  /** Gives the inbox the messages that have come so far, before it comes to anything else. */
  handOver(): void {
    if (this.#messages.length === 0) return;
    const messages = this.#messages;
    this.#messages = [];
    const { receiver, replies } = this.#options;
    receiver().inbox.messages(messages, replies);
  }

  /** Sends messages. @throws {RangeError} Where a text is longer than a message takes. */
  transmit(messages: readonly ChatMessage[]): void {
    if (!this.#hasKey) throw new TypeError("Cannot transmit messages: the peer has no key");
    for (const chatMessage of messages) {
      this.#options.send(message("MSG", chatMessageHeaders(chatMessage)));
    }
  }

  /**
   * Sends a text. Done when it is sent, for which it may have to wait for others to be acknowledged.
   *
   * @returns Its id, or undefined where the link has ended before.
   * @throws {RangeError} Where the text is longer than a message takes.
   */
  async sendText(text: string): Promise<string | undefined> {
    if (this.#hasKey) throw new TypeError("Cannot send a text: the peer has a key");
    await this.#unconfirmed.drained();
    if (this.#options.isOver()) return undefined;
    const id = randomId();
    const msg = message("MSG", [["Id", id], ...textHeaders(text)]);
    this.#unconfirmed.add(id, text);
    this.#options.send(msg);
    return id;
  }

  /** The texts that the peer has not acknowledged, oldest first. */
  get unacknowledged(): readonly string[] {
    return this.#unconfirmed.texts;
  }

  /** Done when the peer has acknowledged all texts, or the link is over. */
  allAcknowledged(): Promise<void> {
    return this.#unconfirmed.none();
  }

  /** Asks the peer something. @throws {UserError} As {@linkcode PendingRequests.ask} does. */
  ask(request: Message): Promise<Message> {
    return this.#questions.ask(request);
  }

  /** Begins to compare words. @returns The words, or whether they are about to come. */
  verify(): VerificationState {
    const verification = this.#verificationNow();
    for (const message of verification.begin().send) this.#options.send(message);
    const { words, asked } = verification;
    if (words !== undefined) return { state: "words", words };
    return { state: asked ? "coming" : "peer-must-begin" };
  }

  /** The words that both see, once they do and until they have been compared. */
  get words(): readonly string[] | undefined {
    return this.#verification?.words;
  }

  /** Forgets the words. */
  endVerification(): void {
    this.#verification = undefined;
  }

  /** Ends every wait: the link is over. */
  end(): void {
    this.#unconfirmed.end();
    this.#questions.end();
  }

  #takeMessage(item: Message | Fault): void {
    const { isOver, receiver, send, end } = this.#options;
    if (isOver()) return;
    if (isFault(item)) return this.#refuse(item);
    const malformed = check(item, "peer") ?? this.#outOfPlace(item);
    if (malformed !== undefined) return this.#refuse(malformed);
    switch (item.verb) {
      case "MSG":
        return this.#takeChatMessage(item);
      case "ACK":
        return this.#takeAck(header(item, "Id")!);
      case "READ":
        if (this.#hasKey) receiver().inbox.read(header(item, "Id")!);
        return;
      case "RESET":
        return this.#takeReset(header(item, "Stream")!);
      case "AUDIT":
        return this.#takeAudit(item);
      case "AUDITACK":
        return this.#questions.take(item);
      case "PING":
        return send(message("PONG", item.headers.filter(([name]) => name.toLowerCase() === "id")));
      case "VERIFY":
        return this.#takeVerify(item);
      case "BYE":
        return end("peer-left", saidReason(item), false);
      case "ERROR":
        // Whatever else we said wrong is ours to find; the conversation goes on as far as it can.
        return this.#questions.refuse(item);
    }
  }

  #outOfPlace({ verb }: Message): Fault | undefined {
    return this.#options.purpose === "audit" && conversational.has(verb)
      ? peerFaults.auditOnly
      : undefined;
  }

  #takeChatMessage(item: Message): void {
    const { clock, receiver, send } = this.#options;
    const chatMessage = readChatMessage(item, clock.timeOfDay());
    if (!isChatMessage(chatMessage)) return this.#refuse(chatMessage);
    if (this.#hasKey) {
      this.#messages.push(chatMessage);
      return;
    }
    receiver().inbox.text(chatMessage.text);
    send(message("ACK", [["Id", chatMessage.id]]));
  }

  #takeAck(id: string): void {
    const { inbox } = this.#options.receiver();
    if (this.#hasKey) inbox.acknowledged(id);
    else if (this.#unconfirmed.confirm(id)) inbox.delivered(id);
  }

  #takeReset(stream: string): void {
    if (!isId(stream)) return this.#refuse(peerFaults.invalidStream);
    if (this.#hasKey) this.#options.receiver().inbox.reset(stream);
  }

  #takeAudit(request: Message): void {
    if (!this.#hasKey) return this.#refuse(peerFaults.auditNeedsKey);
    this.handOver();
    const { receiver, send } = this.#options;
    const answer = receiver().answerAudit(request);
    if (answer === undefined) this.#refuse(peerFaults.nothingToCompare);
    else send(answer);
  }

  #takeVerify(item: Message): void {
    // In plaintext there is no handshake that words could stand for.
    if (!this.#hasKey) return;
    this.handOver();
    // Whoever begins again, once there are words, gets new ones.
    if (header(item, "Commit") !== undefined && this.words) this.#verification = undefined;
    const step = this.#verificationNow().take(item);
    if (isFault(step)) return this.#refuse(step);
    const { receiver, send } = this.#options;
    for (const message of step.send) send(message);
    const { verification } = receiver();
    if (step.asked) verification.asked();
    if (step.words) verification.words(step.words);
  }

  #verificationNow(): Verification {
    const { role, handshakeHash } = this.#options;
    return this.#verification ??= new Verification({ role, handshakeHash: handshakeHash! });
  }

  /** Tells the peer of its fault, and ends the link where it cannot go on. */
  #refuse({ code, reason, fatal }: Fault): void {
    const { send, end } = this.#options;
    send(message("ERROR", [["Code", String(code)], ["Reason", reason]]));
    if (fatal) end("broken", reason, true);
  }
}
