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

/** A request, or what is wrong with what came in its place. */
export type Request = Message | Fault;

/** Bytes in the buffer of an idle connection: enough for the requests of nearly every client. */
const idleBufferBytes = 512;

/** Finds the requests in what one connection reads. */
export class RequestReader {
  #buffer = new ReusedBuffer(idleBufferBytes);
  #messages = new MessageReader();
  #takesMail = false;

  /** What the connection reads into next. */
  get buffer(): Uint8Array {
    return this.#buffer.bytes;
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
   * Takes what has been read into the buffer.
   *
   * @param count How many bytes that is.
   * @returns The requests that are complete now, which may be none.
   */
  take(count: number): Request[] | Promise<Request[]> {
    const requests = this.#messages.push(this.#buffer.first(count));
    if (requests instanceof Promise) return this.#takeLater(requests, count);
    this.#resize(count);
    return requests;
  }

  /** Accepts messages as long as a DEPOSIT from now on, unless one is just coming in. */
  takeMail(): void {
    if (this.#takesMail || this.isPending) return;
    this.#takesMail = true;
    this.#messages = new MessageReader({ longVerb: "DEPOSIT" });
  }

  async #takeLater(requests: Promise<Request[]>, count: number): Promise<Request[]> {
    const complete = await requests;
    this.#resize(count);
    return complete;
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
