/**
 * A client's connection with TLS: the client's own socket, and two more over the loopback device.
 *
 * @module
 */

import { closeQuietly } from "../../shared/net/close_quietly.ts";
import { writeAll } from "../../shared/net/write_all.ts";
import { messageBytesMax } from "../../shared/protocol/limits.ts";
import { within } from "../../shared/time/clock.ts";
import type { Connection } from "../connection/connection.ts";

/** Bytes in the buffer of an idle connection; each direction has one. */
export const idleBufferBytes = 1_024;

/** How long a connection that is closed may take to tell its client so, in milliseconds. */
export const closingMs = 500;

/** What a TLS connection is made of. */
export interface TlsConnectionParts {
  /** The client's. */
  readonly outer: Deno.TcpConn;
  /** The plain end of the connection over the loopback device. */
  readonly near: Deno.TcpConn;
  /** Its other end, which speaks TLS. */
  readonly far: Deno.TlsConn;
  /** What has been read from the client already. */
  readonly first: Uint8Array;
}

/** A client's connection, read and written in the clear. */
export class TlsConnection implements Connection {
  readonly #outer: Deno.TcpConn;
  readonly #near: Deno.TcpConn;
  readonly #far: Deno.TlsConn;
  #closed = false;
  /** Done when all of its sockets are closed. Never rejected. */
  readonly ended: Promise<void>;

  constructor({ outer, near, far, first }: TlsConnectionParts) {
    this.#outer = outer;
    this.#near = near;
    this.#far = far;
    this.ended = this.#forwardAll(first);
  }

  get localAddr(): Deno.NetAddr {
    return this.#outer.localAddr;
  }

  get remoteAddr(): Deno.NetAddr {
    return this.#outer.remoteAddr;
  }

  read(into: Uint8Array): Promise<number | null> {
    return this.#far.read(into);
  }

  write(bytes: Uint8Array): Promise<number> {
    return this.#far.write(bytes);
  }

  closeWrite(): Promise<void> {
    return this.#far.closeWrite();
  }

  /** What leaves the machine does so at once anyway; Deno does not offer this for TLS. */
  setNoDelay(): void {}

  close(): void {
    if (this.#closed) return;
    this.#closed = true;
    closeQuietly(this.#far);
    // The client is still told that this is the end, but gets no more time than this to read it.
    within(closingMs, this.ended).then(() => this.#cut());
  }

  async #forwardAll(first: Uint8Array): Promise<void> {
    const [outer, near] = [this.#outer, this.#near];
    // If one direction breaks, the other has nowhere to go.
    const onBreak = () => this.#cut();
    const inward = async () => {
      outer.setNoDelay(true);
      near.setNoDelay(true);
      await writeAll(near, first);
      await forward(outer, near);
    };
    await Promise.all([inward().catch(onBreak), forward(near, outer).catch(onBreak)]);
    this.#cut();
  }

  #cut(): void {
    for (const conn of [this.#outer, this.#near, this.#far]) closeQuietly(conn);
  }
}

/** Forwards what comes from one connection to another, and its end. @throws {Error} If one breaks. */
async function forward(from: Deno.TcpConn, to: Deno.TcpConn): Promise<void> {
  let buffer = new Uint8Array(idleBufferBytes);
  for (let count; (count = await from.read(buffer)) !== null;) {
    await writeAll(to, buffer.subarray(0, count));
    if (count === buffer.length) {
      if (count < messageBytesMax) buffer = new Uint8Array(messageBytesMax);
    } else if (buffer.length > idleBufferBytes) {
      buffer = new Uint8Array(idleBufferBytes);
    }
  }
  await to.closeWrite();
}
