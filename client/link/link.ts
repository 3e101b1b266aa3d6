/**
 * A link: one connection with one peer, from its opening to its end, in whichever dialect the peer speaks.
 *
 * A conversation with a peer that has a key outlives its links. So a link transmits messages and tells the
 * inbox what the peer says of them; it keeps none, acknowledges none and repeats none.
 *
 * @module
 */

import { type Address, plainHost } from "../../shared/net/address.ts";
import { systemClock, type TimerClock, within } from "../../shared/time/clock.ts";
import type { PublicKey } from "../../shared/crypto/public_key.ts";
import type { ChatMessage } from "../../shared/protocol/message_stream.ts";
import type { Message } from "../../shared/protocol/message.ts";
import { pathsAnswer } from "../../shared/protocol/paths.ts";
import type { CloseReason, Dialect } from "../events.ts";
import { type PeerConn, rankOf, ranks, type RelayPath } from "../transport/transport.ts";
import { type Problem, UserError } from "../user_error.ts";
import type { Self } from "./introduction.ts";
import type { Framing } from "./legacy/legacy_framing.ts";
import type { LegacySession } from "./legacy/legacy_session.ts";
import type { LinkAdmission, PeerFacts, Purpose, Receiver } from "./link_events.ts";
import { left, type LinkState, type LinkStep, nextState } from "./link_state.ts";
import { type LinkTimes, usualTimes } from "./link_times.ts";
import { OpenLink } from "./open_link.ts";
import type { Found, Opened } from "./opening.ts";
import { OpeningTask } from "./opening_task.ts";
import { PeerSession, type VerificationState, type WordComparison } from "./peer_session.ts";
import { WriteQueue } from "./write_queue.ts";

export type { Self } from "./introduction.ts";
export type { Inbox, PeerFacts, Receiver, Refusal, Replies } from "./link_events.ts";
export type { VerificationState } from "./peer_session.ts";
export type { Framing } from "./legacy/legacy_framing.ts";
export type { Ending } from "./link_state.ts";
export type { LinkTimes } from "./link_times.ts";

/** What a link asks its owner, in the order of its life. */
export interface LinkOwner extends LinkAdmission {
  /** Asked once, when the link opens: something may be sent now. @returns Who takes what the peer says. */
  begin(link: Link): Receiver;
}

/** Takes nothing and answers nothing: for a link that only asks, or that is about to be left. */
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
  takeToken: () => {},
  takeAway: () => {},
  answerPaths: (request) => Promise.resolve(pathsAnswer(request)),
  answerAudit: () => undefined,
  auditPauseMs: () => 0,
};

/** A link's options. */
export interface LinkOptions {
  readonly conn: PeerConn;
  readonly role: "initiator" | "responder";
  readonly self: Self;
  readonly owner: LinkOwner;
  /** Told once that the link is over. `detail` says more if there is more to say. */
  readonly onClosed: (reason: CloseReason, detail: Problem | undefined) => void;
  /**
   * Asked before more is read: when there is room for more, undefined if there is. So a peer cannot fill
   * the memory of a user who does not look. There is always room if this is not given.
   */
  readonly room?: () => Promise<void> | undefined;
  /**
   * Whether legacy programs are talked to. Then a caller may say nothing for as long as it likes, as these
   * do until their user types something, and a peer that is called and says nothing is soon taken for one.
   */
  readonly allowPlaintext: boolean;
  /** What an initiator calls for: a conversation if this is not given. A responder hears it from its peer. */
  readonly purpose?: Purpose;
  /** See {@linkcode OpeningOptions}. */
  readonly legacyChat?: boolean;
  readonly times?: LinkTimes;
  readonly clock?: TimerClock;
}

/** How long leaving waits for what was just sent to be confirmed, and for the goodbye to be taken. */
const leaveMs = 1_000;
/** Bytes that one read may bring; fewer from a caller that has not proven anything yet. */
const readBufferBytes = 16 * 1024;
const unknownSenderBufferBytes = 1024;

/** One connection with one peer. */
export class Link implements PeerFacts {
  readonly role: "initiator" | "responder";
  readonly remote: Address;
  readonly localHost: string;
  readonly relayedBy: RelayPath | undefined;
  readonly punched: PeerConn["punched"];
  readonly rank: number;
  /** Done when the link is over and nothing of it runs any more. Never rejects. */
  readonly ended: Promise<void>;
  readonly #options: LinkOptions & { readonly clock: TimerClock };
  readonly #times: LinkTimes;
  readonly #writes: WriteQueue;
  /** What the opening has found out; it still does if the link is opening. */
  readonly #found: Readonly<Found>;
  #state: LinkState<OpeningTask, OpenLink>;
  #saidNothing = true;
  #farewell: string | undefined;

  constructor(options: LinkOptions) {
    const { conn, role, self, owner, allowPlaintext, purpose } = options;
    const { legacyChat = false, clock = systemClock } = options;
    this.#options = { ...options, clock };
    this.#times = options.times ?? usualTimes(allowPlaintext, role);
    this.role = role;
    this.remote = { host: plainHost(conn.remoteAddr.hostname), port: conn.remoteAddr.port };
    this.localHost = plainHost(conn.localAddr.hostname);
    this.relayedBy = conn.relayedBy;
    this.punched = conn.punched;
    this.rank = rankOf(conn);
    this.#writes = new WriteQueue(conn, (error) => {
      const isStuck = error instanceof Deno.errors.TimedOut;
      if (isStuck) this.#end("silent", { code: "peer-does-not-read" });
      else this.#end("lost", undefined);
    }, clock);
    const opening = new OpeningTask({
      role,
      self,
      legacyChat,
      seenAt: this.rank === ranks.direct ? this.remote.host : undefined,
      clock,
      ...this.#times,
      allowPlaintext,
      isEncrypted: this.rank !== ranks.direct,
      admission: owner,
      peer: this,
      send: (bytes) => this.#writes.addBytes(bytes),
      opened: (opened) => this.#open(opened),
      end: (reason, detail, isTold) =>
        isTold ? this.#endOnceTold(reason, detail) : this.#end(reason, detail),
      ...purpose && { purpose },
    });
    this.#found = opening.found;
    this.#state = { name: "opening", opening };
    this.ended = this.#run(role === "responder" && !allowPlaintext);
  }

  get saidNothing(): boolean {
    return this.#saidNothing;
  }

  get purpose(): Purpose {
    return this.#found.purpose;
  }

  get dialect(): Dialect | undefined {
    return this.#found.dialect;
  }

  get peerKey(): PublicKey | undefined {
    return this.#found.peerKey;
  }

  get peerAgreement(): PeerFacts["peerAgreement"] {
    return this.#found.peerAgreement;
  }

  get handshakeHash(): Uint8Array | undefined {
    return this.#found.handshakeHash;
  }

  get features(): PeerFacts["features"] {
    return this.#found.features;
  }

  get peerId(): string | undefined {
    return this.#found.peerId;
  }

  get peerAddress(): Address | undefined {
    return this.#found.peerAddress;
  }

  /** Texts that were sent to a peer without a key and not acknowledged, oldest first. */
  get unacknowledged(): readonly string[] {
    return this.#session?.unacknowledged ?? [];
  }

  /**
   * Sends a text to a peer without a key. Done when it is on its way: a slow peer takes a while.
   *
   * @param framing How a legacy program frames its texts, if that has been seen elsewhere than on this link.
   * @returns Its id, which {@linkcode Inbox.delivered} names; undefined if nothing is acknowledged.
   * @throws {UserError} If the link is not open, or closes before.
   * @throws {RangeError} If the text is longer than a message takes.
   */
  async sendText(text: string, framing?: Framing): Promise<string | undefined> {
    if (this.#state.name !== "open") throw notOpen();
    const id = await this.#state.open.session.sendText(text, framing);
    await this.#writes.drained();
    return id;
  }

  /** Done when a peer without a key has everything that was sent, or the link is over. */
  async allDelivered(): Promise<void> {
    await this.#session?.allAcknowledged();
    await this.#writes.flushed();
  }

  /**
   * Sends messages to a peer with a key, in their order, and does not wait: {@linkcode drained} does.
   *
   * @throws {UserError} If the link is not open. Nothing has been sent then.
   * @throws {RangeError} If a text is longer than a message takes. Those before it are sent.
   */
  transmit(messages: readonly ChatMessage[]): void {
    this.#openSession().transmit(messages);
  }

  /** Done when little enough waits to be sent that more may be added, or the link is over. */
  async drained(): Promise<void> {
    await this.#writes.drained();
  }

  /** Tells the peer that a message, and everything before it in its stream, has been read. */
  read(id: string): void {
    this.#peerSession?.read(id);
  }

  /** Sends a message of the protocol, unless the link is not open: what counts is repeated on the next. */
  say(message: Message): void {
    this.#peerSession?.say(message);
  }

  /**
   * Asks the peer something to which the answer names the question's Id, such as AUDIT.
   *
   * @throws {UserError} If the link is not open or ends, the peer refuses or does not answer in
   * `replyTimeoutMs`, or `pendingRequestsMax` requests wait already.
   */
  async ask(request: Message): Promise<Message> {
    return await this.#openSession().ask(request);
  }

  /**
   * Begins to compare words with a peer that has a key, unless that has begun.
   *
   * @returns The words if both can see them already, else who has to begin before they come.
   * @throws {UserError} If the link is not open.
   */
  verify(): VerificationState {
    return this.#openSession().verify();
  }

  /** The comparison of words on it; undefined if it is not open. */
  get comparison(): WordComparison | undefined {
    return this.#peerSession;
  }

  /**
   * Says goodbye and closes.
   *
   * @param settled Done when the peer has acknowledged what was transmitted. Not waited for for long.
   * @param reason What the peer's user is told.
   */
  async leave(settled?: Promise<unknown>, reason?: string): Promise<void> {
    this.#farewell ??= reason;
    if (this.#state.name === "open") {
      const all = Promise.allSettled([settled, this.#state.open.session.allAcknowledged()]);
      await within(leaveMs, Promise.race([all, this.ended]), this.#options.clock);
    }
    this.#go({ type: "leave" });
    if (this.#state.name !== "closing") return;
    await within(leaveMs, this.#writes.flushed(), this.#options.clock);
    this.#end(left.reason, left.detail);
  }

  async #run(isUnknownSender: boolean): Promise<void> {
    let buffer = new Uint8Array(isUnknownSender ? unknownSenderBufferBytes : readBufferBytes);
    let isReset = false;
    // So does a program end that has not read everything. What it has said before counts all the same.
    const reset = () => {
      isReset = true;
      return null;
    };
    try {
      for (let count; (count = await this.#options.conn.read(buffer).catch(reset)) !== null;) {
        this.#saidNothing = false;
        if (this.#state.name === "closed") break;
        await this.#take(buffer.subarray(0, count));
        // A peer that sends faster than it reads our acknowledgements has to wait.
        await this.#writes.drained();
        await this.#roomForMore();
        if (this.#session !== undefined && buffer.length < readBufferBytes) {
          buffer = new Uint8Array(readBufferBytes);
        }
      }
      if (this.#state.name === "opening") await this.#state.opening.finish();
      if (!this.#isOver) this.#session?.finish();
      const isLost = isReset || this.dialect === "p2pchat";
      this.#end(isLost ? "lost" : "peer-left", undefined);
    } catch {
      this.#end("lost", undefined);
    }
  }

  async #take(bytes: Uint8Array): Promise<void> {
    if (this.#state.name === "opening") await this.#state.opening.take(bytes);
    else await this.#state.open?.take(bytes);
  }

  async #roomForMore(): Promise<void> {
    const room = this.#options.room?.();
    if (room === undefined) return;
    this.#openLink?.pause(true);
    await room;
    this.#openLink?.pause(false);
  }

  async #open({ channel, contents }: Opened): Promise<void> {
    const open = new OpenLink({
      peer: this,
      self: this.#options.self,
      channel,
      writes: this.#writes,
      clock: this.#options.clock,
      times: this.#times,
      isOver: () => this.#isOver,
      end: (reason, detail) => this.#end(reason, detail),
      endOnceTold: (reason, detail) => this.#endOnceTold(reason, detail),
    });
    this.#go({ type: "open", open });
    await open.begin(this.#options.owner.begin(this), contents);
  }

  /** Whether nothing more is taken from the peer. */
  get #isOver(): boolean {
    const state = this.#state;
    return state.name === "closed" || (state.name === "closing" && !state.hears);
  }

  /** Undefined until the link is open. It stays when the link is over. */
  get #openLink(): OpenLink | undefined {
    return this.#state.name === "opening" ? undefined : this.#state.open;
  }

  get #session(): PeerSession | LegacySession | undefined {
    return this.#openLink?.session;
  }

  get #peerSession(): PeerSession | undefined {
    return this.#session instanceof PeerSession ? this.#session : undefined;
  }

  #openSession(): PeerSession {
    if (this.#state.name === "open" && this.#peerSession !== undefined) return this.#peerSession;
    throw notOpen();
  }

  #end(reason: CloseReason, detail: Problem | undefined): void {
    // What came before is neither lost with the link nor handed over after its end.
    if (this.#state.name !== "closed") this.#session?.handOver();
    this.#go({ type: "end", ending: { reason, detail } });
  }

  #endOnceTold(reason: CloseReason, detail: Problem | undefined): void {
    this.#go({ type: "refuse", ending: { reason, detail } });
  }

  /** Goes to another state. All that a change of state brings about is done here. */
  #go(step: LinkStep<OpenLink>): void {
    const before = this.#state;
    const after = nextState(before, step);
    if (after === before) return;
    this.#state = after;
    if (before.name === "opening") before.opening.stop();
    switch (after.name) {
      case "closing": {
        const { open, ending, hears } = after;
        if (hears) return open?.session.sayGoodbye(this.#farewell);
        open?.session.handOver();
        this.#writes.flushed().then(() => this.#end(ending.reason, ending.detail));
        return;
      }
      case "closed":
        this.#options.conn.close();
        after.open?.end();
        this.#options.onClosed(after.ending.reason, after.ending.detail);
    }
  }
}

function notOpen(): UserError {
  return new UserError({ code: "link-not-open" });
}
