/**
 * One connection to a server.
 *
 * @module
 */

import type { TimerClock } from "../../shared/time/clock.ts";
import { closeQuietly } from "../../shared/net/close_quietly.ts";
import { replyTimeoutMs, serverPingMs, serverPongTimeoutMs } from "../../shared/protocol/limits.ts";
import { encode, header, type Message, message } from "../../shared/protocol/message.ts";
import { MessageReader } from "../../shared/protocol/message_reader.ts";
import { type Fault, isFault } from "../../shared/protocol/status.ts";
import { check } from "../../shared/protocol/verbs.ts";
import { writeAll } from "../../shared/net/write_all.ts";
import { UserError } from "../user_error.ts";
import type { ServerConn } from "../transport/transport.ts";
import { formatServerAddress, type ServerAddress } from "../../shared/net/server_address.ts";

const utf8 = new TextEncoder();
const readBufferBytes = 16 * 1024;

/** The first byte of what TLS says to one who speaks in the clear (RFC 8446 section 5.1). */
const tlsAlert = 21;

/** What a server says unasked. None of it is a reply. */
const pushes: readonly string[] = ["PRESENCE", "MAIL"];

/** What a connection to a server needs. */
export interface ServerConnectionOptions {
  readonly conn: ServerConn;
  readonly server: ServerAddress;
  readonly clock: TimerClock;
  /** Told what the server says unasked. */
  readonly onPush: (message: Message) => void;
}

type Reply = Message | Fault | undefined;

/** One connection to a server, which is read from the beginning. */
export class ServerConnection {
  readonly server: ServerAddress;
  readonly #options: ServerConnectionOptions;
  readonly #place: string;
  /** Those who wait for a reply, in the order of their requests. */
  readonly #waiting: ((reply: Reply) => void)[] = [];
  readonly #lost = new AbortController();
  #writing: Promise<void> = Promise.resolve();
  #open = true;
  #kept = false;
  #problem: string | undefined;
  #answered = false;
  #speaksTls = false;
  // In the clock's milliseconds: when something was last heard, and said; and the PING since which
  // nothing has been heard.
  #heardAtMs: number;
  #saidAtMs: number;
  #pingedAtMs: number | undefined;
  #cancelPing: (() => void) | undefined;

  constructor(options: ServerConnectionOptions) {
    this.#options = options;
    this.server = options.server;
    this.#place = formatServerAddress(options.server);
    this.#heardAtMs = this.#saidAtMs = options.clock.now();
    this.#read();
  }

  get open(): boolean {
    return this.#open;
  }

  /** Whether there has been a reply on it. */
  get answered(): boolean {
    return this.#answered;
  }

  /** Whether the other side's first byte is none of this protocol's, but one of TLS. */
  get speaksTls(): boolean {
    return this.#speaksTls;
  }

  /** Our end of it. */
  get localHost(): string {
    return this.#options.conn.localAddr.hostname;
  }

  /** Aborts when it ends while it is kept, by other than our will; its reason is a sentence for people. */
  get lost(): AbortSignal {
    return this.#lost.signal;
  }

  /**
   * Asks.
   *
   * @param taken Gets the reply at once, before anything behind it is read; undefined where there is none.
   * @returns The reply; undefined where the connection ended first.
   * @throws {UserError} Where there is none in time.
   */
  async request(request: Message, taken: (reply: Reply) => void = () => {}): Promise<Reply> {
    if (!this.#open) return undefined;
    const { promise, resolve, reject } = Promise.withResolvers<Reply>();
    this.#waiting.push((reply) => {
      taken(reply);
      resolve(reply);
    });
    const cancel = this.#options.clock.after(replyTimeoutMs, () => {
      const problem = `The server at ${this.#place} did not answer ${request.verb} within ` +
        `${replyTimeoutMs / 1000} seconds`;
      reject(new UserError(`${problem}; try again`));
      // Later replies could not be told from this one.
      this.close(problem);
    });
    try {
      this.#write(request);
      return await promise;
    } finally {
      cancel();
    }
  }

  /** From now on finds out when the server is not there any more. */
  keep(): void {
    if (this.#kept) return;
    this.#kept = true;
    if (this.#open) this.#watch();
    // It ended with the reply for which it is to be kept.
    else this.#lost.abort(this.#problem);
  }

  /** The opposite of {@linkcode keep}. */
  release(): void {
    this.#kept = false;
    this.#cancelPing?.();
    this.#pingedAtMs = undefined;
  }

  /** Closes it. @param problem Why it is lost, where it is not closed by our own will. */
  close(problem?: string): void {
    if (!this.#open) return;
    this.#open = false;
    this.#problem = problem;
    this.#cancelPing?.();
    closeQuietly(this.#options.conn);
    for (const reply of this.#waiting.splice(0)) reply(undefined);
    if (this.#kept && problem !== undefined) this.#lost.abort(problem);
  }

  /** Says PING after silence, and gives the connection up where nothing comes of it. */
  #watch(): void {
    const { clock } = this.#options;
    const now = clock.now();
    if (this.#pingedAtMs === undefined) {
      // The server, too, has to hear something.
      if (Math.min(this.#heardAtMs, this.#saidAtMs) + serverPingMs <= now) {
        this.#pingedAtMs = now;
        // Whatever is answered, somebody is there.
        this.#waiting.push(() => {});
        this.#write(message("PING"));
      }
    } else if (this.#pingedAtMs + serverPongTimeoutMs <= now) {
      const seconds = serverPongTimeoutMs / 1000;
      return this.close(`The server at ${this.#place} has not answered for ${seconds} seconds`);
    }
    const dueAtMs = this.#pingedAtMs === undefined
      ? Math.min(this.#heardAtMs, this.#saidAtMs) + serverPingMs
      : this.#pingedAtMs + serverPongTimeoutMs;
    this.#cancelPing = clock.after(dueAtMs - now, () => this.#watch());
  }

  #write(request: Message): void {
    this.#saidAtMs = this.#options.clock.now();
    const bytes = utf8.encode(encode(request));
    // Of two that are written at once, each might be cut by the other.
    this.#writing = this.#writing
      .then(() => writeAll(this.#options.conn, bytes))
      .catch(() => this.close(`The connection to the server at ${this.#place} is lost`));
  }

  async #read(): Promise<void> {
    const reader = new MessageReader({ longVerb: "COLLECTACK" });
    const buffer = new Uint8Array(readBufferBytes);
    let isFirst = true;
    for (let count; !reader.ended && (count = await this.#readInto(buffer)) > 0;) {
      this.#heardAtMs = this.#options.clock.now();
      this.#pingedAtMs = undefined;
      if (isFirst) this.#speaksTls = buffer[0] === tlsAlert;
      isFirst = false;
      for (const item of await reader.push(buffer.subarray(0, count))) this.#take(item);
    }
    const how = reader.ended ? "said what cannot be read" : "closed the connection";
    this.close(`The server at ${this.#place} ${how}`);
  }

  /** @returns How many bytes came; 0 where no more do. */
  async #readInto(buffer: Uint8Array): Promise<number> {
    if (!this.#open) return 0;
    try {
      return await this.#options.conn.read(buffer) ?? 0;
    } catch {
      this.close(`The connection to the server at ${this.#place} is lost`);
      return 0;
    }
  }

  #take(item: Message | Fault): void {
    if (!this.#open) return;
    if (!isFault(item) && pushes.includes(item.verb)) {
      if (check(item, "server") === undefined) this.#options.onPush(item);
      return;
    }
    const reply = this.#waiting.shift();
    if (reply === undefined) {
      const said = isFault(item) ? item.reason : header(item, "Reason") ?? item.verb;
      return this.close(`The server at ${this.#place} ended the connection: ${said}`);
    }
    this.#answered = true;
    reply(item);
  }
}
