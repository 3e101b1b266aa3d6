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

  /** Whether part of a request has come, and the rest has not, once all requests have been taken. */
  get isPending(): boolean {
    return this.#messages.pending;
  }

  /** Whether a fault was fatal, so that no more requests come. */
  get hasEnded(): boolean {
    return this.#messages.ended;
  }

  /** How much memory it takes beside that of an idle connection, in bytes. */
  get heldBytes(): number {
    const { length } = this.#buffer.bytes;
    // What is read is also kept as text for a while.
    return (length > idleBufferBytes ? 2 * length : 0) + 2 * this.#messages.pendingBytes;
  }

  /** Takes what has been read into the buffer. @param count How many bytes that is. */
  take(count: number): void {
    this.#messages.push(this.#buffer.first(count));
  }

  /** The next request of what has been read; undefined if there is none that is complete. */
  next(): Request | undefined {
    return this.#messages.next();
  }

  /**
   * Gets ready for the next read, once all requests have been taken.
   *
   * @param count How many bytes the last one has brought.
   * @param takesMail Whether messages as long as a DEPOSIT are accepted from now on.
   */
  prepare(count: number, takesMail: boolean): void {
    if (takesMail && !this.#takesMail && !this.isPending) {
      this.#takesMail = true;
      this.#messages = new MessageReader({ longVerb: "DEPOSIT" });
    }
    const { length } = this.#buffer.bytes;
    if (count === length) {
      if (length < messageBytesMax) this.#buffer = new ReusedBuffer(messageBytesMax);
    } else if (length > idleBufferBytes && !this.isPending) {
      this.#buffer = new ReusedBuffer(idleBufferBytes);
    }
  }
}
