/**
 * From the messages for a client to the bytes of its connection.
 *
 * @module
 */

import { writeAll } from "../../shared/net/write_all.ts";
import { encode, encodeInto, type Message } from "../../shared/protocol/message.ts";
import type { Clock } from "../../shared/time/clock.ts";
import type { Request } from "./request_reader.ts";
import { ReusedBuffer } from "./reused_buffer.ts";
import type { Connection } from "./socket.ts";

/** A reply; a promise of it is never rejected. */
export type Reply = Message | Promise<Message>;

/** Who answers the requests of a connection. */
export interface Answerer {
  answer(request: Request): Reply;
}

// Buffers for short replies, which all connections share: making one costs as much as parsing a request.
const spareBytes = 4096;
const sparesMax = 256;
const spares: ReusedBuffer[] = [];

const utf8 = new TextEncoder();

/** Writes to one connection. */
export class ReplyWriter {
  readonly #conn: Connection;
  readonly #clock: Clock;
  /** The news that is being written. */
  #telling: Promise<void> | undefined;
  #stopped = false;
  /** Since when a write waits for its reader; a time that never passes if none does. */
  writingSinceMs = Infinity;

  constructor(conn: Connection, clock: Clock) {
    this.#conn = conn;
    this.#clock = clock;
  }

  /**
   * Writes the replies to requests, in order and in as few writes as possible, behind the news that is being
   * written. One read may hold thousands of requests whose replies are a thousand times as long, so a request is
   * answered only when there is room for its reply.
   *
   * @throws {Error} If the connection breaks.
   */
  async write(requests: readonly Request[], answerer: Answerer): Promise<void> {
    for (let i = 0; i < requests.length && !this.#stopped;) {
      const spare = spares.pop() ?? new ReusedBuffer(spareBytes);
      let end = 0;
      let long: Uint8Array<ArrayBuffer> | undefined;
      while (i < requests.length && long === undefined) {
        const reply = answerer.answer(requests[i++]!);
        if (reply instanceof Promise) {
          // What has to be on the disk first is written there at once for all that come together.
          const slow: Reply[] = [reply];
          while (i < requests.length && slow.at(-1) instanceof Promise) {
            slow.push(answerer.answer(requests[i++]!));
          }
          long = encodeAll(await Promise.all(slow));
        } else {
          const written = encodeInto(reply, spare.bytes, end);
          if (written < 0) long = encodeAll([reply]);
          else end = written;
        }
      }
      if (this.#telling !== undefined) await this.#telling;
      // A client that does not read is not read from, and is closed in the end.
      this.writingSinceMs = this.#clock.now();
      if (end > 0) {
        const written = await this.#conn.write(spare.first(end));
        if (written < end) await writeAll(this.#conn, spare.bytes.subarray(written, end));
      }
      if (long !== undefined) await writeAll(this.#conn, long);
      this.writingSinceMs = Infinity;
      if (spares.length < sparesMax) spares.push(spare);
    }
  }

  /**
   * Writes news, which must not be done while replies are written.
   *
   * @returns Done when it is written. Rejected if the connection breaks.
   */
  tell(news: readonly Message[]): Promise<void> {
    return this.#telling = this.#writeNews(news);
  }

  /** Answers no more requests: nobody can hear it. */
  stop(): void {
    this.#stopped = true;
  }

  /** Writes as much of a last message as the socket takes at once, and ends the connection's output. */
  async end(last: Message): Promise<void> {
    this.stop();
    const sent = this.#conn.write(encodeAll([last]));
    await Promise.race([sent, this.#conn.closeWrite()]);
  }

  async #writeNews(news: readonly Message[]): Promise<void> {
    // News must not wait until the client has acknowledged a reply.
    this.#conn.setNoDelay(true);
    this.writingSinceMs = this.#clock.now();
    await writeAll(this.#conn, encodeAll(news));
    this.writingSinceMs = Infinity;
    this.#telling = undefined;
  }
}

function encodeAll(messages: readonly Message[]): Uint8Array<ArrayBuffer> {
  return utf8.encode(messages.map(encode).join(""));
}
