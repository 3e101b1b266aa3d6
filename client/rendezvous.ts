/**
 * The control connection to the server: requests out, replies in, in order. It is opened when it is
 * needed and kept; a server that closes it after each reply, as some of the wild do, is as good.
 *
 * @module
 */

import { formatAddress } from "../shared/address.ts";
import { replyTimeoutMs } from "../shared/protocol/limits.ts";
import { encode, header, type Message } from "../shared/protocol/message.ts";
import { MessageReader } from "../shared/protocol/message_reader.ts";
import { type Fault, isFault } from "../shared/protocol/status.ts";
import { check, type VerbName } from "../shared/protocol/verbs.ts";
import { writeAll } from "../shared/write_all.ts";
import { ChatError } from "./chat_error.ts";
import type { ServerConn } from "./dial.ts";
import { dialServer } from "./dial_server.ts";
import { formatServerAddress, type ServerAddress } from "./server_address.ts";

const utf8 = new TextEncoder();
const readBufferBytes = 16 * 1024;

/** The first byte of what TLS says to one who speaks in the clear (RFC 8446 section 5.1). */
const tlsAlert = 21;

/** What the server refused. */
export class ServerRefusal extends ChatError {
  /** @param error An ERROR of the server's. */
  constructor(error: Message) {
    const retryAfterS = wholeNumber(header(error, "Retry-After"));
    super(
      `The server refused: ${header(error, "Reason")} (${header(error, "Code")})` +
        (retryAfterS === undefined ? "" : `; try again in ${retryAfterS} s`),
    );
    this.minExpiresS = wholeNumber(header(error, "Min-Expires"));
    const [nonce, realm] = [header(error, "Nonce"), header(error, "Realm")];
    this.challenge = header(error, "Code") === "401" && nonce !== undefined && realm !== undefined
      ? { nonce, realm }
      : undefined;
  }

  readonly minExpiresS: number | undefined;
  /** What is to be signed before the request is made again. */
  readonly challenge: { readonly nonce: string; readonly realm: string } | undefined;
}

/** Reads a whole number that a server sent, of seconds or of clients; undefined where it is none. */
export function wholeNumber(text: string | undefined): number | undefined {
  return text !== undefined && /^[0-9]{1,7}$/.test(text) ? Number(text) : undefined;
}

/** The client's end of its relation with a server. */
export class Rendezvous {
  /** Where the server listens. */
  readonly server: ServerAddress;
  readonly #signal: AbortSignal;
  #line: Line | undefined;
  #opening: Promise<Line> | undefined;

  /**
   * @param server Where the server listens.
   * @param signal Closes the connection.
   */
  constructor(server: ServerAddress, signal: AbortSignal) {
    this.server = server;
    this.#signal = signal;
    signal.addEventListener("abort", () => this.#line?.close());
  }

  /** Our own address on the connection, while there is one: it tells by which network we reach the server. */
  get localHost(): string | undefined {
    return this.#line?.localHost;
  }

  /**
   * Asks the server.
   *
   * @param expected The verb of the reply.
   * @throws {ServerRefusal} Where the server answers ERROR.
   * @throws {ChatError} Where it cannot be reached, does not answer, or answers something else.
   */
  async request(request: Message, expected: VerbName): Promise<Message> {
    const reused = this.#line?.open === true;
    let line = await this.#open();
    let reply = await line.request(request);
    // A kept connection may have ended while nothing was said on it, as when the server restarted.
    // Asking twice is safe: every request has the same effect however often it is made.
    if (reply === undefined && reused) reply = await (line = await this.#open()).request(request);
    if (line.speaksTls) {
      throw this.#notAServer(`it speaks TLS; name it tls://${formatAddress(this.server)}`);
    }
    if (reply === undefined) {
      throw new ChatError(
        `The server at ${formatServerAddress(this.server)} closed the connection without an ` +
          "answer; try again",
      );
    }
    if (isFault(reply)) throw this.#notAServer(reply.reason);
    if (reply.verb === "ERROR" && check(reply, "server") === undefined) {
      throw new ServerRefusal(reply);
    }
    if (reply.verb !== expected || check(reply, "server") !== undefined) {
      throw this.#notAServer(`it said ${reply.verb} where ${expected} was due`);
    }
    return reply;
  }

  /** Gives the connection up, since what comes next on it cannot be made sense of either. */
  #notAServer(reason: string): ChatError {
    this.#line?.close();
    return new ChatError(
      `What answers at ${formatServerAddress(this.server)} is no server of this kind: ${reason}`,
    );
  }

  /** Connects, if that is still to be done. @throws {ChatError} Where the server cannot be reached. */
  async connect(): Promise<void> {
    await this.#open();
  }

  #open(): Promise<Line> {
    if (this.#line?.open) return Promise.resolve(this.#line);
    this.#opening ??= dialServer(this.server, { signal: this.#signal })
      .then((conn) => this.#line = new Line(conn, this.server))
      .finally(() => this.#opening = undefined);
    return this.#opening;
  }
}

/** One connection to the server. */
class Line {
  readonly #conn: ServerConn;
  readonly #place: string;
  readonly #waiting: PromiseWithResolvers<Message | Fault | undefined>[] = [];
  #open = true;
  /** Whether the other side's first byte is none of this protocol's, but one of TLS. */
  speaksTls = false;

  constructor(conn: ServerConn, server: ServerAddress) {
    this.#conn = conn;
    this.#place = formatServerAddress(server);
    this.#read();
  }

  get open(): boolean {
    return this.#open;
  }

  get localHost(): string {
    return this.#conn.localAddr.hostname;
  }

  /** @returns The reply; undefined where the connection ended first. */
  async request(request: Message): Promise<Message | Fault | undefined> {
    if (!this.#open) return undefined;
    const reply = Promise.withResolvers<Message | Fault | undefined>();
    this.#waiting.push(reply);
    const timer = setTimeout(() => {
      reply.reject(
        new ChatError(
          `The server at ${this.#place} did not answer ${request.verb} within ` +
            `${replyTimeoutMs / 1000} seconds; try again`,
        ),
      );
      // Later replies could not be told from this one.
      this.close();
    }, replyTimeoutMs);
    try {
      // What fails to be written fails to be read as well, and ends the connection there.
      writeAll(this.#conn, utf8.encode(encode(request))).catch(() => this.close());
      return await reply.promise;
    } finally {
      clearTimeout(timer);
    }
  }

  close(): void {
    if (!this.#open) return;
    this.#open = false;
    this.#conn.close();
    for (const reply of this.#waiting.splice(0)) reply.resolve(undefined);
  }

  async #read(): Promise<void> {
    const reader = new MessageReader();
    const buffer = new Uint8Array(readBufferBytes);
    try {
      for (let count; !reader.ended && (count = await this.#conn.read(buffer)) !== null;) {
        this.speaksTls ||= buffer[0] === tlsAlert;
        for (const item of await reader.push(buffer.subarray(0, count))) {
          this.#waiting.shift()?.resolve(item);
        }
      }
    } catch {
      // The connection is lost: the same as its end.
    } finally {
      this.close();
    }
  }
}
