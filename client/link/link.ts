/**
 * A link: one connection with one peer, from its opening to its end, in whichever dialect the peer
 * speaks. The states are `opening`, `open`, `closed`, in this order.
 *
 * @module
 */

import {
  type Address,
  isIpAddress,
  parsePort,
  plainHost,
  reachableHost,
} from "../../shared/address.ts";
import { isClientId } from "../../shared/client_id.ts";
import { within } from "../../shared/clock.ts";
import { concat } from "../../shared/concat.ts";
import type { Identity } from "../../shared/crypto/identity.ts";
import {
  chatackPatienceMs,
  chatackTimeoutMs,
  handshakeBytesMax,
  linkPingMs,
  linkPongTimeoutMs,
  openingTimeoutMs,
  unacknowledgedMax,
} from "../../shared/protocol/limits.ts";
import {
  encode,
  type Header,
  header,
  headerValues,
  type Message,
  message,
} from "../../shared/protocol/message.ts";
import { MessageReader } from "../../shared/protocol/message_reader.ts";
import { fatalFault, type Fault, isFault, type StatusCode } from "../../shared/protocol/status.ts";
import { textHeaders, unescapeText } from "../../shared/protocol/text.ts";
import { check, protocolVersion } from "../../shared/protocol/verbs.ts";
import { ChatError } from "../chat_error.ts";
import type { CloseReason, Dialect } from "../events.ts";
import { frame, FrameReader } from "./frames.ts";
import { encryption, Handshake } from "./handshake.ts";
import { Outbox } from "./outbox.ts";
import { firstMessageEnd, recogniseCalled, recogniseCaller, type Verdict } from "./recognise.ts";
import { SecureChannel } from "./secure_channel.ts";
import { type Step, Verification } from "./verification.ts";
import { WildLines } from "./wild_lines.ts";

/** Who one is, as a peer is told. */
export interface Self {
  readonly id: string;
  readonly address: Address;
  readonly identity: Identity;
}

/** Why a peer is not talked to. */
export interface Refusal {
  readonly code: StatusCode;
  /** One sentence for the peer, without a full stop. */
  readonly reason: string;
  /** For our own user. */
  readonly detail: string;
}

/** What a link tells its owner. */
export interface LinkEvents {
  /** Asked before a link opens with a peer that does not encrypt: whether it is to be talked to. */
  admitPlaintext(link: Link): Refusal | undefined;
  /** Asked before a link opens with a peer that has proven its key: whether it is to be talked to. */
  admitKey(link: Link): Promise<Refusal | undefined>;
  /** Texts may be sent. */
  opened(link: Link): void;
  /** A text has come. */
  text(link: Link, text: string): void;
  /** The peer wants to compare words, or they are there to be compared. */
  verification(link: Link, step: Step): void;
  /** The peer has a text that was sent. Only this protocol's own peers say so. */
  delivered(link: Link, id: string): void;
  /**
   * Asked before more is read: where what came has not been shown yet, when there will be room for more,
   * so that a peer cannot fill the memory of one who does not look.
   */
  room(): Promise<void> | undefined;
  /** The link is over. */
  closed(link: Link, reason: CloseReason, detail: string | undefined): void;
}

/** A link's options. */
export interface LinkOptions {
  readonly conn: Deno.TcpConn;
  readonly role: "caller" | "called";
  readonly self: Self;
  readonly events: LinkEvents;
  /**
   * Whether peers of the wild may be talked to: then a caller may say nothing for as long as it likes, as
   * they do until their user types something, and whoever is called and says nothing is soon taken for
   * one of them.
   */
  readonly allowPlaintext: boolean;
  readonly times?: LinkTimes;
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

const notAnOpening = fatalFault(400, "A conversation begins with CHAT and CHATACK");
const notAuthentic = "what came was not what it sent";
/** Letters of a peer's reason that are shown. */
const reasonLetters = 200;
const noContent = new Uint8Array(0);

/** How long the rest of a line, or of an opening, may take before what has come is taken for all. */
const quietMs = 500;
/** How long leaving waits for what was just sent to be confirmed, and for the goodbye to be taken. */
const leaveMs = 1_000;
/** What one read may bring; less from whoever has called and has to prove something first. */
const readBufferBytes = 16 * 1024;
const strangerBufferBytes = 1024;

/** One connection with one peer. */
export class Link {
  readonly role: "caller" | "called";
  /** The address of the other end of the connection. Where we were called, its port is a passing one. */
  readonly remote: Address;
  /** Undefined until the link is open, or about to be. */
  dialect: Dialect | undefined;
  /** The peer's Ed25519 key, which it has proven to have. What it says is encrypted where there is one. */
  peerKey: Uint8Array | undefined;
  /** The hash of the handshake: of all links, this one's alone. */
  handshakeHash: Uint8Array | undefined;
  /** Whether nothing has come from the peer. */
  saidNothing = true;
  /** Who the peer says it is. */
  peerId: string | undefined;
  /** Where the peer says that it listens. */
  peerAddress: Address | undefined;
  /** Ends when the link has. Never throws. */
  readonly ended: Promise<void>;

  readonly #conn: Deno.TcpConn;
  readonly #self: Self;
  readonly #events: LinkEvents;
  readonly #times: LinkTimes;
  readonly #outbox: Outbox;
  readonly #reader = new MessageReader();
  readonly #wild = new WildLines();
  readonly #decoder = new TextDecoder("utf-8", { ignoreBOM: true });
  /** Texts that the peer has not acknowledged, by their ids, oldest first. */
  readonly #unacknowledged = new Map<string, string>();
  /** Our CHAT as it went over the wire. */
  #chat = noContent;
  #handshake: Handshake | undefined;
  readonly #handshakeFrames = new FrameReader(handshakeBytesMax);
  #channel: SecureChannel | undefined;
  #verification: Verification | undefined;
  #acknowledged: PromiseWithResolvers<void> | undefined;
  #first = new Uint8Array(0);
  #open = false;
  #closed = false;
  /** Why the link ends, once the peer has been told: nothing more is taken from it meanwhile. */
  #ending: { readonly reason: CloseReason; readonly detail: string } | undefined;
  #sendingRaw: Promise<void> = Promise.resolve();
  #timer: ReturnType<typeof setTimeout> | undefined;
  /** Ends a link that does not open in time, whatever else is waited for. */
  #openingTimer: ReturnType<typeof setTimeout> | undefined;
  #heardAtMs = performance.now();
  #pinged = false;
  /** Whether a peer of the wild ends its texts with a line end, and so may wait for one in ours. */
  #endsLines = false;

  constructor(options: LinkOptions) {
    const { conn, role, self, events, allowPlaintext } = options;
    const times = options.times ?? usualTimes(allowPlaintext);
    this.#conn = conn;
    this.#times = times;
    this.role = role;
    this.#self = self;
    this.#events = events;
    const { hostname, port } = conn.remoteAddr;
    this.remote = { host: plainHost(hostname), port };
    this.#outbox = new Outbox(conn, (error) => {
      if (error instanceof Deno.errors.TimedOut) this.#end("silent", "it does not read");
      else this.#end("lost", undefined);
    });
    if (role === "caller" || !allowPlaintext) this.#limitOpening();
    if (role === "caller") {
      const chat = encode(message("CHAT", this.#introduction(true)));
      this.#chat = new TextEncoder().encode(chat);
      this.#outbox.add(chat);
      this.#after(times.chatackMs, () => this.#recognise(true));
    }
    this.ended = this.#run(allowPlaintext);
  }

  /** Texts that were sent and not acknowledged, oldest first. */
  get unacknowledged(): readonly string[] {
    return [...this.#unacknowledged.values()];
  }

  /**
   * Sends a text. Done when it is on its way, which takes a while where the peer is slow.
   *
   * @returns Its id, which `delivered` names; undefined where the dialect has no acknowledgements.
   * @throws {ChatError} Where the link is closed, or the dialect cannot carry the text.
   */
  async sendText(text: string): Promise<string | undefined> {
    if (!this.#open || this.#closed) throw new ChatError("The link is not open");
    if (this.dialect !== "p2pchat") {
      // What one read brings is one message there. Nothing guarantees that, but a write of its own helps.
      this.#sendingRaw = this.#sendingRaw.then(async () => {
        this.#outbox.add(this.#endsLines ? text.replaceAll("\n", " ") + "\r\n" : text);
        await this.#outbox.flushed();
      });
      await this.#sendingRaw;
      return undefined;
    }
    while (this.#unacknowledged.size >= unacknowledgedMax && !this.#closed) {
      this.#acknowledged ??= Promise.withResolvers();
      await this.#acknowledged.promise;
    }
    if (this.#closed) throw new ChatError("The link closed before the message could be sent");
    const id = newMessageId();
    const headers: Header[] = [["Id", id], ...textHeaders(text)];
    this.#unacknowledged.set(id, text);
    this.#send(message("MSG", headers));
    await this.#outbox.room();
    return id;
  }

  /** Done when the peer has everything that was sent, or the link is over. */
  async allDelivered(): Promise<void> {
    while (this.#unacknowledged.size > 0 && !this.#closed) {
      this.#acknowledged ??= Promise.withResolvers();
      await this.#acknowledged.promise;
    }
    await this.#outbox.flushed();
  }

  /**
   * Begins to compare words with the peer, where that has not begun.
   *
   * @returns The words, where both can see them already, else whether they are about to come.
   */
  verify(): readonly string[] | "coming" | "peer-is-to-begin" {
    const verification = this.#verificationNow();
    for (const message of verification.begin().send) this.#send(message);
    return verification.words ?? (verification.asked ? "coming" : "peer-is-to-begin");
  }

  /** The words that both see, once they do and until they have been compared. */
  get words(): readonly string[] | undefined {
    return this.#verification?.words;
  }

  /** Forgets the words: they have been compared. */
  endVerification(): void {
    this.#verification = undefined;
  }

  /** Says goodbye and closes. */
  async leave(): Promise<void> {
    if (this.#closed) return;
    if (this.#unacknowledged.size > 0) await within(leaveMs, this.allDelivered());
    if (this.#closed) return;
    if (!this.#open) return this.#end("you-left", undefined);
    if (this.dialect === "p2pchat") this.#send(message("BYE"));
    else if (this.dialect === "lines") this.#outbox.add("QUIT\r\n\r\n");
    await within(leaveMs, this.#outbox.flushed());
    this.#end("you-left", undefined);
  }

  async #run(allowPlaintext: boolean): Promise<void> {
    const isStranger = this.role === "called" && !allowPlaintext;
    let buffer = new Uint8Array(isStranger ? strangerBufferBytes : readBufferBytes);
    try {
      for (let count; (count = await this.#conn.read(buffer)) !== null;) {
        this.#heardAtMs = performance.now();
        this.#pinged = false;
        this.saidNothing = false;
        if (this.#closed) break;
        if (this.#ending === undefined) await this.#take(buffer.subarray(0, count));
        // Whoever sends faster than he reads our acknowledgements waits for himself.
        await this.#outbox.room();
        await this.#events.room();
        if (this.#open && buffer.length < readBufferBytes) buffer = new Uint8Array(readBufferBytes);
      }
      if (this.dialect === undefined && this.#first.length > 0) await this.#recognise(true);
      if (this.dialect === "lines" && this.#open) this.#takeWild(this.#wild.flush());
      this.#end(this.dialect === "p2pchat" ? "lost" : "peer-left", undefined);
    } catch {
      this.#end("lost", undefined);
    }
  }

  async #take(bytes: Uint8Array): Promise<void> {
    if (this.#channel !== undefined) return await this.#takeSealed(this.#channel, bytes);
    if (this.#handshake !== undefined) return await this.#takeHandshake(this.#handshake, bytes);
    switch (this.dialect) {
      case undefined: {
        if (this.#openingTimer === undefined) this.#limitOpening();
        this.#first = concat(this.#first, bytes);
        await this.#recognise(false);
        if (this.#first.length > 0 && this.role === "called") {
          this.#after(quietMs, () => this.#recognise(true));
        }
        break;
      }
      case "p2pchat": {
        const items = this.#reader.push(bytes);
        for (const item of items instanceof Promise ? await items : items) {
          this.#takeMessage(item);
        }
        break;
      }
      case "raw":
        this.#takeRaw(this.#decoder.decode(bytes, { stream: true }));
        break;
      case "lines":
        this.#takeWild(this.#wild.push(this.#decoder.decode(bytes, { stream: true })));
        if (this.#wild.pending) this.#after(quietMs, () => this.#takeWild(this.#wild.flush()));
        break;
    }
  }

  /** Tells the dialect from the first bytes, and opens the link where that is possible. */
  async #recognise(timeIsUp: boolean): Promise<void> {
    if (this.dialect !== undefined || this.#closed) return;
    const recognise = this.role === "caller" ? recogniseCalled : recogniseCaller;
    const verdict: Verdict = recognise(this.#first, timeIsUp);
    if (verdict === "undecided") return;
    clearTimeout(this.#timer);
    const first = this.#first;
    this.#first = new Uint8Array(0);
    if (verdict === "p2pchat") return await this.#openWithPeer(first);
    this.dialect = verdict;
    if (verdict === "raw") {
      if (!this.#admitPlaintext()) return;
      this.#opened();
      return this.#takeRaw(this.#decoder.decode(first, { stream: true }));
    }
    this.#endsLines = true;
    const items = this.#wild.push(this.#decoder.decode(first, { stream: true }));
    this.peerId = items.find((item) => item.type === "id")?.id;
    if (!this.#admitPlaintext()) return;
    this.#opened();
    this.#takeWild(items);
    if (this.#wild.pending) this.#after(quietMs, () => this.#takeWild(this.#wild.flush()));
  }

  async #openWithPeer(first: Uint8Array): Promise<void> {
    const end = firstMessageEnd(first);
    const [opening] = await this.#reader.push(first.subarray(0, end));
    if (this.#closed) return;
    if (opening === undefined || isFault(opening)) return this.#refuse(opening ?? notAnOpening);
    const malformed = check(opening, this.role === "caller" ? "called" : "caller");
    if (malformed !== undefined) return this.#refuse(malformed);
    if (opening.verb === "ERROR") {
      return this.#end("broken", saidReason(opening));
    }
    const id = header(opening, "clientID")!;
    if (!isClientId(id)) return this.#refuse(fatalFault(400, "The clientID is not valid"));
    this.peerId = id;
    const host = header(opening, "IP") ?? "";
    const port = parsePort(header(opening, "Port") ?? "");
    if (isIpAddress(host) && port) {
      this.peerAddress = { host: reachableHost(host, this.remote.host), port };
    }
    const offered = header(opening, "Encryption")?.split(/ *, */) ?? [];
    if (offered.includes(encryption)) this.#beginHandshake(first.subarray(0, end));
    else this.#openPlaintext();
    if (!this.#closed && this.#ending === undefined && end < first.length) {
      await this.#take(first.subarray(end));
    }
  }

  /** Opens with a peer of this protocol that does not encrypt. */
  #openPlaintext(): void {
    this.dialect = "p2pchat";
    if (!this.#admitPlaintext()) return;
    if (this.role === "called") this.#send(message("CHATACK", this.#introduction(false)));
    this.#watch();
    this.#opened();
  }

  /** Begins the handshake, once CHAT and CHATACK have offered it. */
  #beginHandshake(opening: Uint8Array): void {
    const { identity } = this.#self;
    if (this.role === "caller") {
      const prologue = concat(this.#chat, opening);
      this.#handshake = new Handshake({ role: "caller", identity, prologue });
      this.#outbox.addBytes(frame(this.#handshake.begin()));
    } else {
      const chatack = encode(message("CHATACK", this.#introduction(true)));
      this.#outbox.add(chatack);
      const prologue = concat(opening, new TextEncoder().encode(chatack));
      this.#handshake = new Handshake({ role: "called", identity, prologue });
    }
  }

  async #takeHandshake(handshake: Handshake, bytes: Uint8Array): Promise<void> {
    for (let at = 0; at < bytes.length;) {
      const messages: Uint8Array[] = [];
      const taken = this.#handshakeFrames.push(bytes.subarray(at), (message) => {
        messages.push(message.slice());
        return false;
      });
      if (taken < 0) return this.#end("broken", notAuthentic);
      at += taken;
      const [message] = messages;
      if (message === undefined) return;
      const step = handshake.take(message);
      if (step === undefined) return this.#end("broken", notAuthentic);
      if ("answer" in step) {
        this.#outbox.addBytes(frame(step.answer));
        continue;
      }
      this.peerKey = step.peerKey;
      if (!await this.#concluded(handshake)) return;
      if (at < bytes.length) await this.#take(bytes.subarray(at));
      return;
    }
  }

  /** Makes the channel, if the peer is to be talked to. @returns Whether it is. */
  async #concluded(handshake: Handshake): Promise<boolean> {
    // The caller does not say who it is to somebody whom it does not want to talk to.
    if (this.role === "caller") {
      if (!await this.#admitKey()) return false;
      this.#outbox.addBytes(frame(handshake.conclude()));
    }
    const channel = new SecureChannel(handshake.split());
    this.handshakeHash = handshake.hash;
    this.#outbox.sealWith((bytes, target) => channel.seal(bytes, target));
    this.#channel = channel;
    if (this.role === "called") {
      if (!await this.#admitKey()) return false;
      // The called side has the first word, so that the caller knows whether it was let in.
      this.#outbox.addBytes(channel.seal(noContent));
      this.#openSealed();
    }
    return true;
  }

  #openSealed(): void {
    this.dialect = "p2pchat";
    this.#watch();
    this.#opened();
  }

  async #takeSealed(channel: SecureChannel, bytes: Uint8Array): Promise<void> {
    const contents = channel.open(bytes);
    if (contents === undefined) return this.#end("broken", notAuthentic);
    for (const content of contents) {
      const items = this.#reader.push(content);
      for (const item of items instanceof Promise ? await items : items) {
        if (this.#closed) return;
        if (!this.#open && !isFault(item) && item.verb === "ERROR") {
          return this.#end("broken", saidReason(item));
        }
        if (!this.#open) this.#openSealed();
        this.#takeMessage(item);
      }
      if (!this.#open && !this.#closed) this.#openSealed();
    }
  }

  #admitPlaintext(): boolean {
    const refusal = this.#events.admitPlaintext(this);
    if (refusal !== undefined) this.#turnAway(refusal);
    return refusal === undefined;
  }

  async #admitKey(): Promise<boolean> {
    const refusal = await this.#events.admitKey(this);
    if (refusal !== undefined) this.#turnAway(refusal);
    return refusal === undefined && !this.#closed;
  }

  /** Says why, where there is a way to, and ends the link. */
  #turnAway({ code, reason, detail }: Refusal): void {
    // In the middle of a handshake there is none.
    if (this.#handshake !== undefined && this.#channel === undefined) {
      return this.#end("refused", detail);
    }
    if (this.dialect === "raw" || this.dialect === "lines") this.#outbox.add(reason + "\r\n");
    else this.#send(message("ERROR", [["Code", String(code)], ["Reason", reason]]));
    this.#endOnceTold("refused", detail);
  }

  #opened(): void {
    clearTimeout(this.#openingTimer);
    this.#open = true;
    this.#events.opened(this);
  }

  #limitOpening(): void {
    this.#openingTimer = setTimeout(
      () => this.#end("silent", "it took too long to open the conversation"),
      this.#times.openingMs,
    );
  }

  #introduction(encrypts: boolean): Header[] {
    const { id, address } = this.#self;
    const headers: Header[] = [
      ["clientID", id],
      ["IP", address.host],
      ["Port", String(address.port)],
      ["Version", protocolVersion],
    ];
    if (encrypts) headers.push(["Encryption", encryption]);
    return headers;
  }

  #takeMessage(item: Message | Fault): void {
    if (this.#closed || this.#ending !== undefined) return;
    if (isFault(item)) return this.#refuse(item);
    const malformed = check(item, "peer");
    if (malformed !== undefined) return this.#refuse(malformed);
    switch (item.verb) {
      case "MSG":
        return this.#takeText(item);
      case "ACK":
        return this.#takeAck(header(item, "Id")!);
      case "PING":
        return this.#send(
          message("PONG", item.headers.filter(([name]) => name.toLowerCase() === "id")),
        );
      case "VERIFY":
        return this.#takeVerify(item);
      case "BYE":
        return this.#end("peer-left", saidReason(item));
      case "ERROR":
        // Whatever we said wrong is ours to find; the conversation goes on as far as it can.
        return;
    }
  }

  #takeText(item: Message): void {
    const text = unescapeText(headerValues(item, "Text").join(""));
    if (typeof text !== "string") return this.#refuse(text);
    this.#events.text(this, text);
    this.#send(message("ACK", [["Id", header(item, "Id")!]]));
  }

  #takeVerify(item: Message): void {
    // In plaintext there is no handshake that words could stand for.
    if (this.handshakeHash === undefined) return;
    // Whoever begins again, once there are words, gets new ones.
    if (header(item, "Commit") !== undefined && this.words) this.#verification = undefined;
    const step = this.#verificationNow().take(item);
    if (isFault(step)) return this.#refuse(step);
    for (const message of step.send) this.#send(message);
    this.#events.verification(this, step);
  }

  #verificationNow(): Verification {
    return this.#verification ??= new Verification({
      role: this.role,
      handshakeHash: this.handshakeHash!,
    });
  }

  #takeAck(id: string): void {
    if (!this.#unacknowledged.delete(id)) return;
    this.#events.delivered(this, id);
    this.#acknowledged?.resolve();
    this.#acknowledged = undefined;
  }

  /** Tells the peer of its fault, and ends the link where it cannot go on. */
  #refuse({ code, reason, fatal }: Fault): void {
    this.#send(message("ERROR", [["Code", String(code)], ["Reason", reason]]));
    if (!fatal && this.#open) return;
    this.#endOnceTold("broken", reason);
  }

  #endOnceTold(reason: CloseReason, detail: string): void {
    this.#ending = { reason, detail };
    this.#outbox.flushed().then(() => this.#end(reason, detail));
  }

  #takeRaw(text: string): void {
    if (text.endsWith("\n")) this.#endsLines = true;
    const message = text.replace(/\r?\n$/, "");
    if (message !== "") this.#events.text(this, message);
  }

  #takeWild(items: ReturnType<WildLines["push"]>): void {
    for (const item of items) {
      if (this.#closed) return;
      if (item.type === "text") this.#events.text(this, item.text);
      else if (item.type === "quit") this.#end("peer-left", undefined);
    }
  }

  /** Finds a dead connection: after silence it pings, and after silence to that it ends the link. */
  #watch(): void {
    const silentMs = performance.now() - this.#heardAtMs;
    const { pingMs, pongMs } = this.#times;
    const allowedMs = this.#pinged ? pingMs + pongMs : pingMs;
    if (silentMs >= allowedMs) {
      if (this.#pinged) return this.#end("silent", "it stopped answering");
      this.#send(message("PING"));
      this.#pinged = true;
      this.#after(pongMs, () => this.#watch());
    } else {
      this.#after(allowedMs - silentMs, () => this.#watch());
    }
  }

  #send(message: Message): void {
    this.#outbox.add(encode(message));
  }

  #after(ms: number, then: () => void): void {
    clearTimeout(this.#timer);
    if (!this.#closed) this.#timer = setTimeout(then, ms);
  }

  #end(reason: CloseReason, detail: string | undefined): void {
    if (this.#closed) return;
    this.#closed = true;
    clearTimeout(this.#timer);
    clearTimeout(this.#openingTimer);
    this.#conn.close();
    this.#acknowledged?.resolve();
    // A peer that goes as soon as it has been told does not change what was wrong with it.
    const ending = this.#ending ?? { reason, detail };
    this.#events.closed(this, ending.reason, ending.detail);
  }
}

/** What a peer gives as its reason, in quotes: it may say anything, and not pass it off as ours. */
function saidReason(message: Message): string | undefined {
  const reason = header(message, "Reason");
  if (reason === undefined || reason === "") return undefined;
  const letters = [...reason];
  return `“${
    letters.length > reasonLetters ? letters.slice(0, reasonLetters).join("") + "…" : reason
  }”`;
}

/** A random 128-bit id, in hexadecimal. */
function newMessageId(): string {
  return crypto.randomUUID().replaceAll("-", "");
}
