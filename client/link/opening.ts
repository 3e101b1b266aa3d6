/**
 * The opening of a link, up to where texts may be sent: the dialect that the peer speaks, CHAT and
 * CHATACK, the handshake, and whether the peer is let in. The states follow each other in the order of
 * {@linkcode State}; some are left out in plaintext and in the wild.
 *
 * Bytes and answers in, bytes and questions out; no connection and no clock.
 *
 * @module
 */

import { type Address, isIpAddress, parsePort, reachableHost } from "../../shared/net/address.ts";
import { isClientId } from "../../shared/protocol/client_id.ts";
import { concat } from "@std/bytes/concat";
import type { Identity } from "../../shared/crypto/identity.ts";
import type { PublicKey } from "../../shared/crypto/public_key.ts";
import { handshakeBytesMax } from "../../shared/protocol/limits.ts";
import {
  encode,
  type Header,
  header,
  type Message,
  message,
} from "../../shared/protocol/message.ts";
import { MessageReader } from "../../shared/protocol/message_reader.ts";
import { peerFaults } from "../../shared/protocol/reasons.ts";
import { type Fault, isFault } from "../../shared/protocol/status.ts";
import { check, protocolVersion } from "../../shared/protocol/verbs.ts";
import { frame, FrameReader } from "./frames.ts";
import { encryption, Handshake } from "./handshake.ts";
import type { CloseReason, Dialect } from "../events.ts";
import type { Purpose, Refusal } from "./link_events.ts";
import { saidReason } from "./reason.ts";
import {
  detectInitiator,
  detectResponder,
  firstMessageEnd,
  firstMessageIn,
} from "./legacy/detect.ts";
import { notAuthentic, SecureChannel } from "./secure_channel.ts";
import { idIn } from "./legacy/legacy_lines.ts";

/** Who one is, as a peer is told. */
export interface Self {
  readonly id: string;
  readonly address: Address;
  readonly identity: Identity;
}

/** What an opening leads to next. Whatever it is, `send` goes out first, as it is. */
export type Step =
  & { readonly send: readonly Uint8Array[] }
  & (
    /** Nothing but to wait for more of the peer's. */
    | { readonly type: "more" }
    /** The owner is to say whether to talk to the peer: {@linkcode Opening.admitted} or `refused`. */
    | { readonly type: "admit"; readonly by: "plaintext" | "key" }
    | Opened
    /** It is over; where there is something to send, that tells the peer why. */
    | { readonly type: "end"; readonly reason: CloseReason; readonly detail: string | undefined }
  );

/** What an opening has led to in the end. */
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
  /** What the caller calls for; the called side takes it from the caller. */
  readonly purpose?: Purpose;
  /** The host at the other end of the connection. */
  readonly remoteHost: string;
  /** Milliseconds of a clock that does not go back, for the channel. */
  readonly now: () => number;
}

type State =
  | "recognising"
  | "reading"
  | "handshaking"
  | "admitting"
  /** As a caller, for the first frame, which says that we are let in. */
  | "waiting"
  | "over";

const utf8 = new TextEncoder();
const noBytes = new Uint8Array(0);

/** One side of an opening. */
export class Opening {
  /** Undefined until it is known. */
  dialect: Dialect | undefined;
  /** Who the peer says it is. */
  peerId: string | undefined;
  /** Where the peer says that it listens. */
  peerAddress: Address | undefined;
  /** The peer's key, which it has proven to have. */
  peerKey: PublicKey | undefined;
  /** The peer's X25519 key, which {@linkcode peerKey} certifies. */
  peerAgreement: Uint8Array | undefined;
  /** The hash of the handshake. */
  handshakeHash: Uint8Array | undefined;
  /** What the caller has called for. */
  purpose: Purpose;

  readonly #options: OpeningOptions;
  readonly #role: "initiator" | "responder";
  #state: State = "recognising";
  /** Our CHAT as it went over the wire. */
  #chat = noBytes;
  #unread = noBytes;
  #send: Uint8Array[] = [];
  #handshake: Handshake | undefined;
  #handshakeFrames = new FrameReader(handshakeBytesMax);
  #channel: SecureChannel | undefined;

  constructor(options: OpeningOptions) {
    this.#options = options;
    this.#role = options.role;
    this.purpose = options.purpose ?? "conversation";
  }

  /** Whether the dialect is still to be told, from more bytes or from their absence. */
  get undecided(): boolean {
    return this.#state === "recognising";
  }

  /** Whether something has come of which that is still to be told. */
  get pending(): boolean {
    return this.undecided && this.#unread.length > 0;
  }

  /** The caller's first word. */
  begin(): Uint8Array {
    this.#chat = this.#introduction("CHAT", true);
    return this.#chat;
  }

  /** Takes what a read brought. The bytes are not needed after its promise. */
  async take(bytes: Uint8Array): Promise<Step> {
    this.#unread = concat([this.#unread, bytes]);
    switch (this.#state) {
      case "recognising":
        return await this.#recognise(false) ?? await this.#readOpening();
      case "handshaking":
        return this.#shakeHands();
      case "waiting":
        return this.#hearFirstFrame();
      default:
        return this.#more();
    }
  }

  /** Takes what has come for all that is to come, as far as the dialect is to be told from it. */
  timeIsUp(): Step {
    return this.undecided ? this.#recognise(true) ?? this.#more() : this.#more();
  }

  /** Goes on with a peer that is talked to. */
  admitted(): Step {
    if (this.#handshake === undefined) {
      const isTold = this.dialect === "p2pchat" && this.#role === "responder";
      if (isTold) this.#send.push(this.#introduction("CHATACK", false));
      return this.#open([this.#unread]);
    }
    if (this.#role === "initiator") {
      this.#send.push(frame(this.#handshake.conclude()));
      this.#channel = this.#split(this.#handshake);
      this.#state = "waiting";
      return this.#hearFirstFrame();
    }
    // The called side has the first word, so that the caller knows whether it was let in.
    this.#send.push(this.#channel!.seal(noBytes));
    return this.#open(this.#channel!.open(this.#unread));
  }

  /** Turns away a peer that is not talked to, and says why where there is a way to. */
  refused(refusal: Refusal): Step {
    const { reason, detail } = refusal;
    // In the middle of a handshake there is none.
    if (this.#handshake !== undefined && this.#channel === undefined) {
      return this.#end("refused", detail);
    }
    const told = this.dialect === "raw" || this.dialect === "lines"
      ? utf8.encode(reason + "\r\n")
      : errorOf(refusal);
    return this.#end("refused", detail, this.#channel?.seal(told) ?? told);
  }

  /** Tells the dialect from the first bytes. @returns Undefined where CHAT or CHATACK is to be read. */
  #recognise(timeIsUp: boolean): Step | undefined {
    const recognise = this.#role === "initiator" ? detectResponder : detectInitiator;
    const verdict = recognise(this.#unread, timeIsUp);
    if (verdict === "undecided") return this.#more();
    if (verdict === "p2pchat") return undefined;
    this.dialect = verdict;
    if (this.purpose === "audit") return this.#end("broken", "it cannot compare messages");
    if (verdict === "lines") this.peerId = idIn(this.#unread);
    return this.#ask("plaintext");
  }

  async #readOpening(): Promise<Step> {
    this.#state = "reading";
    const end = firstMessageEnd(this.#unread);
    const bytes = this.#unread.subarray(0, end);
    this.#unread = this.#unread.subarray(end);
    const [opening] = await new MessageReader().push(bytes);
    if (opening === undefined || isFault(opening)) {
      return this.#refuse(opening ?? peerFaults.notAnOpening);
    }
    const malformed = check(opening, this.#role === "initiator" ? "responder" : "initiator");
    if (malformed !== undefined) return this.#refuse(malformed);
    if (opening.verb === "ERROR") return this.#end("broken", saidReason(opening));
    const id = header(opening, "clientID")!;
    if (!isClientId(id)) return this.#refuse(peerFaults.invalidClientId);
    this.peerId = id;
    const host = header(opening, "IP") ?? "";
    const port = parsePort(header(opening, "Port") ?? "");
    if (isIpAddress(host) && port) {
      this.peerAddress = { host: reachableHost(host, this.#options.remoteHost), port };
    }
    return this.#takePurpose(opening) ?? this.#takeOffer(opening, bytes);
  }

  /** @returns Undefined where it is one that there is. */
  #takePurpose(opening: Message): Step | undefined {
    const said = header(opening, "Purpose");
    if (said !== undefined && said !== "audit") return this.#refuse(peerFaults.unknownPurpose);
    const purpose = said ?? "conversation";
    // Who repeats it not takes this for a conversation, as whoever knows no Purpose does.
    if (this.#role === "initiator" && purpose !== this.purpose) {
      return this.#end("broken", "its program does not know what the call is for");
    }
    this.purpose = purpose;
    return undefined;
  }

  #takeOffer(opening: Message, bytes: Uint8Array): Step {
    const offered = header(opening, "Encryption")?.split(/ *, */) ?? [];
    if (!offered.includes(encryption)) {
      if (this.purpose === "audit") return this.#refuse(peerFaults.plaintextAudit);
      this.dialect = "p2pchat";
      return this.#ask("plaintext");
    }
    const { role, self: { identity } } = this.#options;
    if (role === "initiator") {
      this.#handshake = new Handshake({ role, identity, prologue: concat([this.#chat, bytes]) });
      this.#send.push(frame(this.#handshake.begin()));
    } else {
      const chatack = this.#introduction("CHATACK", true);
      this.#send.push(chatack);
      this.#handshake = new Handshake({ role, identity, prologue: concat([bytes, chatack]) });
    }
    this.#state = "handshaking";
    return this.#shakeHands();
  }

  #shakeHands(): Step {
    const handshake = this.#handshake!;
    const messages: Uint8Array[] = [];
    while (this.#unread.length > 0) {
      const taken = this.#handshakeFrames.push(this.#unread, (message) => {
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
      this.peerKey = step.peerKey;
      this.peerAgreement = step.peerAgreement;
      // The caller does not say who it is to somebody whom it does not want to talk to.
      if (this.#role === "responder") this.#channel = this.#split(handshake);
      return this.#ask("key");
    }
    return this.#more();
  }

  #split(handshake: Handshake): SecureChannel {
    this.handshakeHash = handshake.hash;
    return new SecureChannel(handshake.split(), this.#options.now);
  }

  /** Opens with the first frame, unless that says why the called side does not want to. */
  #hearFirstFrame(): Step {
    const channel = this.#channel!;
    const contents = channel.open(this.#unread);
    this.#unread = noBytes;
    const [first] = contents;
    if (first === undefined) {
      return channel.broken ? this.#end("broken", notAuthentic) : this.#more();
    }
    const said = firstMessageIn(first);
    if (said?.verb === "ERROR") return this.#end("broken", saidReason(said));
    return this.#open(contents);
  }

  #introduction(verb: "CHAT" | "CHATACK", encrypts: boolean): Uint8Array<ArrayBuffer> {
    const { id, address } = this.#options.self;
    const headers: Header[] = [
      ["clientID", id],
      ["IP", address.host],
      ["Port", String(address.port)],
      ["Version", protocolVersion],
    ];
    if (encrypts) headers.push(["Encryption", encryption]);
    if (this.purpose === "audit") headers.push(["Purpose", "audit"]);
    return utf8.encode(encode(message(verb, headers)));
  }

  #more(): Step {
    return { type: "more", send: this.#sent() };
  }

  #ask(by: "plaintext" | "key"): Step {
    this.#state = "admitting";
    return { type: "admit", by, send: this.#sent() };
  }

  #open(contents: readonly Uint8Array[]): Step {
    this.dialect ??= "p2pchat";
    const channel = this.#channel;
    this.#over();
    return { type: "open", channel, contents, send: this.#sent() };
  }

  #refuse(fault: Fault): Step {
    return this.#end("broken", fault.reason, errorOf(fault));
  }

  #end(reason: CloseReason, detail: string | undefined, ...told: Uint8Array[]): Step {
    this.#over();
    this.#send = told;
    return { type: "end", reason, detail, send: this.#sent() };
  }

  /** Lets go of what an open link has no use for. */
  #over(): void {
    this.#state = "over";
    this.#unread = noBytes;
    this.#handshake = undefined;
    this.#channel = undefined;
  }

  #sent(): Uint8Array[] {
    const send = this.#send;
    this.#send = [];
    return send;
  }
}

function errorOf({ code, reason }: Pick<Fault, "code" | "reason">): Uint8Array {
  return utf8.encode(encode(message("ERROR", [["Code", String(code)], ["Reason", reason]])));
}
