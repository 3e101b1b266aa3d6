/**
 * From the bytes of a connection to the requests in them.
 *
 * @module
 */

import { messageBytesMax } from "../../shared/protocol/limits.ts";
import type { Message } from "../../shared/protocol/message.ts";
import { MessageReader } from "../../shared/protocol/message_reader.ts";
import type { Fault } from "../../shared/protocol/status.ts";
import { ReusedBuffer } from "./reused_buffer.ts";
import type { Connection } from "./socket.ts";

/** A request, or what is wrong with what came in its place. */
export type Request = Message | Fault;

/** Bytes in the buffer of an idle connection: enough for the requests of nearly every client. */
const idleBufferBytes = 512;

/** Reads the requests of one connection. */
export class RequestReader {
  readonly #conn: Connection;
  #buffer = new ReusedBuffer(idleBufferBytes);
  #messages = new MessageReader();
  #takesMail = false;

  constructor(conn: Connection) {
    this.#conn = conn;
  }

  /** Whether part of a request has come, and the rest has not. */
  get isPending(): boolean {
    return this.#messages.pending;
  }

  /** Whether a fault was fatal, so that no more requests come. */
  get hasEnded(): boolean {
    return this.#messages.ended;
  }

  /**
   * Waits until something comes.
   *
   * @returns The requests that are complete now, which may be none; undefined at the end of the connection.
   * @throws {Error} If the connection breaks.
   */
  async read(): Promise<Request[] | undefined> {
    const count = await this.#conn.read(this.#buffer.bytes);
    if (count === null) return undefined;
    const requests = this.#messages.push(this.#buffer.first(count));
    // Waiting for an array would cost each request a turn of the event loop's queue.
    const complete = requests instanceof Promise ? await requests : requests;
    this.#resize(count);
    return complete;
  }

  /** Accepts messages as long as a DEPOSIT from now on, unless one is just coming in. */
  takeMail(): void {
    if (this.#takesMail || this.isPending) return;
    this.#takesMail = true;
    this.#messages = new MessageReader({ longVerb: "DEPOSIT" });
  }

  #resize(count: number): void {
    const { length } = this.#buffer.bytes;
    if (count === length) {
      if (length < messageBytesMax) this.#buffer = new ReusedBuffer(messageBytesMax);
    } else if (length > idleBufferBytes && !this.isPending) {
      this.#buffer = new ReusedBuffer(idleBufferBytes);
    }
  }
}
