/**
 * Connections that ask for much at once, with or without reading the answers.
 *
 * @module
 */

import type { Address } from "../../shared/net/address.ts";

/** How a flood is made. */
export interface FloodOptions {
  readonly connections: number;
  /** What each connection sends, again and again. */
  readonly message: string;
  /** Whether the answers are read. */
  readonly reads: boolean;
  /** How often each connection sends the message; without end if not given. */
  readonly times?: number;
}

/** Bytes of one write: many messages. */
const writeBytes = 64 * 1024;

/** Connections that are sending. Disposing of it ends them. */
export class Flood implements AsyncDisposable {
  readonly #conns: Deno.TcpConn[] = [];
  readonly #running: Promise<void>[] = [];
  /** Bytes that were sent, and answers that were read, so far. */
  sentBytes = 0;
  readBytes = 0;
  /** Connections that the server has ended. */
  ended = 0;
  #over = false;

  private constructor() {}

  /** Connects, and begins. */
  static async start(address: Address, options: FloodOptions): Promise<Flood> {
    const flood = new Flood();
    for (let i = 0; i < options.connections; i++) {
      const conn = await Deno.connect({ hostname: address.host, port: address.port });
      flood.#conns.push(conn);
      flood.#running.push(flood.#send(conn, options));
      if (options.reads) flood.#running.push(flood.#read(conn));
    }
    return flood;
  }

  /** Done when every connection has sent all that it was to send, or has been ended. */
  async sent(): Promise<void> {
    await Promise.all(this.#running);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#over = true;
    for (const conn of this.#conns) conn.close();
    await Promise.all(this.#running);
  }

  async #send(conn: Deno.TcpConn, { message, times = Infinity }: FloodOptions): Promise<void> {
    const each = Math.min(times, Math.ceil(writeBytes / message.length));
    const bytes = new TextEncoder().encode(message.repeat(each));
    try {
      for (let left = times * message.length; left > 0;) {
        const count = await conn.write(left < bytes.length ? bytes.subarray(0, left) : bytes);
        // The next write begins in the middle of a message, as this one has ended there.
        for (let rest = bytes.subarray(count); rest.length > 0 && count < left;) {
          rest = rest.subarray(await conn.write(rest));
        }
        this.sentBytes += bytes.length;
        left -= bytes.length;
      }
    } catch {
      if (!this.#over) this.ended++;
    }
  }

  async #read(conn: Deno.TcpConn): Promise<void> {
    const buffer = new Uint8Array(64 * 1024);
    try {
      for (let count; (count = await conn.read(buffer)) !== null;) this.readBytes += count;
    } catch {
      // It has been closed.
    }
  }
}
