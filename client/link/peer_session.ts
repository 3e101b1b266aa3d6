/**
 * A session with a client of this protocol. A peer with a key sends and gets messages, which the receiver
 * keeps account of; one without a key sends and gets texts, which the session itself keeps account of.
 *
 * @module
 */

import type { TimerClock } from "../../shared/time/clock.ts";
import { homeServersOf } from "../../shared/protocol/home_servers.ts";
import { readAway } from "../../shared/protocol/away.ts";
import { parseContactToken } from "../../shared/protocol/contact_token.ts";
import { errorReply } from "../../shared/protocol/error_reply.ts";
import {
  type ChatMessage,
  readChatMessage,
  writeChatMessage,
} from "../../shared/protocol/message_stream.ts";
import { isId, randomId } from "../../shared/protocol/random_id.ts";
import { header, type Message, message } from "../../shared/protocol/message.ts";
import { MessageReader } from "../../shared/protocol/message_reader.ts";
import { peerFaults } from "../../shared/protocol/reasons.ts";
import { type Fault, isFault } from "../../shared/protocol/status.ts";
import { textHeaders } from "../../shared/protocol/text.ts";
import { check } from "../../shared/protocol/verbs.ts";
import { UserError } from "../user_error.ts";
import { AuditAnswers } from "./audit_answers.ts";
import type { PeerFacts, Receiver, Replies } from "./link_events.ts";
import { PendingRequests } from "./pending_requests.ts";
import { saidProblem } from "./reason.ts";
import type { Session, SessionLink } from "./session.ts";
import { Turns } from "./turns.ts";
import { UnacknowledgedTexts } from "./unacknowledged_texts.ts";
import { WordVerification } from "./word_verification.ts";

/** What a session with a client of this protocol needs. */
export interface PeerSessionOptions extends SessionLink {
  /** If there is no `handshakeHash` the peer has no key. */
  readonly peer: Pick<PeerFacts, "role" | "purpose" | "handshakeHash">;
  readonly clock: TimerClock;
  readonly send: (message: Message) => void;
}

/** What belongs to a conversation does not go over a link for comparing. */
const conversational: ReadonlySet<string> = new Set([
  "MSG",
  "ACK",
  "READ",
  "RESET",
  "TOKEN",
  "PATHS",
  "AWAY",
  "VERIFY",
]);

/** The words to compare, or who has to begin before there are any. */
export type VerificationState =
  | { readonly state: "words"; readonly words: readonly string[] }
  | { readonly state: "coming" }
  | { readonly state: "peer-must-begin" };

/** A comparison of words on one link. */
export interface WordComparison {
  /** The words that both see, once they do and until they have been compared. */
  readonly words: readonly string[] | undefined;
  /** Whether one is under way that ends without words if the link ends now. */
  readonly isVerifying: boolean;
  /** Whether one was ever begun, by either side. */
  readonly hasBegun: boolean;
  /** Forgets the words: they have been compared. */
  endVerification(): void;
  /**
   * Does not wait any more for a peer that has not begun. If it does begin, the user is asked as if they had not.
   *
   * @returns Whether there was something to wait for.
   */
  withdrawVerification(): boolean;
}

/** One side of what is said on one link between two clients of this protocol. */
export class PeerSession implements Session, Replies, WordComparison {
  readonly #options: PeerSessionOptions;
  readonly #hasKey: boolean;
  readonly #reader = new MessageReader();
  readonly #requests: PendingRequests;
  readonly #auditAnswers: AuditAnswers;
  readonly #turns: Turns;
  readonly #unacknowledged = new UnacknowledgedTexts();
  #receiver!: Receiver;
  #verification: WordVerification | undefined;
  #hasCompared = false;
  /** Whether the peer has asked where we can be reached, and not been answered. */
  #answersPaths = false;
  /** Whether the user does not wait for the words any more. */
  #withdrawn = false;
  /** Messages that this read has brought and the inbox has not been given. */
  #messages: ChatMessage[] = [];

  constructor(options: PeerSessionOptions) {
    this.#options = options;
    this.#hasKey = options.peer.handshakeHash !== undefined;
    this.#requests = new PendingRequests(options.clock, options.send);
    this.#turns = new Turns(options.clock);
    this.#auditAnswers = new AuditAnswers({
      clock: options.clock,
      answer: (question) => this.#answerAudit(question),
      pauseMs: () => this.#receiver.auditPauseMs(),
      onError: () => options.end("lost", undefined),
    });
  }

  begin(receiver: Receiver): void {
    this.#receiver = receiver;
  }

  async take(contents: readonly Uint8Array[]): Promise<void> {
    this.#turns.begin();
    for (const content of contents) {
      for (const item of this.#reader.messages(content)) {
        if (this.#turns.isOver) await this.#turns.next();
        this.#takeMessage(item);
      }
    }
    this.handOver();
  }

  /** Half a message at the end of the connection does not count. */
  finish(): void {}

  handOver(): void {
    if (this.#messages.length === 0) return;
    const messages = this.#messages;
    this.#messages = [];
    this.#receiver.inbox.messages(messages, this);
  }

  /** Sends messages to a peer with a key. @throws {RangeError} If a text is longer than a message takes. */
  transmit(messages: readonly ChatMessage[]): void {
    if (!this.#hasKey) throw new TypeError("Cannot transmit messages: the peer has no key");
    for (const chatMessage of messages) this.#options.send(writeChatMessage(chatMessage));
  }

  async sendText(text: string): Promise<string> {
    if (this.#hasKey) throw new TypeError("Cannot send a text: the peer has a key");
    await this.#unacknowledged.drained();
    if (this.#options.isOver()) {
      throw new UserError({ code: "text-not-sent" });
    }
    const id = randomId();
    const msg = message("MSG", [["Id", id], ...textHeaders(text)]);
    this.#unacknowledged.add(id, text);
    this.#options.send(msg);
    return id;
  }

  get unacknowledged(): readonly string[] {
    return this.#unacknowledged.texts;
  }

  allAcknowledged(): Promise<void> {
    return this.#unacknowledged.none();
  }

  acknowledge(id: string): void {
    this.say(message("ACK", [["Id", id]]));
  }

  /** Tells the peer that a message, and everything before it in its stream, has been read. */
  read(id: string): void {
    this.say(message("READ", [["Id", id]]));
  }

  reset(stream: string): void {
    this.say(message("RESET", [["Stream", stream]]));
  }

  /** Sends a message, unless the link is over. */
  say(message: Message): void {
    if (!this.#options.isOver()) this.#options.send(message);
  }

  /** Asks the peer something. @throws {UserError} As {@linkcode PendingRequests.ask} does. */
  ask(request: Message): Promise<Message> {
    return this.#requests.ask(request);
  }

  /** Begins to compare words with a peer that has a key, unless that has begun. */
  verify(): VerificationState {
    const verification = this.#verificationNow();
    this.#withdrawn = false;
    for (const message of verification.begin().send) this.#options.send(message);
    const { words, asked } = verification;
    if (words !== undefined) return { state: "words", words };
    return { state: asked ? "coming" : "peer-must-begin" };
  }

  get words(): readonly string[] | undefined {
    return this.#verification?.words;
  }

  endVerification(): void {
    this.#verification = undefined;
  }

  withdrawVerification(): boolean {
    const isWaiting = this.#verification?.isAlone === true && !this.#withdrawn;
    this.#withdrawn ||= isWaiting;
    return isWaiting;
  }

  get hasBegun(): boolean {
    return this.#hasCompared;
  }

  get isVerifying(): boolean {
    return this.#verification?.isHalfRevealed === true;
  }

  sayGoodbye(reason?: string): void {
    this.#options.send(message("BYE", reason === undefined ? [] : [["Reason", reason]]));
  }

  end(): void {
    this.#unacknowledged.end();
    this.#requests.end();
    this.#auditAnswers.end();
  }

  #takeMessage(item: Message | Fault): void {
    const { isOver, send, end } = this.#options;
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
        if (this.#hasKey) this.#receiver.inbox.read(header(item, "Id")!);
        return;
      case "RESET":
        return this.#takeReset(header(item, "Stream")!);
      case "TOKEN":
        return this.#takeToken(item);
      case "AWAY":
        return this.#takeAway(item);
      case "AUDIT":
        return this.#takeAudit(item);
      case "PATHS":
        return this.#takePaths(item);
      case "AUDITACK":
      case "PATHSACK":
        return this.#requests.take(item);
      case "PONG":
        // One without an Id answers the heartbeat, which has heard it.
        if (header(item, "Id") !== undefined) this.#requests.take(item);
        return;
      case "PING":
        return send(message("PONG", item.headers.filter(([name]) => name.toLowerCase() === "id")));
      case "VERIFY":
        return this.#takeVerify(item);
      case "BYE":
        return end("peer-left", saidProblem(item));
      case "ERROR":
        // If nothing is asked it is about something that we said wrong, and the conversation goes on.
        return this.#requests.refuse(item);
    }
  }

  #outOfPlace({ verb }: Message): Fault | undefined {
    const isAudit = this.#options.peer.purpose === "audit";
    return isAudit && conversational.has(verb) ? peerFaults.auditOnly : undefined;
  }

  #takeChatMessage(item: Message): void {
    const chatMessage = readChatMessage(item, this.#options.clock.timeOfDay());
    if (isFault(chatMessage)) return this.#refuse(chatMessage);
    if (this.#hasKey) {
      this.#messages.push(chatMessage);
      return;
    }
    this.#receiver.inbox.text(chatMessage.text);
    this.#options.send(message("ACK", [["Id", chatMessage.id]]));
  }

  #takeAck(id: string): void {
    const { inbox } = this.#receiver;
    if (this.#hasKey) inbox.acknowledged(id);
    else if (this.#unacknowledged.confirm(id)) inbox.delivered(id);
  }

  #takeReset(stream: string): void {
    if (!isId(stream)) return this.#refuse(peerFaults.invalidStream);
    if (this.#hasKey) this.#receiver.inbox.reset(stream);
  }

  #takeToken(item: Message): void {
    const token = parseContactToken(header(item, "Token")!);
    if (token === undefined) return this.#refuse(peerFaults.invalidToken);
    if (this.#hasKey) this.#receiver.takeToken(token, homeServersOf(item));
  }

  #takeAway(item: Message): void {
    const text = readAway(item);
    if (typeof text !== "string") return this.#refuse(text);
    this.handOver();
    if (this.#hasKey) this.#receiver.takeAway(text);
  }

  #takeAudit(request: Message): void {
    if (!this.#hasKey) return this.#refuse(peerFaults.auditNeedsKey);
    this.handOver();
    const fault = this.#auditAnswers.take(request);
    if (fault !== undefined) this.#refuse(fault);
  }

  #answerAudit(question: Message): void {
    if (this.#options.isOver()) return;
    const answer = this.#receiver.answerAudit(question);
    if (answer === undefined) this.#refuse(peerFaults.nothingToCompare);
    else this.#options.send(answer);
  }

  #takePaths(request: Message): void {
    if (!this.#hasKey) return this.#refuse(peerFaults.pathsNeedKey);
    if (this.#answersPaths) return this.#refuse(peerFaults.tooManyPaths);
    this.#answersPaths = true;
    this.#receiver.answerPaths(request).then((answer) => {
      this.#answersPaths = false;
      this.say(answer);
    });
  }

  #takeVerify(item: Message): void {
    // In plaintext there is no handshake that words could stand for.
    if (!this.#hasKey) return;
    this.handOver();
    // A peer that begins again, once there are words, gets new ones.
    if (header(item, "Commit") !== undefined && this.words) this.#verification = undefined;
    const step = this.#verificationNow().take(item);
    if (isFault(step)) return this.#refuse(step);
    for (const message of step.send) this.#options.send(message);
    const { verification } = this.#receiver;
    if (step.asked) verification.asked();
    if (step.words && this.#withdrawn) verification.asked();
    else if (step.words) verification.words(step.words);
  }

  #verificationNow(): WordVerification {
    const { role, handshakeHash } = this.#options.peer;
    this.#hasCompared = true;
    return this.#verification ??= new WordVerification({ role, handshakeHash: handshakeHash! });
  }

  /** Tells the peer of its fault, and ends the link if it cannot go on. */
  #refuse(fault: Fault): void {
    const { send, endOnceTold } = this.#options;
    send(errorReply(fault));
    if (fault.fatal) endOnceTold("broken", { code: "peer-fault", reason: fault.reason });
  }
}
