/**
 * The opening of a link, until something may be sent: the dialect that the peer speaks, CHAT and
 * CHATACK, the handshake, and whether the owner lets the peer in.
 *
 * Bytes and answers in, bytes and questions out; no connection and no clock.
 *
 * The states follow each other in this order. Legacy programs skip those from `reading` to `handshaking`,
 * peers without a key skip `handshaking`, and only an initiator that has concluded a handshake waits. Only a
 * legacy program that is called and says something at once is doubted.
 *
 *     detecting -> doubting -> reading -> handshaking -> admitting -> waiting -> over
 *
 * @module
 */

import { concat } from "@std/bytes/concat";
import { errorReply } from "../../shared/protocol/error_reply.ts";
import { handshakeBytesMax, messageBytesMax } from "../../shared/protocol/limits.ts";
import { encode } from "../../shared/protocol/message.ts";
import { firstMessageEnd } from "../../shared/protocol/message_end.ts";
import { MessageReader } from "../../shared/protocol/message_reader.ts";
import { peerFaults } from "../../shared/protocol/reasons.ts";
import { type Fault, isFault } from "../../shared/protocol/status.ts";
import { check } from "../../shared/protocol/verbs.ts";
import type { CloseReason, Dialect } from "../events.ts";
import type { Problem } from "../user_error.ts";
import { frame, FrameReader } from "./frames.ts";
import { Beginning, Handshake } from "./handshake.ts";
import {
  type Introduction,
  peerFeatures,
  reachableAddress,
  readIntroduction,
  type Self,
  writeIntroduction,
  writeLegacyChat,
} from "./introduction.ts";
import { detectInitiator, detectResponder, firstMessageIn } from "./legacy/detect.ts";
import { introductionIn } from "./legacy/legacy_lines.ts";
import type { ConnFacts, PeerFacts, Purpose, Refusal } from "./link_events.ts";
import { saidProblem, wordsProblem } from "./reason.ts";
import { SecureChannel } from "./secure_channel.ts";

/** What an opening leads to next. In any case `send` goes out first, as it is. */
export type Step =
  & { readonly send: readonly Uint8Array[] }
  & (
    /** Wait for more from the peer. */
    | { readonly type: "more" }
    /** The same, but not for long: what it has said may be why it hangs up now. */
    | { readonly type: "doubt" }
    /** Ask the owner whether to talk to the peer, and go on with {@linkcode Opening.admitted} or `refused`. */
    | { readonly type: "admit"; readonly by: "plaintext" | "key" }
    | Opened
    /** It is over. If there is something to send, that tells the peer why. */
    | { readonly type: "end"; readonly reason: CloseReason; readonly detail: Problem | undefined }
  );

/** The link is open. */
export interface Opened {
  readonly type: "open";
  /** What encrypts from here on; undefined in plaintext. */
  readonly channel: SecureChannel | undefined;
  /** What the peer has said behind its opening, decrypted. */
  readonly contents: readonly Uint8Array[];
}

/** An opening's options. */
export interface OpeningOptions {
  readonly role: "initiator" | "responder";
  readonly self: Self;
  /** What the initiator calls for: a conversation if this is not given. A responder hears it from its peer. */
  readonly purpose?: Purpose;
  /** Whether the initiator's CHAT is that of a legacy program, for those that hang up at any other. */
  readonly legacyChat?: boolean;
  /** Whether legacy programs are talked to. */
  readonly allowPlaintext?: boolean;
  /** Whether the other side is known to encrypt: then the initiator begins the handshake before CHATACK comes. */
  readonly isEncrypted?: boolean;
  /** The host at the other end of the connection; undefined if that is not the peer's. */
  readonly seenAt: string | undefined;
  /** Milliseconds of a clock that does not go back, for the channel. */
  readonly now: () => number;
}

/** What an opening finds out about the peer. */
export type Found = {
  -readonly [
    Name in Exclude<keyof PeerFacts, keyof ConnFacts | "saidNothing">
  ]: PeerFacts[Name];
};

type State =
  /** The dialect is still to be told, from more bytes or from their absence. */
  | { readonly name: "detecting" }
  /**
   * As the initiator: something else than CHATACK has come, with which the other side may hang up. If it does
   * not, each read is a text of its own.
   */
  | { readonly name: "doubting"; readonly reads: Uint8Array[] }
  /** CHAT or CHATACK has come and is being read. */
  | { readonly name: "reading" }
  | { readonly name: "handshaking"; readonly handshake: Handshake; readonly frames: FrameReader }
  /** The owner decides about a peer without a key, which has said this behind its opening. */
  | { readonly name: "admitting-plaintext"; readonly reads: readonly Uint8Array[] }
  /** As the initiator: the owner decides about a peer that does not know our key yet. */
  | { readonly name: "admitting-responder"; readonly handshake: Handshake }
  /** As the responder: the owner decides about a peer that waits for a first frame. */
  | { readonly name: "admitting-initiator"; readonly channel: SecureChannel }
  /** As the initiator: the first frame says whether we are let in. */
  | { readonly name: "waiting"; readonly channel: SecureChannel }
  | { readonly name: "over" };

const utf8 = new TextEncoder();
const noBytes = new Uint8Array(0);
const notAuthentic = { code: "not-authentic" } as const;

/** One side of an opening. */
export class Opening {
  /** What is known of the peer so far. */
  readonly found: Found;
  readonly #options: OpeningOptions;
  readonly #role: "initiator" | "responder";
  #state: State = { name: "detecting" };
  /** Our CHAT as it went over the wire. */
  #chat = noBytes;
  #beginning: Beginning | undefined;
  #unread = noBytes;
  #send: Uint8Array[] = [];

  constructor(options: OpeningOptions) {
    this.#options = options;
    this.#role = options.role;
    this.found = {
      purpose: options.purpose ?? "conversation",
      dialect: undefined,
      peerId: undefined,
      peerAddress: undefined,
      peerKey: undefined,
      peerAgreement: undefined,
      features: [],
      handshakeHash: undefined,
    };
  }

  /** Whether the dialect is still to be told. */
  get undecided(): boolean {
    return this.#state.name === "detecting" || this.#state.name === "doubting";
  }

  /** Whether something has come that the dialect is still to be told from. */
  get pending(): boolean {
    return this.undecided && this.#unread.length > 0;
  }

  /** What the initiator says first. */
  begin(): Uint8Array {
    const { self, legacyChat, isEncrypted } = this.#options;
    this.#chat = legacyChat ? writeLegacyChat(self) : this.#introduction("CHAT", true);
    if (!isEncrypted) return this.#chat;
    this.#beginning = new Beginning();
    return concat([this.#chat, frame(this.#beginning.message)]);
  }

  /** Takes what a read brought. The bytes are not needed afterwards. */
  take(bytes: Uint8Array): Step {
    this.#unread = concat([this.#unread, bytes]);
    switch (this.#state.name) {
      case "doubting":
        this.#state.reads.push(bytes.slice());
        return this.#detect(false) ?? this.#more();
      case "detecting":
        return this.#detect(false) ?? this.#readOpening();
      case "handshaking":
        return this.#shakeHands(this.#state);
      case "waiting":
        return this.#hearFirstFrame(this.#state.channel);
      default:
        return this.#more();
    }
  }

  /** Tells the dialect from what has come so far, if it is not told yet: nothing more is waited for. */
  timeIsUp(): Step {
    return this.undecided ? this.#detect(true) ?? this.#more() : this.#more();
  }

  /** Takes the end of the connection: nothing more comes. */
  hungUp(): Step {
    if (this.pending && this.#mayBeRefusal) {
      return this.#end("peer-left", wordsProblem(this.#unread));
    }
    return this.pending ? this.timeIsUp() : this.#more();
  }

  /** Goes on with a peer that the owner lets in. */
  admitted(): Step {
    const state = this.#state;
    switch (state.name) {
      case "admitting-plaintext":
        if (this.found.dialect === "p2pchat" && this.#role === "responder") {
          this.#send.push(this.#introduction("CHATACK", false));
        }
        return this.#open(undefined, state.reads);
      case "admitting-responder": {
        this.#send.push(frame(state.handshake.conclude()));
        const channel = this.#split(state.handshake);
        this.#state = { name: "waiting", channel };
        return this.#hearFirstFrame(channel);
      }
      case "admitting-initiator":
        // The responder has the first word, so that the initiator knows whether it was let in.
        this.#send.push(state.channel.seal(noBytes));
        return this.#open(state.channel, state.channel.open(this.#unread));
      default:
        throw new TypeError(`Cannot admit a peer while ${state.name}`);
    }
  }

  /** Turns away a peer, and tells it why if there is a way to. */
  refused(refusal: Refusal): Step {
    const { dialect } = this.found;
    // In the middle of a handshake there is no way.
    if (this.#state.name === "admitting-responder") return this.#end("refused", refusal.detail);
    const told = dialect === "raw" || dialect === "lines"
      ? utf8.encode(refusal.reason + "\r\n")
      : errorOf(refusal);
    const channel = this.#state.name === "admitting-initiator" ? this.#state.channel : undefined;
    return this.#end("refused", refusal.detail, channel?.seal(told) ?? told);
  }

  /** Recognises the dialect by the first bytes. @returns Undefined if CHAT or CHATACK has to be read. */
  #detect(timeIsUp: boolean): Step | undefined {
    const detect = this.#role === "initiator" ? detectResponder : detectInitiator;
    const detected = detect(this.#unread, timeIsUp);
    // One that takes such a CHAT without a word speaks as its other callers do.
    const verdict = detected === "raw" && this.#options.legacyChat ? "lines" : detected;
    if (verdict === "undecided") return this.#more();
    if (verdict === "p2pchat") return undefined;
    if (this.found.purpose === "audit") {
      this.found.dialect = verdict;
      return this.#end("broken", { code: "peer-cannot-compare" });
    }
    if (!timeIsUp && this.#mayBeRefusal) {
      if (this.#state.name === "detecting") {
        this.#state = { name: "doubting", reads: [this.#unread] };
      }
      return { type: "doubt", send: this.#sent() };
    }
    if (verdict === "lines") this.#meetLegacy();
    return this.#askAboutPlaintext(verdict);
  }

  #meetLegacy(): void {
    const { id, address } = introductionIn(this.#unread) ?? {};
    this.found.peerId = id;
    this.found.peerAddress = address && reachableAddress(address, this.#options.seenAt);
  }

  /** Whether what has come may be the words with which a legacy program refuses our CHAT. */
  get #mayBeRefusal(): boolean {
    const { length } = this.#unread;
    return this.#role === "initiator" && this.#options.allowPlaintext === true &&
      this.found.purpose === "conversation" && length > 0 && length < messageBytesMax;
  }

  #readOpening(): Step {
    this.#state = { name: "reading" };
    const end = firstMessageEnd(this.#unread)!;
    const bytes = this.#unread.subarray(0, end);
    this.#unread = this.#unread.subarray(end);
    const [opening] = new MessageReader().messages(bytes);
    if (opening === undefined || isFault(opening)) {
      return this.#refuse(opening ?? peerFaults.notAnOpening);
    }
    const malformed = check(opening, this.#role === "initiator" ? "responder" : "initiator");
    if (malformed !== undefined) return this.#refuse(malformed);
    if (opening.verb === "ERROR") return this.#end("broken", saidProblem(opening));
    const introduction = readIntroduction(opening, this.#options.seenAt);
    return isFault(introduction) ? this.#refuse(introduction) : this.#meet(introduction, bytes);
  }

  /** @param bytes The peer's CHAT or CHATACK as it went over the wire. */
  #meet({ id, address, purpose, encrypts, features }: Introduction, bytes: Uint8Array): Step {
    Object.assign(this.found, { peerId: id, peerAddress: address, features });
    // A responder that does not repeat the purpose takes the call for a conversation, as one does that
    // knows no Purpose.
    if (this.#role === "initiator" && purpose !== this.found.purpose) {
      return this.#end("broken", { code: "purpose-not-known" });
    }
    this.found.purpose = purpose;
    if (encrypts) return this.#beginHandshake(bytes);
    return purpose === "audit"
      ? this.#refuse(peerFaults.plaintextAudit)
      : this.#askAboutPlaintext("p2pchat");
  }

  #beginHandshake(bytes: Uint8Array): Step {
    const { role, self: { identity } } = this.#options;
    const ours = role === "initiator" ? this.#chat : this.#introduction("CHATACK", true);
    const prologue = concat(role === "initiator" ? [ours, bytes] : [bytes, ours]);
    const numbered = this.found.features.includes("certificates");
    const beginning = this.#beginning;
    const handshake = new Handshake({ role, identity, prologue, numbered, beginning });
    const next = role === "initiator" ? frame(handshake.begin()) : ours;
    if (this.#beginning === undefined) this.#send.push(next);
    this.#state = { name: "handshaking", handshake, frames: new FrameReader(handshakeBytesMax) };
    return this.#shakeHands(this.#state);
  }

  #shakeHands({ handshake, frames }: Extract<State, { name: "handshaking" }>): Step {
    const messages: Uint8Array[] = [];
    while (this.#unread.length > 0) {
      const taken = frames.push(this.#unread, (message) => {
        messages.push(message.slice());
        return false;
      });
      if (taken < 0) return this.#end("broken", notAuthentic);
      this.#unread = this.#unread.subarray(taken);
      const message = messages.pop();
      if (message === undefined) break;
      const step = handshake.take(message);
      if (step === undefined) return this.#end("broken", notAuthentic);
      if ("answer" in step) {
        this.#send.push(frame(step.answer));
        continue;
      }
      Object.assign(this.found, step);
      // An initiator does not say who it is before it knows that it wants to talk to the peer.
      this.#state = this.#role === "initiator"
        ? { name: "admitting-responder", handshake }
        : { name: "admitting-initiator", channel: this.#split(handshake) };
      return { type: "admit", by: "key", send: this.#sent() };
    }
    return this.#more();
  }

  #split(handshake: Handshake): SecureChannel {
    this.found.handshakeHash = handshake.hash;
    return new SecureChannel(handshake.split(), this.#options.now);
  }

  /** Opens with the first frame, unless that says why the responder does not want to. */
  #hearFirstFrame(channel: SecureChannel): Step {
    const contents = channel.open(this.#unread);
    this.#unread = noBytes;
    const [first] = contents;
    if (first === undefined) {
      return channel.broken ? this.#end("broken", notAuthentic) : this.#more();
    }
    const said = firstMessageIn(first);
    if (said?.verb === "ERROR") return this.#end("broken", saidProblem(said));
    return this.#open(channel, contents);
  }

  #introduction(verb: "CHAT" | "CHATACK", encrypts: boolean): Uint8Array<ArrayBuffer> {
    const features = verb === "CHAT" ? peerFeatures : this.found.features;
    return writeIntroduction(verb, this.#options.self, { ...this.found, encrypts, features });
  }

  #more(): Step {
    return { type: "more", send: this.#sent() };
  }

  #askAboutPlaintext(dialect: Dialect): Step {
    this.found.dialect = dialect;
    const reads = this.#state.name === "doubting" ? this.#state.reads : [this.#unread];
    this.#state = { name: "admitting-plaintext", reads };
    return { type: "admit", by: "plaintext", send: this.#sent() };
  }

  #open(channel: SecureChannel | undefined, contents: readonly Uint8Array[]): Step {
    this.found.dialect ??= "p2pchat";
    this.#state = { name: "over" };
    this.#unread = noBytes;
    return { type: "open", channel, contents, send: this.#sent() };
  }

  #refuse(fault: Fault): Step {
    return this.#end("broken", { code: "peer-fault", reason: fault.reason }, errorOf(fault));
  }

  /** @param told What the peer is told, instead of anything else that was to be sent. */
  #end(reason: CloseReason, detail: Problem | undefined, ...told: Uint8Array[]): Step {
    this.#state = { name: "over" };
    this.#unread = noBytes;
    this.#send = told;
    return { type: "end", reason, detail, send: this.#sent() };
  }

  #sent(): Uint8Array[] {
    const send = this.#send;
    this.#send = [];
    return send;
  }
}

function errorOf(fault: Pick<Fault, "code" | "reason">): Uint8Array {
  return utf8.encode(encode(errorReply(fault)));
}
