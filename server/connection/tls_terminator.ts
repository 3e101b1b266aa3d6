/**
 * TLS between the clients and the sessions. Deno lets go of no TLS connection before its other side does:
 * where a handshake stalls, or nobody reads, the socket outlives its `close()` for as long as the other
 * side likes. So the socket that a client holds is a plain one, which closes when it is told to. What
 * comes over it goes on, over the loopback device, to a TLS listener that nobody else is accepted on.
 *
 * That takes three sockets for a connection instead of one. In return the certificate changes while the
 * port stays open, and a client that speaks no TLS can be told so.
 *
 * @module
 */

import { type Clock, within } from "../../shared/time/clock.ts";
import { closeQuietly } from "../../shared/net/close_quietly.ts";
import { errorMessage } from "../../shared/errors/error_message.ts";
import { messageBytesMax, tlsHandshakeTimeoutMs } from "../../shared/protocol/limits.ts";
import { writeAll } from "../../shared/net/write_all.ts";
import { Deadlines } from "../limits/deadlines.ts";
import type { Connection } from "./session.ts";

/** A certificate, with those of its authorities behind it, and its key; both in PEM (RFC 7468). */
export interface TlsKeyPair {
  readonly cert: string;
  readonly key: string;
}

/** What became of a connection. */
export type Secured =
  | { readonly conn: Connection }
  /** Its client has begun with something else than TLS, and can be told so. */
  | { readonly plain: true }
  /** No TLS came about, and the connection is closed. */
  | { readonly failed: string };

const loopback = "127.0.0.1";

/** The first byte of TLS: the type of a record that holds a handshake (RFC 8446 section 5.1). */
const handshakeRecord = 22;

/** Bytes that an idle connection's buffer has, one for each direction. */
const idleBufferBytes = 1_024;

/** How long a connection that is closed may take to say so to its client. */
const closingMs = 500;

/** Turns the connections of clients into ones that can be read and written in the clear. */
export class TlsTerminator {
  #listener: Deno.TlsListener;
  readonly #clock: Clock;
  readonly #handshakes = new Deadlines<Deno.TcpConn>(tlsHandshakeTimeoutMs);
  readonly #open = new Set<TlsConnection>();
  #turn: Promise<unknown> = Promise.resolve();
  #closed = false;

  /** @throws {Error} Where the pair is none. */
  constructor(pair: TlsKeyPair, clock: Clock) {
    this.#listener = listen(pair);
    this.#clock = clock;
  }

  /**
   * Uses another pair for who connects from now on.
   *
   * @throws {Error} Where the pair is none; the one before stays in use.
   */
  async use(pair: TlsKeyPair): Promise<void> {
    const next = listen(pair);
    await this.#inTurn(() => {
      this.#listener.close();
      this.#listener = next;
      if (this.#closed) next.close();
    });
  }

  /**
   * Agrees on TLS with a client.
   *
   * @throws {Error} Where the system has no more sockets; the connection is closed then.
   */
  async secure(outer: Deno.TcpConn): Promise<Secured> {
    this.#handshakes.start(outer, this.#clock.now());
    try {
      // Until something comes this one socket is all that a client takes up.
      const first = await readFirst(outer);
      if (typeof first === "string") return { failed: first };
      if (first[0] !== handshakeRecord) return { plain: true };
      const [near, far] = await this.#inTurn(() => this.#connect());
      const conn = new TlsConnection({ outer, near, far, first });
      this.#open.add(conn);
      conn.ended.then(() => this.#open.delete(conn));
      try {
        await far.handshake();
        return { conn };
      } catch (error) {
        conn.close();
        return { failed: errorMessage(error) };
      }
    } catch (error) {
      closeQuietly(outer);
      throw error;
    } finally {
      this.#handshakes.stop(outer);
    }
  }

  /** Closes the connections on which TLS has not come about in time. */
  expire(): void {
    for (const outer of this.#handshakes.late(this.#clock.now())) closeQuietly(outer);
  }

  /** Closes everything. Done when all has ended, or has had the time to. */
  async close(): Promise<void> {
    await this.#inTurn(() => {
      this.#closed = true;
      this.#listener.close();
    });
    for (const outer of this.#handshakes.late(Infinity)) closeQuietly(outer);
    const open = [...this.#open];
    for (const conn of open) conn.close();
    // Where the runtime does not take back a write when its connection is closed (Deno 2.6), one whose
    // client does not read never ends.
    await within(2 * closingMs, Promise.all(open.map(({ ended }) => ended)));
  }

  /** Both ends of a new connection over the loopback device: a plain one and one that speaks TLS. */
  async #connect(): Promise<[near: Deno.TcpConn, far: Deno.TlsConn]> {
    if (this.#closed) throw new Deno.errors.BadResource("The server has stopped");
    const near = await Deno.connect({ hostname: loopback, port: this.#listener.addr.port });
    try {
      for (;;) {
        const far = await this.#listener.accept();
        if (far.remoteAddr.port === near.localAddr.port) return [near, far];
        // Another program of this machine, which has nothing to look for here.
        far.close();
      }
    } catch (error) {
      near.close();
      throw error;
    }
  }

  /** One after the other, so that what is accepted is what was just connected. */
  #inTurn<T>(task: () => T | Promise<T>): Promise<T> {
    const done = this.#turn.then(task);
    this.#turn = done.catch(() => {});
    return done;
  }
}

function listen({ cert, key }: TlsKeyPair): Deno.TlsListener {
  return Deno.listenTls({ hostname: loopback, port: 0, cert, key });
}

/** The first bytes that come; why not, where the connection ends instead. */
async function readFirst(conn: Deno.TcpConn): Promise<Uint8Array | string> {
  const buffer = new Uint8Array(idleBufferBytes);
  try {
    const count = await conn.read(buffer);
    if (count !== null) return buffer.subarray(0, count);
  } catch (error) {
    closeQuietly(conn);
    return errorMessage(error);
  }
  closeQuietly(conn);
  return "the connection ended before the handshake";
}

/** A client's connection, and the one over the loopback device behind it. */
class TlsConnection implements Connection {
  readonly #outer: Deno.TcpConn;
  readonly #near: Deno.TcpConn;
  readonly #far: Deno.TlsConn;
  #closed = false;
  /** Done when all of its sockets are closed. Never rejected. */
  readonly ended: Promise<void>;

  constructor(
    { outer, near, far, first }: {
      outer: Deno.TcpConn;
      near: Deno.TcpConn;
      far: Deno.TlsConn;
      first: Uint8Array;
    },
  ) {
    this.#outer = outer;
    this.#near = near;
    this.#far = far;
    this.ended = this.#carryAll(first);
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

  /** What leaves the machine does so at once anyway; within it Deno does not let TLS have it so. */
  setNoDelay(): void {}

  close(): void {
    if (this.#closed) return;
    this.#closed = true;
    closeQuietly(this.#far);
    // Who is still told that this is the end, or does not read it, gets no more time than this.
    within(closingMs, this.ended).then(() => this.#cut());
  }

  async #carryAll(first: Uint8Array): Promise<void> {
    const [outer, near] = [this.#outer, this.#near];
    // Where one direction breaks the other has nobody to go to.
    const breaks = () => this.#cut();
    const inward = async () => {
      outer.setNoDelay(true);
      near.setNoDelay(true);
      await writeAll(near, first);
      await carry(outer, near);
    };
    await Promise.all([inward().catch(breaks), carry(near, outer).catch(breaks)]);
    this.#cut();
  }

  #cut(): void {
    for (const conn of [this.#outer, this.#near, this.#far]) closeQuietly(conn);
  }
}

/** Carries what comes from one connection to another, and its end. @throws {Error} Where one breaks. */
async function carry(from: Deno.TcpConn, to: Deno.TcpConn): Promise<void> {
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
