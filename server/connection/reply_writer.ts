/**
 * From the messages for a client to the bytes of its connection.
 *
 * @module
 */

import { writeAll } from "../../shared/net/write_all.ts";
import { encode, encodeInto, type Message } from "../../shared/protocol/message.ts";
import type { Clock } from "../../shared/time/clock.ts";
import { ReusedBuffer } from "./reused_buffer.ts";
import type { Connection } from "./socket.ts";

/** A reply; a promise of it is never rejected. */
export type Reply = Message | Promise<Message>;

// Buffers for short replies, which all connections share: making one costs as much as parsing a request.
const spareBytes = 4096;
const sparesMax = 256;
const spares: ReusedBuffer[] = [];

const utf8 = new TextEncoder();

/** Told how much memory is taken by what has not been read, and is free again. */
interface Holder {
  hold(bytes: number): void;
}

/** Writes to one connection. */
export class ReplyWriter {
  readonly #conn: Connection;
  readonly #clock: Clock;
  readonly #holder: Holder;
  /** Short replies that have not been written, and where they end. */
  #short: ReusedBuffer | undefined;
  #end = 0;
  /** What comes after them: a long one, and those that take their time. */
  #others: Reply[] | undefined;
  #writesAtOnce = false;
  /** The news that is being written. */
  #telling: Promise<void> | undefined;
  /** Since when a write waits for its reader; a time that never passes if none does. */
  writingSinceMs = Infinity;

  constructor(conn: Connection, clock: Clock, holder: Holder) {
    this.#conn = conn;
    this.#clock = clock;
    this.#holder = holder;
  }

  /**
   * Adds a reply to those that {@linkcode flush} writes.
   *
   * @returns Whether they have to be written before the next request is answered.
   */
  add(reply: Reply): boolean {
    if (this.#others !== undefined) {
      this.#others.push(reply);
      return !(reply instanceof Promise);
    }
    if (reply instanceof Promise) {
      // What has to be on the disk first is written there at once for all that come together.
      this.#others = [reply];
      return false;
    }
    const short = this.#short ??= spares.pop() ?? new ReusedBuffer(spareBytes);
    const end = encodeInto(reply, short.bytes, this.#end);
    if (end >= 0) {
      this.#end = end;
      return false;
    }
    this.#others = [reply];
    return true;
  }

  /**
   * Writes the replies that have been added, in order and in as few writes as possible, behind the news that is
   * being written.
   *
   * @throws {Error} If the connection breaks.
   */
  async flush(): Promise<void> {
    const [short, end, others] = [this.#short, this.#end, this.#others];
    if (short === undefined && others === undefined) return;
    this.#short = undefined;
    this.#end = 0;
    this.#others = undefined;
    const long = others && encodeAll(await Promise.all(others));
    if (this.#telling !== undefined) await this.#telling;
    // A client that does not read is not read from, and is closed in the end.
    this.writingSinceMs = this.#clock.now();
    const held = (short === undefined ? 0 : spareBytes) + (long === undefined ? 0 : long.length);
    this.#holder.hold(held);
    if (end > 0) {
      const written = await this.#conn.write(short!.first(end));
      if (written < end) await writeAll(this.#conn, short!.bytes.subarray(written, end));
    }
    if (long !== undefined) await writeAll(this.#conn, long);
    this.#holder.hold(-held);
    this.writingSinceMs = Infinity;
    if (short !== undefined && spares.length < sparesMax) spares.push(short);
  }

  /**
   * Begins to write what {@linkcode flush} would, if it is nothing but short replies.
   *
   * @returns What has to be written before {@linkcode endShort} is called; undefined if it is more than that, or
   * nothing.
   */
  beginShort(): Uint8Array<ArrayBuffer> | undefined {
    if (this.#others !== undefined || this.#telling !== undefined || this.#end === 0) {
      return undefined;
    }
    this.writingSinceMs = this.#clock.now();
    this.#holder.hold(spareBytes);
    return this.#short!.first(this.#end);
  }

  /** Short replies have been written. */
  endShort(): void {
    this.#end = 0;
    this.#holder.hold(-spareBytes);
    this.writingSinceMs = Infinity;
    if (spares.length < sparesMax) spares.push(this.#short!);
    this.#short = undefined;
  }

  /** Sends small writes at once from now on, as there will be several without an answer in between. */
  writeAtOnce(): void {
    if (this.#writesAtOnce) return;
    this.#writesAtOnce = true;
    this.#conn.setNoDelay(true);
  }

  /**
   * Writes news, which must not be done while replies are written.
   *
   * @returns Done when it is written. Rejected if the connection breaks.
   */
  tell(news: readonly Message[]): Promise<void> {
    return this.#telling = this.#writeNews(news);
  }

  /** Writes as much of a last message as the socket takes at once, and ends the connection's output. */
  async end(last: Message): Promise<void> {
    const sent = this.#conn.write(encodeAll([last]));
    await Promise.race([sent, this.#conn.closeWrite()]);
  }

  async #writeNews(news: readonly Message[]): Promise<void> {
    // News must not wait until the client has acknowledged a reply.
    this.writeAtOnce();
    this.writingSinceMs = this.#clock.now();
    const bytes = encodeAll(news);
    this.#holder.hold(bytes.length);
    await writeAll(this.#conn, bytes);
    this.#holder.hold(-bytes.length);
    this.writingSinceMs = Infinity;
    this.#telling = undefined;
  }
}

function encodeAll(messages: readonly Message[]): Uint8Array<ArrayBuffer> {
  return utf8.encode(messages.map(encode).join(""));
}
