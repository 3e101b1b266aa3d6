/**
 * One connection of a server: messages in, replies out, in order, and between them what its client is told
 * unasked.
 *
 * @module
 */

import type { Clock } from "../../shared/time/clock.ts";
import { errorMessage } from "../../shared/errors/error_message.ts";
import type { Log } from "../../shared/process/log.ts";
import { messageBytesMax } from "../../shared/protocol/limits.ts";
import { encode, encodeInto, header, type Message } from "../../shared/protocol/message.ts";
import { MessageReader } from "../../shared/protocol/message_reader.ts";
import { fatalFault, type Fault, fault, isFault } from "../../shared/protocol/status.ts";
import { writeAll } from "../../shared/net/write_all.ts";
import { Challenge } from "../handlers/challenge.ts";
import type { Deadlines } from "../limits/deadlines.ts";
import { answer, type Caller, type Context, errorOf } from "../handlers/handlers.ts";
import type { AuthenticatedClient, Subscription } from "../presence/presence.ts";
import { ReusedBuffer } from "./reused_buffer.ts";

/** What a session needs of a connection; one of TCP is one. */
export interface Connection {
  /** @returns How many bytes came; null at the end. */
  read(into: Uint8Array): Promise<number | null>;
  /** @returns How many bytes were taken. */
  write(bytes: Uint8Array): Promise<number>;
  /** Tells the client that this is all. */
  closeWrite(): Promise<void>;
  /** Lets small writes go out at once. */
  setNoDelay(noDelay?: boolean): void;
  /** Closes it at once; what waits for it is rejected. */
  close(): void;
}

/** What the sessions of a server share. */
export interface SessionOptions {
  readonly clock: Clock;
  readonly log: Log;
  /** Holds sessions that wait for the rest of a message. */
  readonly arriving: Deadlines<Session>;
}

/** Bytes that an idle connection's buffer has: enough for the requests of nearly everyone. */
const idleBufferBytes = 512;

/** After a fatal fault: bytes that are still read, so that the ERROR is not lost to a reset. */
const lingerBytesMax = 256 * 1024;

const utf8 = new TextEncoder();

// Buffers for short replies, which take turns: making one costs as much as parsing a request.
const spareBytes = 4096;
const sparesMax = 256;
const spares: ReusedBuffer[] = [];

/** One connection. */
export class Session implements Caller {
  readonly #conn: Connection;
  readonly #context: Context;
  readonly #options: SessionOptions;
  #reader = new MessageReader();
  #readsMail = false;
  #closed = false;
  /** Whether requests are being answered, so that nothing else may be said. */
  #answering = false;
  /** The telling of news that is under way. */
  #pushing: Promise<void> | undefined;
  /** Whether there may be news that could not be told yet. */
  #owesNews = false;
  readonly observedHost: string;
  readonly challenge: Challenge;
  proven: AuthenticatedClient | undefined;
  attendance: Subscription | undefined;
  /** When something was last heard, in the clock's milliseconds. */
  heardAtMs: number;
  /** Since when a reply waits for its reader; where none does, a time that never passes. */
  writingSinceMs = Infinity;

  constructor(
    conn: Connection,
    observedHost: string,
    context: Context,
    options: SessionOptions,
  ) {
    this.#conn = conn;
    this.observedHost = observedHost;
    this.#context = context;
    this.#options = options;
    this.challenge = new Challenge(options.clock);
    this.heardAtMs = options.clock.now();
  }

  /** Serves the connection until it ends, by whichever side, and closes it. Never throws. */
  async run(): Promise<void> {
    try {
      await this.#serve();
    } catch (error) {
      // A connection can break in any operation; that is the end of this one and of nothing else.
      if (!this.#closed && this.#options.log.debugs) {
        this.#options.log.debug("connection broke", {
          host: this.observedHost,
          error: errorMessage(error),
        });
      }
    } finally {
      this.close();
    }
  }

  /** Closes the connection at once. */
  close(): void {
    if (this.#closed) return;
    this.#closed = true;
    this.#options.arriving.stop(this);
    if (this.attendance !== undefined) this.#context.presence.leave(this.attendance);
    this.#conn.close();
  }

  /** Tells the client what it does not know yet, as soon as nothing else is being said. */
  push(): void {
    if (this.#answering || this.#pushing !== undefined) {
      this.#owesNews = true;
    } else if (!this.#closed && this.attendance !== undefined) {
      const news = this.#context.presence.news(this.attendance);
      if (news.length > 0) this.#pushing = this.#tell(news);
    }
  }

  async #tell(news: readonly Message[]): Promise<void> {
    try {
      // It must not wait until the client has acknowledged a reply (RFC 896).
      this.#conn.setNoDelay(true);
      this.writingSinceMs = this.#options.clock.now();
      await writeAll(this.#conn, utf8.encode(news.map(encode).join("")));
      this.writingSinceMs = Infinity;
    } catch {
      // It is gone, which whoever reads finds out as well.
      this.close();
    }
    this.#pushing = undefined;
    this.#pushOwed();
  }

  #pushOwed(): void {
    if (!this.#owesNews || this.#answering) return;
    this.#owesNews = false;
    this.push();
  }

  /** Tells the client that its message took too long, and closes the connection. */
  async closeLate(): Promise<void> {
    // In the midst of another message it would not be understood.
    if (this.#pushing !== undefined) return this.close();
    try {
      const late = errorOf(fatalFault(408, "The message took too long to arrive"));
      // Whatever does not fit into the socket's buffer is not worth waiting for.
      const sent = this.#conn.write(utf8.encode(encode(late)));
      await Promise.race([sent, this.#conn.closeWrite()]);
    } catch {
      // It is gone already.
    } finally {
      this.close();
    }
  }

  async #serve(): Promise<void> {
    const { clock, arriving } = this.#options;
    let buffer = new ReusedBuffer(idleBufferBytes);
    for (;;) {
      const count = await this.#conn.read(buffer.bytes);
      if (count === null) return;
      const now = this.heardAtMs = clock.now();
      const wasPending = this.#reader.pending;
      let items = this.#reader.push(buffer.first(count));
      if (items instanceof Promise) items = await items;
      // The second of two writes must not wait until the first has been acknowledged (RFC 896).
      if (items.length > 1) this.#conn.setNoDelay(true);
      if (this.#reader.pending) {
        // The deadline is of the whole message: it does not move with each byte.
        if (!wasPending || items.length > 0) arriving.start(this, now);
      } else if (wasPending) {
        arriving.stop(this);
      }
      this.#answering = true;
      // Replies go out in order and in as few writes as may be. But a read may hold thousands of
      // requests whose replies are a thousand times as long: they are not all made at once.
      for (let i = 0; i < items.length && !this.#closed;) {
        const spare = spares.pop() ?? new ReusedBuffer(spareBytes);
        let end = 0;
        let long: Uint8Array<ArrayBuffer> | undefined;
        while (i < items.length && long === undefined) {
          const reply = this.#answer(items[i++]!);
          if (reply instanceof Promise) {
            const replies = this.#answerWith(reply, items, i);
            i += replies.length - 1;
            long = utf8.encode((await Promise.all(replies)).map(encode).join(""));
            continue;
          }
          const next = encodeInto(reply, spare.bytes, end);
          if (next < 0) long = utf8.encode(encode(reply));
          else end = next;
        }
        if (this.#pushing !== undefined) await this.#pushing;
        // Who does not read is not read from, and in the end closed.
        this.writingSinceMs = clock.now();
        if (end > 0) {
          const written = await this.#conn.write(spare.first(end));
          if (written < end) await writeAll(this.#conn, spare.bytes.subarray(written, end));
        }
        if (long !== undefined) await writeAll(this.#conn, long);
        this.writingSinceMs = Infinity;
        if (spares.length < sparesMax) spares.push(spare);
      }
      if (this.#reader.ended) return await this.#linger();
      this.#answering = false;
      if (this.#owesNews) this.#pushOwed();
      if (this.proven !== undefined && !this.#readsMail && !this.#reader.pending) {
        this.#readsMail = true;
        this.#reader = new MessageReader({ longVerb: "DEPOSIT" });
      }
      const { length } = buffer.bytes;
      if (count === length) {
        if (length < messageBytesMax) buffer = new ReusedBuffer(messageBytesMax);
      } else if (length > idleBufferBytes && !this.#reader.pending) {
        buffer = new ReusedBuffer(idleBufferBytes);
      }
    }
  }

  /**
   * Answers the requests behind one that takes its time, as long as they do so too: what is to be written
   * to the disk is written at once.
   */
  #answerWith(
    first: Promise<Message>,
    items: readonly (Message | Fault)[],
    from: number,
  ): (Message | Promise<Message>)[] {
    const replies: (Message | Promise<Message>)[] = [first];
    for (let i = from; i < items.length && replies.at(-1) instanceof Promise; i++) {
      replies.push(this.#answer(items[i]!));
    }
    return replies;
  }

  #answer(request: Message | Fault): Message | Promise<Message> {
    if (isFault(request)) return errorOf(request);
    let reply: Message | Promise<Message>;
    try {
      reply = answer(request, this.#context, this);
    } catch (error) {
      // Ours, and a defect: said in the log in full, to the client in a word.
      this.#options.log.error("a handler failed", { verb: request.verb, error: String(error) });
      reply = errorOf(fault(500, "The server failed to answer; its log says more"));
    }
    if (this.#options.log.debugs) this.#logAnswered(request, reply);
    return reply;
  }

  async #logAnswered(request: Message, answered: Message | Promise<Message>): Promise<void> {
    const reply = await answered;
    this.#options.log.debug("request", {
      host: this.observedHost,
      verb: request.verb,
      clientID: header(request, "clientID") ?? "",
      reply: header(reply, "Code") ?? reply.verb,
    });
  }

  /** Reads on for a moment: closing with bytes unread would reset the connection and lose the reply. */
  async #linger(): Promise<void> {
    this.writingSinceMs = this.heardAtMs;
    await this.#conn.closeWrite();
    const buffer = new Uint8Array(messageBytesMax);
    for (let total = 0; total < lingerBytesMax;) {
      total += await this.#conn.read(buffer) ?? lingerBytesMax;
    }
  }
}
