/**
 * TLS between clients and sessions. Deno does not close a TLS connection before its other side does: if a
 * handshake stalls, or nobody reads, the socket outlives its `close()` for as long as the other side
 * likes. Therefore the socket that a client holds is a plain one, which closes when it is told to. What
 * comes over it is forwarded, over the loopback device, to a TLS listener that accepts nobody else.
 *
 * That takes three sockets for each connection instead of one. In return the certificate can change while
 * the port stays open, and a client that does not speak TLS can be told so.
 *
 * @module
 */

import { closeQuietly } from "../../shared/net/close_quietly.ts";
import { errorMessage } from "../../shared/errors/error_message.ts";
import { tlsHandshakeTimeoutMs } from "../../shared/protocol/limits.ts";
import { type Clock, within } from "../../shared/time/clock.ts";
import { Deadlines } from "../../shared/time/deadlines.ts";
import type { TlsKeyPair } from "../certificate/certificate.ts";
import type { Connection } from "../connection/connection.ts";
import { closingMs, idleBufferBytes, TlsConnection } from "./tls_connection.ts";

/** What became of a connection. */
export type Secured =
  | { readonly conn: Connection }
  /** Its client began with something other than TLS, and can be told so. */
  | { readonly plain: true }
  /** There was no TLS handshake, and the connection is closed. */
  | { readonly failed: string };

const loopback = "127.0.0.1";

/** The first byte of TLS: the type of a record that holds a handshake (RFC 8446 section 5.1). */
const handshakeRecord = 22;

/** Turns the connections of clients into ones that can be read and written in the clear. */
export class TlsTerminator {
  #listener: Deno.TlsListener;
  readonly #clock: Clock;
  readonly #handshakes = new Deadlines<Deno.TcpConn>(tlsHandshakeTimeoutMs);
  readonly #open = new Set<TlsConnection>();
  #turn: Promise<unknown> = Promise.resolve();
  #closed = false;

  /** @throws {Error} If certificate and key cannot be used. */
  constructor(pair: TlsKeyPair, clock: Clock) {
    this.#listener = listen(pair);
    this.#clock = clock;
  }

  /**
   * Uses another certificate for new connections.
   *
   * @throws {Error} If certificate and key cannot be used; the ones before stay in use.
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
   * Tries whether connections can be forwarded at all.
   *
   * @throws {Error} If the loopback device does not carry them.
   */
  async check(): Promise<void> {
    const connecting = this.#inTurn(() => this.#connect()).then((ends) =>
      ends.forEach(closeQuietly)
    );
    if (!await within(tlsHandshakeTimeoutMs, connecting)) {
      // It may still fail, when nobody waits for it any more.
      connecting.catch(() => {});
      throw new Deno.errors.TimedOut("no answer within the time");
    }
  }

  /**
   * Does the handshake with a client.
   *
   * @throws {Error} If the system has no more sockets; the connection is closed then.
   */
  async secure(outer: Deno.TcpConn): Promise<Secured> {
    this.#handshakes.start(outer, this.#clock.now());
    try {
      // A client that says nothing takes up this one socket and no more.
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

  /** Closes the connections whose handshake takes too long. */
  expire(): void {
    for (const outer of this.#handshakes.late(this.#clock.now())) closeQuietly(outer);
  }

  /** Closes everything. Done when all connections have ended, or have had the time to. */
  async close(): Promise<void> {
    await this.#inTurn(() => {
      this.#closed = true;
      this.#listener.close();
    });
    for (const outer of this.#handshakes.late(Infinity)) closeQuietly(outer);
    const open = [...this.#open];
    for (const conn of open) conn.close();
    // With Deno 2.6 closing a connection does not end a write to it: one whose client does not read
    // never ends.
    await within(2 * closingMs, Promise.all(open.map(({ ended }) => ended)));
  }

  /** Both ends of a new connection over the loopback device: a plain one and one that speaks TLS. */
  async #connect(): Promise<[near: Deno.TcpConn, far: Deno.TlsConn]> {
    if (this.#closed) throw new Deno.errors.BadResource("The server has stopped");
    const near = await Deno.connect({ hostname: loopback, port: this.#listener.addr.port });
    try {
      for (;;) {
        const far = await this.#listener.accept();
        if (isSame(far.remoteAddr, near.localAddr)) return [near, far];
        // Another program of this machine, which has no business here.
        far.close();
      }
    } catch (error) {
      near.close();
      throw error;
    }
  }

  /** Runs one task after the other, so that what is accepted is what was just connected. */
  #inTurn<T>(task: () => T | Promise<T>): Promise<T> {
    const done = this.#turn.then(task);
    this.#turn = done.catch(() => {});
    return done;
  }
}

/** The port alone does not tell: another program may have the same one at 127.0.0.2. */
function isSame(a: Deno.NetAddr, b: Deno.NetAddr): boolean {
  return a.hostname === b.hostname && a.port === b.port;
}

function listen({ cert, key }: TlsKeyPair): Deno.TlsListener {
  return Deno.listenTls({ hostname: loopback, port: 0, cert, key });
}

/** The first bytes that come; if the connection ends instead, why. */
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
