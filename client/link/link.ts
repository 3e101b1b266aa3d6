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
import {
  chatackTimeoutMs,
  linkPingMs,
  linkPongTimeoutMs,
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
import { fatalFault, type Fault, isFault } from "../../shared/protocol/status.ts";
import { textHeaders, unescapeText } from "../../shared/protocol/text.ts";
import { check, protocolVersion } from "../../shared/protocol/verbs.ts";
import { ChatError } from "../chat_error.ts";
import type { CloseReason, Dialect } from "../events.ts";
import { Outbox } from "./outbox.ts";
import { recogniseCalled, recogniseCaller, type Verdict } from "./recognise.ts";
import { WildLines } from "./wild_lines.ts";

/** Who one is, as a peer is told. */
export interface Self {
  readonly id: string;
  readonly address: Address;
}

/** What a link tells its owner. */
export interface LinkEvents {
  /** The dialect is known and, where the peer says it, who it is. Texts may be sent. */
  opened(link: Link): void;
  /** A text has come. */
  text(link: Link, text: string): void;
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
  readonly times?: LinkTimes;
}

/** How long a link waits, in milliseconds. */
export interface LinkTimes {
  readonly chatackMs: number;
  readonly pingMs: number;
  readonly pongMs: number;
}

const usualTimes: LinkTimes = {
  chatackMs: chatackTimeoutMs,
  pingMs: linkPingMs,
  pongMs: linkPongTimeoutMs,
};

const notAnOpening = fatalFault(400, "A conversation begins with CHAT and CHATACK");

/** How long the rest of a line, or of an opening, may take before what has come is taken for all. */
const quietMs = 500;
/** How long leaving waits for what was just sent to be confirmed, and for the goodbye to be taken. */
const leaveMs = 1_000;
const readBufferBytes = 16 * 1024;

/** One connection with one peer. */
export class Link {
  readonly role: "caller" | "called";
  /** The address of the other end of the connection. Where we were called, its port is a passing one. */
  readonly remote: Address;
  /** Undefined until the link is open. */
  dialect: Dialect | undefined;
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
  #acknowledged: PromiseWithResolvers<void> | undefined;
  #first = new Uint8Array(0);
  #closed = false;
  /** Whether the peer was told of a fault after which nothing more is taken from it. */
  #refused = false;
  #sendingRaw: Promise<void> = Promise.resolve();
  #timer: ReturnType<typeof setTimeout> | undefined;
  #heardAtMs = performance.now();
  #pinged = false;
  /** Whether a peer of the wild ends its texts with a line end, and so may wait for one in ours. */
  #endsLines = false;

  constructor({ conn, role, self, events, times = usualTimes }: LinkOptions) {
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
    if (role === "caller") {
      this.#send(message("CHAT", this.#introduction()));
      this.#after(times.chatackMs, () => this.#recognise(true));
    }
    this.ended = this.#run();
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
    if (this.dialect === undefined || this.#closed) throw new ChatError("The link is not open");
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

  /** Says goodbye and closes. */
  async leave(): Promise<void> {
    if (this.#closed) return;
    if (this.#unacknowledged.size > 0) await within(leaveMs, this.allDelivered());
    if (this.#closed) return;
    if (this.dialect === "p2pchat") this.#send(message("BYE"));
    else if (this.dialect === "lines") this.#outbox.add("QUIT\r\n\r\n");
    await within(leaveMs, this.#outbox.flushed());
    this.#end("you-left", undefined);
  }

  async #run(): Promise<void> {
    const buffer = new Uint8Array(readBufferBytes);
    try {
      for (let count; (count = await this.#conn.read(buffer)) !== null;) {
        this.#heardAtMs = performance.now();
        this.#pinged = false;
        if (!this.#refused) await this.#take(buffer.subarray(0, count));
        // Whoever sends faster than he reads our acknowledgements waits for himself.
        await this.#outbox.room();
        await this.#events.room();
      }
      if (!this.#refused && this.dialect === undefined && this.#first.length > 0) {
        await this.#recognise(true);
      }
      if (this.dialect === "lines") this.#takeWild(this.#wild.flush());
      this.#end(this.dialect === "p2pchat" ? "lost" : "peer-left", undefined);
    } catch {
      this.#end("lost", undefined);
    }
  }

  async #take(bytes: Uint8Array): Promise<void> {
    switch (this.dialect) {
      case undefined: {
        const first = new Uint8Array(this.#first.length + bytes.length);
        first.set(this.#first);
        first.set(bytes, this.#first.length);
        this.#first = first;
        await this.#recognise(false);
        if (this.dialect === undefined && this.role === "called") {
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
      this.#events.opened(this);
      return this.#takeRaw(this.#decoder.decode(first, { stream: true }));
    }
    this.#endsLines = true;
    const items = this.#wild.push(this.#decoder.decode(first, { stream: true }));
    this.peerId = items.find((item) => item.type === "id")?.id;
    this.#events.opened(this);
    this.#takeWild(items);
    if (this.#wild.pending) this.#after(quietMs, () => this.#takeWild(this.#wild.flush()));
  }

  async #openWithPeer(first: Uint8Array): Promise<void> {
    // What was recognised holds the whole opening.
    const [opening, ...others] = await this.#reader.push(first);
    if (this.#closed) return;
    if (opening === undefined || isFault(opening)) return this.#refuse(opening ?? notAnOpening);
    const malformed = check(opening, this.role === "caller" ? "called" : "caller");
    if (malformed !== undefined) return this.#refuse(malformed);
    if (opening.verb === "ERROR") {
      return this.#end("broken", header(opening, "Reason") ?? "it refused");
    }
    const id = header(opening, "clientID")!;
    if (!isClientId(id)) return this.#refuse(fatalFault(400, "The clientID is not valid"));
    this.peerId = id;
    const host = header(opening, "IP") ?? "";
    const port = parsePort(header(opening, "Port") ?? "");
    if (isIpAddress(host) && port) {
      this.peerAddress = { host: reachableHost(host, this.remote.host), port };
    }
    this.dialect = "p2pchat";
    if (this.role === "called") this.#send(message("CHATACK", this.#introduction()));
    this.#watch();
    this.#events.opened(this);
    for (const item of others) this.#takeMessage(item);
  }

  #introduction(): Header[] {
    const { id, address } = this.#self;
    return [
      ["clientID", id],
      ["IP", address.host],
      ["Port", String(address.port)],
      ["Version", protocolVersion],
    ];
  }

  #takeMessage(item: Message | Fault): void {
    if (this.#closed) return;
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
      case "BYE":
        return this.#end("peer-left", header(item, "Reason"));
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

  #takeAck(id: string): void {
    if (!this.#unacknowledged.delete(id)) return;
    this.#events.delivered(this, id);
    this.#acknowledged?.resolve();
    this.#acknowledged = undefined;
  }

  /** Tells the peer of its fault, and ends the link where it cannot go on. */
  #refuse({ code, reason, fatal }: Fault): void {
    this.#send(message("ERROR", [["Code", String(code)], ["Reason", reason]]));
    if (!fatal && this.dialect !== undefined) return;
    this.#refused = true;
    this.#outbox.flushed().then(() => this.#end("broken", reason));
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
    this.#conn.close();
    this.#acknowledged?.resolve();
    this.#events.closed(this, reason, detail);
  }
}

/** A random 128-bit id, in hexadecimal. */
function newMessageId(): string {
  return crypto.randomUUID().replaceAll("-", "");
}
