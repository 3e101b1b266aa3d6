/**
 * A link: one connection with one peer, from its opening to its end, in whichever dialect the peer
 * speaks. The states are `opening`, `open`, `closed`, in this order.
 *
 * What is said between peers that have keys belongs to their conversation, which outlives its links: a
 * link carries letters, and tells its owner what the peer says of them. It keeps none, acknowledges none
 * and repeats none.
 *
 * @module
 */

import { type Address, plainHost } from "../../shared/net/address.ts";
import { systemClock, type TimerClock, within } from "../../shared/time/clock.ts";
import type { PublicKey } from "../../shared/crypto/public_key.ts";
import { Heartbeat } from "../../shared/time/heartbeat.ts";
import type { ChatMessage } from "../../shared/protocol/message_stream.ts";
import {
  chatackPatienceMs,
  chatackTimeoutMs,
  linkPingMs,
  linkPongTimeoutMs,
  openingTimeoutMs,
} from "../../shared/protocol/limits.ts";
import { encode, type Message, message } from "../../shared/protocol/message.ts";
import { UserError } from "../user_error.ts";
import type { PeerConn } from "../transport/transport.ts";
import type { CloseReason, Dialect } from "../events.ts";
import type { LinkAdmission, PeerFacts, Purpose, Receiver, Replies } from "./link_events.ts";
import { type Opened, Opening, type Self, type Step } from "./opening.ts";
import { WriteQueue } from "./write_queue.ts";
import { PeerSession, type VerificationState } from "./peer_session.ts";
import { notAuthentic, type SecureChannel } from "./secure_channel.ts";
import type { LegacyItem } from "./legacy/legacy_lines.ts";
import { LegacySession } from "./legacy/legacy_session.ts";

export type { Inbox, PeerFacts, Receiver, Refusal } from "./link_events.ts";
export type { Self } from "./opening.ts";

/** What a link asks its owner, in the order of its life. */
export interface LinkOwner extends LinkAdmission {
  /** Asked once, when the link opens: something may be sent now. @returns Who takes what the peer says. */
  begin(link: Link): Receiver;
}

/** Takes nothing and answers nothing: for a link that is only asked on, or that is about to be left. */
export const ignoringReceiver: Receiver = {
  inbox: {
    messages: () => {},
    acknowledged: () => {},
    read: () => {},
    reset: () => {},
    text: () => {},
    delivered: () => {},
  },
  verification: { asked: () => {}, words: () => {} },
  answerAudit: () => undefined,
};

/** A link's options. */
export interface LinkOptions {
  readonly conn: PeerConn;
  readonly role: "initiator" | "responder";
  readonly self: Self;
  readonly owner: LinkOwner;
  /** Told once that the link is over. `detail` says more if there is more to say. */
  readonly onClosed: (reason: CloseReason, detail: string | undefined) => void;
  /**
   * Asked before more is read: when there is room for more, undefined if there is. So a peer cannot fill
   * the memory of a user who does not look. There is always room if this is not given.
   */
  readonly room?: () => Promise<void> | undefined;
  /**
   * Whether peers of the wild may be talked to: then a caller may say nothing for as long as it likes, as
   * they do until their user types something, and whoever is called and says nothing is soon taken for
   * one of them.
   */
  readonly allowPlaintext: boolean;
  /** What a caller calls for; a conversation where not given. The called side takes it from its CHAT. */
  readonly purpose?: Purpose;
  readonly times?: LinkTimes;
  readonly clock?: TimerClock;
}

/** How long a link waits, in milliseconds. */
export interface LinkTimes {
  readonly openingMs: number;
  readonly chatackMs: number;
  readonly pingMs: number;
  readonly pongMs: number;
}

function usualTimes(allowPlaintext: boolean): LinkTimes {
  return {
    openingMs: openingTimeoutMs,
    chatackMs: allowPlaintext ? chatackTimeoutMs : chatackPatienceMs,
    pingMs: linkPingMs,
    pongMs: linkPongTimeoutMs,
  };
}

/** How long the rest of a line, or of an opening, may take before what has come is taken for all. */
const quietMs = 500;
/** How long leaving waits for what was just sent to be confirmed, and for the goodbye to be taken. */
const leaveMs = 1_000;
/** What one read may bring; less from whoever has called and has to prove something first. */
const readBufferBytes = 16 * 1024;
const strangerBufferBytes = 1024;

/** One connection with one peer. */
export class Link implements PeerFacts, Replies {
  readonly role: "initiator" | "responder";
  /** The address of the other end of the connection. Where we were called, its port is a passing one. */
  readonly remote: Address;
  /** Whether nothing has come from the peer. */
  saidNothing = true;
  /** Ends when the link has. Never throws. */
  readonly ended: Promise<void>;

  readonly #conn: PeerConn;
  readonly #owner: LinkOwner;
  readonly #onClosed: LinkOptions["onClosed"];
  readonly #room: () => Promise<void> | undefined;
  readonly #times: LinkTimes;
  readonly #clock: TimerClock;
  readonly #opening: Opening;
  readonly #outbox: WriteQueue;
  readonly #heartbeat: Heartbeat;
  #channel: SecureChannel | undefined;
  /** Once the link is open, one of these two. */
  #talk: PeerSession | undefined;
  #wild: LegacySession | undefined;
  #receiver: Receiver = ignoringReceiver;
  #closed = false;
  /** Why the link ends, once the peer has been told: nothing more is taken from it meanwhile. */
  #ending: { readonly reason: CloseReason; readonly detail: string | undefined } | undefined;
  /** Whether we have said goodbye. */
  #left = false;
  #sendingRaw: Promise<void> = Promise.resolve();
  #cancelTimer: () => void = () => {};
  /** Ends a link that does not open in time, whatever else is waited for. */
  #cancelOpeningTimer: (() => void) | undefined;

  constructor(options: LinkOptions) {
    const { conn, role, self, owner, allowPlaintext, purpose, clock = systemClock } = options;
    const times = options.times ?? usualTimes(allowPlaintext);
    this.#conn = conn;
    this.#times = times;
    this.#clock = clock;
    this.role = role;
    this.#owner = owner;
    this.#onClosed = options.onClosed;
    this.#room = options.room ?? (() => undefined);
    const { hostname, port } = conn.remoteAddr;
    this.remote = { host: plainHost(hostname), port };
    this.#opening = new Opening({
      role,
      self,
      remoteHost: this.remote.host,
      now: () => clock.now(),
      ...purpose && { purpose },
    });
    this.#outbox = new WriteQueue(conn, (error) => {
      if (error instanceof Deno.errors.TimedOut) this.#end("silent", "it does not read");
      else this.#end("lost", undefined);
    }, clock);
    this.#heartbeat = new Heartbeat({
      clock,
      pingMs: times.pingMs,
      pongMs: times.pongMs,
      ping: () => this.#send(message("PING")),
      lost: () => this.#end("silent", "it stopped answering"),
    });
    if (role === "initiator" || !allowPlaintext) this.#limitOpening();
    if (role === "initiator") {
      this.#outbox.addBytes(this.#opening.begin());
      this.#after(times.chatackMs, () => this.#timeIsUp());
    }
    this.ended = this.#run(role === "responder" && !allowPlaintext);
  }

  /** What the caller has called for: a called side's is known once it is asked to admit the caller. */
  get purpose(): Purpose {
    return this.#opening.purpose;
  }

  /** Undefined until the link is open, or about to be. */
  get dialect(): Dialect | undefined {
    return this.#opening.dialect;
  }

  /** The peer's key, which it has proven to have. What it says is encrypted if there is one. */
  get peerKey(): PublicKey | undefined {
    return this.#opening.peerKey;
  }

  /** The peer's X25519 key, which its {@linkcode peerKey} certifies. */
  get peerAgreement(): Uint8Array | undefined {
    return this.#opening.peerAgreement;
  }

  /** The hash of the handshake: of all links, this one's alone. */
  get handshakeHash(): Uint8Array | undefined {
    return this.#opening.handshakeHash;
  }

  /** Who the peer says it is. */
  get peerId(): string | undefined {
    return this.#opening.peerId;
  }

  /** Where the peer says that it listens. */
  get peerAddress(): Address | undefined {
    return this.#opening.peerAddress;
  }

  /** Texts that were sent to a peer without a key and not acknowledged, oldest first. */
  get unacknowledged(): readonly string[] {
    return this.#talk?.unacknowledged ?? [];
  }

  /**
   * Sends a text to a peer without a key. Done when it is on its way, which takes a while where the peer
   * is slow.
   *
   * @returns Its id, which `delivered` names; undefined where the dialect has no acknowledgements.
   * @throws {UserError} Where the link is not open, or closes before.
   * @throws {RangeError} Where the text is longer than a message takes.
   */
  async sendText(text: string): Promise<string | undefined> {
    const wild = this.#wild;
    if (wild !== undefined && !this.#over) {
      // What one read brings is one message there. Nothing guarantees that, but a write of its own helps.
      this.#sendingRaw = this.#sendingRaw.then(async () => {
        this.#outbox.add(wild.written(text));
        await this.#outbox.flushed();
      });
      await this.#sendingRaw;
      return undefined;
    }
    const id = await this.#openTalk().sendText(text);
    if (id === undefined) throw new UserError("The link closed before the message could be sent");
    await this.#outbox.drained();
    return id;
  }

  /** Done when a peer without a key has everything that was sent, or the link is over. */
  async allDelivered(): Promise<void> {
    await this.#talk?.allAcknowledged();
    await this.#outbox.flushed();
  }

  /**
   * Sends messages to a peer with a key, in their order, and does not wait: {@linkcode drained} does.
   *
   * @throws {UserError} Where the link is not open. Nothing has been sent then.
   * @throws {RangeError} Where a text is longer than a message takes; those before it are sent.
   */
  transmit(messages: readonly ChatMessage[]): void {
    this.#openTalk().transmit(messages);
  }

  /** Done when little enough waits to be sent that more may be added, or the link is over. */
  async drained(): Promise<void> {
    await this.#outbox.drained();
  }

  /** Tells the peer that a letter, and everything before it in its stream, is safe here. */
  acknowledge(id: string): void {
    this.say(message("ACK", [["Id", id]]));
  }

  /** Tells the peer that a letter, and everything before it in its stream, has been read. */
  read(id: string): void {
    this.say(message("READ", [["Id", id]]));
  }

  /** Tells the peer that its stream does not fit what is here, so that it begins another one. */
  reset(stream: string): void {
    this.say(message("RESET", [["Stream", stream]]));
  }

  /** Says something. Where the link is not open it is not said: what counts is repeated on the next. */
  say(message: Message): void {
    if (this.#talk !== undefined && !this.#over) this.#send(message);
  }

  /**
   * Asks the peer something to which the answer names the question's Id, such as AUDIT.
   *
   * @throws {UserError} Where the link is not open or ends, the peer refuses or does not answer in
   * `replyTimeoutMs`, or `questionsMax` questions are waiting already.
   */
  async ask(request: Message): Promise<Message> {
    return await this.#openTalk().ask(request);
  }

  /**
   * Begins to compare words with a peer that has a key, where that has not begun.
   *
   * @returns The words if both can see them already, else whether they are about to come.
   * @throws {UserError} Where the link is not open.
   */
  verify(): VerificationState {
    return this.#openTalk().verify();
  }

  /** The words that both see, once they do and until they have been compared. */
  get words(): readonly string[] | undefined {
    return this.#talk?.words;
  }

  /** Forgets the words: they have been compared. */
  endVerification(): void {
    this.#talk?.endVerification();
  }

  /**
   * Says goodbye and closes.
   *
   * @param settled Done when the peer has acknowledged what was carried, which the owner knows. It is
   * waited for as the texts to a peer without a key are: not for long.
   */
  async leave(settled?: Promise<unknown>): Promise<void> {
    if (this.#isOpen && !this.#over) {
      const all = Promise.allSettled([settled, this.#talk?.allAcknowledged()]);
      await within(leaveMs, Promise.race([all, this.ended]), this.#clock);
    }
    if (this.#closed) return;
    if (!this.#isOpen) return this.#end("you-left", undefined);
    // Whoever hears it may hang up before we do.
    this.#left = true;
    if (this.#wild !== undefined) this.#outbox.add(this.#wild.farewell);
    else this.#send(message("BYE"));
    await within(leaveMs, this.#outbox.flushed(), this.#clock);
    this.#end("you-left", undefined);
  }

  async #run(isUnknownSender: boolean): Promise<void> {
    let buffer = new Uint8Array(isUnknownSender ? strangerBufferBytes : readBufferBytes);
    try {
      for (let count; (count = await this.#conn.read(buffer)) !== null;) {
        this.#heartbeat.heard();
        this.saidNothing = false;
        if (this.#closed) break;
        if (this.#ending === undefined) await this.#take(buffer.subarray(0, count));
        // Whoever sends faster than he reads our acknowledgements waits for himself.
        await this.#outbox.drained();
        await this.#roomForMore();
        if (this.#isOpen && buffer.length < readBufferBytes) {
          buffer = new Uint8Array(readBufferBytes);
        }
      }
      if (this.#opening.pending) await this.#follow(this.#opening.timeIsUp());
      if (this.#wild !== undefined) this.#takeWild(this.#wild.flush());
      this.#end(this.dialect === "p2pchat" ? "lost" : "peer-left", undefined);
    } catch {
      this.#end("lost", undefined);
    }
  }

  async #roomForMore(): Promise<void> {
    const room = this.#room();
    if (room === undefined) return;
    this.#heartbeat.pause(true);
    await room;
    this.#heartbeat.pause(false);
  }

  async #take(bytes: Uint8Array): Promise<void> {
    if (this.#isOpen) return await this.#takeContents(this.#channel?.open(bytes) ?? [bytes]);
    if (this.#cancelOpeningTimer === undefined) this.#limitOpening();
    await this.#follow(await this.#opening.take(bytes));
  }

  /** Does what the opening asks for. */
  async #follow(step: Step): Promise<void> {
    if (this.#over) return;
    for (const bytes of step.send) this.#outbox.addBytes(bytes);
    if (!this.#opening.undecided) this.#cancelTimer();
    switch (step.type) {
      case "more":
        if (this.#opening.pending && this.role === "responder") {
          this.#after(quietMs, () => this.#timeIsUp());
        }
        return;
      case "admit": {
        // Without a key nothing is waited for, so that nothing of the wild's comes in between.
        const refusal = step.by === "plaintext"
          ? this.#owner.admitPlaintext(this)
          : await this.#owner.admitKey(this);
        if (this.#over) return;
        const admitted = refusal === undefined;
        return await this.#follow(
          admitted ? this.#opening.admitted() : this.#opening.refused(refusal),
        );
      }
      case "open":
        return await this.#begin(step);
      case "end":
        if (step.send.length === 0) return this.#end(step.reason, step.detail);
        return this.#endOnceTold(step.reason, step.detail);
    }
  }

  #timeIsUp(): void {
    this.#follow(this.#opening.timeIsUp()).catch(() => this.#end("lost", undefined));
  }

  async #begin({ channel, contents }: Opened): Promise<void> {
    this.#cancelOpeningTimer?.();
    this.#channel = channel;
    if (channel !== undefined) this.#outbox.sealWith((bytes, room) => channel.seal(bytes, room));
    if (this.dialect === "p2pchat") {
      this.#talk = this.#newTalk();
      this.#heartbeat.start();
    } else {
      this.#wild = new LegacySession(this.dialect!);
    }
    this.#receiver = this.#owner.begin(this);
    await this.#takeContents(contents);
  }

  #newTalk(): PeerSession {
    return new PeerSession({
      receiver: () => this.#receiver,
      replies: this,
      role: this.role,
      purpose: this.purpose,
      handshakeHash: this.handshakeHash,
      clock: this.#clock,
      send: (message) => this.#send(message),
      isOver: () => this.#over,
      end: (reason, detail, told) =>
        told ? this.#endOnceTold(reason, detail) : this.#end(reason, detail),
    });
  }

  /** Takes what one read brought, decrypted. */
  async #takeContents(contents: readonly Uint8Array[]): Promise<void> {
    for (const content of contents) {
      if (this.#wild !== undefined) this.#takeWild(this.#wild.push(content));
      else await this.#talk!.take(content);
    }
    this.#talk?.handOver();
    if (this.#channel?.broken) this.#end("broken", notAuthentic);
  }

  #takeWild(items: readonly LegacyItem[]): void {
    for (const item of items) {
      if (this.#closed) return;
      if (item.type === "text") this.#receiver.inbox.text(item.text);
      else if (item.type === "quit") this.#end("peer-left", undefined);
    }
    const wild = this.#wild!;
    if (wild.pending) this.#after(quietMs, () => this.#takeWild(wild.flush()));
  }

  #endOnceTold(reason: CloseReason, detail: string | undefined): void {
    this.#ending = { reason, detail };
    this.#talk?.handOver();
    this.#outbox.flushed().then(() => this.#end(reason, detail));
  }

  get #over(): boolean {
    return this.#closed || this.#ending !== undefined;
  }

  get #isOpen(): boolean {
    return this.#talk !== undefined || this.#wild !== undefined;
  }

  #openTalk(): PeerSession {
    if (this.#talk === undefined || this.#over || this.#left) {
      throw new UserError("The link is not open");
    }
    return this.#talk;
  }

  #limitOpening(): void {
    this.#cancelOpeningTimer = this.#clock.after(
      this.#times.openingMs,
      () => this.#end("silent", "it took too long to open the conversation"),
    );
  }

  #send(message: Message): void {
    this.#outbox.add(encode(message));
  }

  #after(ms: number, then: () => void): void {
    this.#cancelTimer();
    if (!this.#closed) this.#cancelTimer = this.#clock.after(ms, then);
  }

  #end(reason: CloseReason, detail: string | undefined): void {
    if (this.#closed) return;
    // What came before is not lost with the link, nor comes behind its end.
    this.#talk?.handOver();
    if (this.#closed) return;
    this.#closed = true;
    this.#cancelTimer();
    this.#cancelOpeningTimer?.();
    this.#heartbeat.stop();
    this.#conn.close();
    this.#talk?.end();
    // A peer that goes as soon as it has been told does not change what was wrong with it.
    const ending = this.#ending ??
      (this.#left ? { reason: "you-left", detail: undefined } : { reason, detail });
    this.#onClosed(ending.reason, ending.detail);
  }
}
