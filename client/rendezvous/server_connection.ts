/**
 * One connection to a server: requests go out, replies come back in the same order, and between them what
 * the server says unasked.
 *
 * @module
 */

import type { TimerClock } from "../../shared/time/clock.ts";
import { Heartbeat } from "../../shared/time/heartbeat.ts";
import { plainHost } from "../../shared/net/address.ts";
import { closeQuietly } from "../../shared/net/close_quietly.ts";
import { replyTimeoutMs, serverPingMs, serverPongTimeoutMs } from "../../shared/protocol/limits.ts";
import { encode, header, type Message, message } from "../../shared/protocol/message.ts";
import { MessageReader } from "../../shared/protocol/message_reader.ts";
import { type Fault, isFault } from "../../shared/protocol/status.ts";
import { check, type VerbName } from "../../shared/protocol/verbs.ts";
import { writeAll } from "../../shared/net/write_all.ts";
import { type Problem, UserError } from "../user_error.ts";
import type { ServerConn } from "../transport/transport.ts";
import { formatServerAddress, type ServerAddress } from "../../shared/net/server_address.ts";
import { type ConnectionState, type ConnectionStep, nextState } from "./connection_state.ts";
import { expectReply, isReply, type Reply } from "./reply.ts";

const utf8 = new TextEncoder();
const readBufferBytes = 16 * 1024;

/** The first byte that TLS answers to a client that does not encrypt (RFC 8446 section 5.1). */
const tlsAlert = 21;

/** What a server says unasked. None of it is a reply. */
const pushes: readonly string[] = ["PRESENCE", "MAIL", "DISPLACED", "RELAYED"];

/** What a connection to a server needs. */
export interface ServerConnectionOptions {
  readonly conn: ServerConn;
  readonly server: ServerAddress;
  readonly clock: TimerClock;
  /** Told, at once and in order, what the server says unasked. */
  readonly onPush: (message: Message) => void;
}

/** How long a server has to answer if there is reason to doubt that it is there, in milliseconds. */
const checkedMs = 2_500;

/** One connection to a server, which is read from the beginning. */
export class ServerConnection {
  readonly server: ServerAddress;
  readonly #options: ServerConnectionOptions;
  readonly #place: string;
  #state: ConnectionState = "open";
  /** Why it ended, if not by our own will. */
  #problem: Problem | undefined;
  readonly #lost = new AbortController();
  /** Those who wait for a reply, in the order of their requests. */
  readonly #waiting: ((reply: Reply) => void)[] = [];
  #writing: Promise<void> = Promise.resolve();
  #asked = false;
  #answered = false;
  #speaksTls = false;
  /** Runs while the client is registered. The server, too, has to hear something in time. */
  readonly #heartbeat: Heartbeat;

  constructor(options: ServerConnectionOptions) {
    this.#options = options;
    this.server = options.server;
    this.#place = formatServerAddress(options.server);
    this.#heartbeat = new Heartbeat({
      clock: options.clock,
      pingMs: serverPingMs,
      pongMs: serverPongTimeoutMs,
      ping: () => this.#ping(),
      lost: () => {
        const seconds = serverPongTimeoutMs / 1000;
        this.close({ code: "server-silent", server: this.#place, seconds });
      },
    });
    this.#read();
  }

  /** Whether requests can be made. */
  get isOpen(): boolean {
    return this.#state === "open" || this.#state === "registered";
  }

  /** Whether anything has been asked on it. */
  get asked(): boolean {
    return this.#asked;
  }

  /** Whether there has been a reply on it. */
  get answered(): boolean {
    return this.#answered;
  }

  /** Whether it was closed because this machine has left its network. */
  get hasLeft(): boolean {
    return this.#problem?.code === "server-network-left";
  }

  /** Our own address on it. */
  get localHost(): string {
    return this.#options.conn.localAddr.hostname;
  }

  /** Our own port on it; undefined if that is not known. */
  get localPort(): number | undefined {
    return this.#options.conn.localAddr.port;
  }

  /** The server's address on it, an IP address: a name may stand for several. */
  get remoteHost(): string {
    return plainHost(this.#options.conn.remoteAddr.hostname);
  }

  /** Aborts when it is lost; the reason is a {@linkcode Problem}. */
  get lost(): AbortSignal {
    return this.#lost.signal;
  }

  /**
   * Asks the server.
   *
   * @param expected The verb of the reply.
   * @param taken Gets the reply at once, before anything that the server says behind it.
   * @throws {ServerRefusal} If the server answers ERROR.
   * @throws {UserError} If the connection is lost, or the answer is something else or does not come in time.
   */
  async request(
    request: Message,
    expected: VerbName,
    taken: (reply: Message) => void = () => {},
  ): Promise<Message> {
    const reply = await this.exchange(request, (item) => {
      if (isReply(item, expected)) taken(item);
    });
    return this.expect(reply, expected);
  }

  /**
   * Sends a request and waits for whatever comes in reply.
   *
   * @param taken Gets the reply at once, before anything behind it is read.
   * @returns Undefined if the connection ended first.
   * @throws {UserError} If nothing comes in time.
   */
  async exchange(request: Message, taken: (reply: Reply) => void = () => {}): Promise<Reply> {
    if (!this.isOpen) return undefined;
    this.#asked = true;
    const { promise, resolve, reject } = Promise.withResolvers<Reply>();
    this.#waiting.push((reply) => {
      taken(reply);
      resolve(reply);
    });
    const cancel = this.#options.clock.after(replyTimeoutMs, () => {
      const [server, seconds] = [this.#place, replyTimeoutMs / 1000];
      reject(new UserError({ code: "server-no-reply", server, verb: request.verb, seconds }));
      // Later replies could not be distinguished from this one.
      this.close({ code: "server-silent", server, seconds });
    });
    try {
      this.#write(request);
      return await promise;
    } finally {
      cancel();
    }
  }

  /**
   * Gives a reply back if it is the one that is due.
   *
   * @throws {ServerRefusal} If it is an ERROR.
   * @throws {UserError} If it is anything else.
   */
  expect(reply: Reply, expected: VerbName): Message {
    try {
      return expectReply(reply, expected, { server: this.server, speaksTls: this.#speaksTls });
    } catch (error) {
      // What comes next on it cannot be made sense of either.
      if (error instanceof UserError && error.code === "not-a-server") this.close(error.problem);
      throw error;
    }
  }

  /** The server has registered the client on it: from now on it is found out when the server is gone. */
  register(): void {
    const before = this.#state;
    this.#step("register");
    if (before === "open") this.#heartbeat.start();
    this.#tellLoss();
  }

  /** The opposite of {@linkcode register}. */
  release(): void {
    this.#step("release");
    this.#heartbeat.stop();
  }

  /** Closes it. @param problem Why it is lost; undefined if that is our own will. */
  close(problem?: Problem): void {
    if (!this.isOpen) return;
    this.#problem = problem;
    this.#step(problem === undefined ? "close" : "fail");
    this.#heartbeat.stop();
    closeQuietly(this.#options.conn);
    for (const reply of this.#waiting.splice(0)) reply(undefined);
    this.#tellLoss();
  }

  /** Closes it if it goes out from one of the addresses that this machine has no more. */
  leave(gone: ReadonlySet<string>): void {
    if (!gone.has(plainHost(this.localHost))) return;
    this.close({ code: "server-network-left", server: this.#place });
  }

  /** Finds out soon whether the server still knows of it, as there is reason to doubt. If not, it is lost. */
  check(): void {
    if (!this.isOpen) return;
    const problem: Problem = {
      code: "server-silent",
      server: this.#place,
      seconds: checkedMs / 1000,
    };
    this.#ping(this.#options.clock.after(checkedMs, () => this.close(problem)));
  }

  #step(step: ConnectionStep): void {
    this.#state = nextState(this.#state, step);
  }

  #tellLoss(): void {
    if (this.#state === "lost") this.#lost.abort(this.#problem);
  }

  #ping(answered = () => {}): void {
    // Any answer will do: it shows that the server is there.
    this.#waiting.push(answered);
    this.#write(message("PING"));
  }

  #write(request: Message): void {
    this.#heartbeat.said();
    const bytes = utf8.encode(encode(request));
    // Two messages that are written at once could be mixed up.
    this.#writing = this.#writing
      .then(() => writeAll(this.#options.conn, bytes))
      .catch(() => this.close({ code: "server-connection-broken", server: this.#place }));
  }

  async #read(): Promise<void> {
    const reader = new MessageReader({ longVerb: "COLLECTACK", listVerb: "INFOACK" });
    const buffer = new Uint8Array(readBufferBytes);
    let isFirst = true;
    for (let count; !reader.ended && (count = await this.#readInto(buffer)) > 0;) {
      this.#heartbeat.heard();
      if (isFirst) this.#speaksTls = buffer[0] === tlsAlert;
      isFirst = false;
      for (const item of reader.messages(buffer.subarray(0, count))) this.#take(item);
    }
    const code = reader.ended ? "server-unreadable" : "server-closed";
    this.close({ code, server: this.#place });
  }

  /** @returns How many bytes came; 0 if no more do. */
  async #readInto(buffer: Uint8Array): Promise<number> {
    if (!this.isOpen) return 0;
    try {
      return await this.#options.conn.read(buffer) ?? 0;
    } catch {
      this.close({ code: "server-connection-broken", server: this.#place });
      return 0;
    }
  }

  #take(item: Message | Fault): void {
    if (!this.isOpen) return;
    if (!isFault(item) && pushes.includes(item.verb)) {
      if (check(item, "server") === undefined) this.#options.onPush(item);
      return;
    }
    const reply = this.#waiting.shift();
    if (reply === undefined) {
      const said = isFault(item) ? item.reason : header(item, "Reason") ?? item.verb;
      return this.close({ code: "server-said", server: this.#place, said });
    }
    this.#answered = true;
    reply(item);
  }
}
