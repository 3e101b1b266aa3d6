/**
 * Connections over TCP through two routers, each of which lets in only what answers to something that came from
 * inside: both sides call each other at the same moment, each from the port at which the other calls it (RFC 9293,
 * simultaneous open; RFC 6544, section 2). That works where routers keep the ports, and is for networks that let no
 * UDP out.
 *
 * @module
 */

import { timingSafeEqual } from "node:crypto";
import { connect, type Socket } from "node:net";
import type { Address } from "../../shared/net/address.ts";
import { punchTokenBytes } from "../../shared/protocol/quic.ts";
import { wait } from "../../shared/time/clock.ts";
import type { MeetOptions } from "./meet_options.ts";
import { SocketPeerConn } from "./socket_conn.ts";
import type { PeerConn } from "./tcp.ts";

/** How long one call may take, in milliseconds: the system repeats a packet that was dropped only after a second. */
const callMs = 600;
/**
 * How long the next one waits, in milliseconds, at most: half as long at least. It is a random time, or two that refuse
 * each other's calls might do so for ever.
 */
const againMs = 40;

/** One TCP port, from which peers are called that call it at the same moment. */
export interface SimultaneousOpen {
  readonly port: number;
  /**
   * Opens a connection with somebody who tries the same at the same moment.
   *
   * @throws {unknown} The reason of the signal.
   */
  open(options: MeetOptions): Promise<PeerConn>;
}

/**
 * Finds a port that is free.
 *
 * @throws {Deno.errors.NotSupported} If the runtime calls from no port that one chooses.
 */
export async function simultaneousOpen(): Promise<SimultaneousOpen> {
  if (!await (canChoose ??= choosesPorts())) {
    throw new Deno.errors.NotSupported("no-choice-of-port");
  }
  const port = freePort();
  return { port, open: (options) => new Opening(port, options).run() };
}

let canChoose: Promise<boolean> | undefined;

/** Whether this runtime calls from the port that it is told to: Deno 2.6 takes another one, and does not say so. */
async function choosesPorts(): Promise<boolean> {
  using listener = Deno.listen({ hostname: "127.0.0.1", port: 0 });
  const port = freePort();
  const socket = connect({ host: "127.0.0.1", port: listener.addr.port, localPort: port });
  try {
    const { promise: failed, reject } = Promise.withResolvers<never>();
    socket.on("error", reject);
    using conn = await Promise.race([listener.accept(), failed]);
    return conn.remoteAddr.port === port;
  } catch {
    return false;
  } finally {
    socket.destroy();
  }
}

function freePort(): number {
  using listener = Deno.listen({ hostname: "0.0.0.0", port: 0 });
  return listener.addr.port;
}

/** One try. */
class Opening {
  readonly #port: number;
  readonly #options: MeetOptions;
  readonly #met = Promise.withResolvers<PeerConn>();
  readonly #over = new AbortController();

  constructor(port: number, options: MeetOptions) {
    this.#port = port;
    this.#options = options;
  }

  async run(): Promise<PeerConn> {
    const { candidates, signal } = this.#options;
    signal.throwIfAborted();
    const stop = () => this.#met.reject(signal.reason);
    signal.addEventListener("abort", stop);
    try {
      for (const candidate of candidates) this.#callUntilMet(candidate);
      return await this.#met.promise;
    } finally {
      signal.removeEventListener("abort", stop);
      this.#over.abort();
    }
  }

  /** Calls an address again and again, until there is a connection. Never rejects. */
  async #callUntilMet(candidate: Address): Promise<void> {
    const { signal } = this.#over;
    while (!signal.aborted) {
      const socket = await this.#call(candidate);
      if (socket !== undefined) await this.#agree(socket);
      await wait(againMs * (0.5 + Math.random() / 2), signal);
    }
  }

  /** @returns Undefined if no connection opens soon. */
  #call({ host, port }: Address): Promise<Socket | undefined> {
    const { promise, resolve } = Promise.withResolvers<Socket | undefined>();
    const localAddress = host.includes(":") ? "::" : "0.0.0.0";
    const socket = connect({ host, port, localPort: this.#port, localAddress, noDelay: true });
    const end = this.#ends(socket, callMs);
    socket.on("connect", () => {
      end.forget();
      resolve(socket);
    });
    socket.on("error", () => {});
    socket.on("close", () => {
      end.forget();
      resolve(undefined);
    });
    return promise;
  }

  /**
   * Agrees with the other side that this is the connection: one side says the token, and the other repeats it on the
   * first connection on which it hears it. Never rejects.
   */
  async #agree(socket: Socket): Promise<void> {
    const { calls, token } = this.#options;
    const conn = new SocketPeerConn(socket);
    const end = this.#ends(socket, undefined);
    try {
      if (calls) await conn.write(token);
      if (!timingSafeEqual(await firstOf(conn, punchTokenBytes), token)) return conn.close();
      if (this.#over.signal.aborted) return;
      end.forget();
      this.#over.abort();
      if (!calls) await conn.write(token);
      this.#met.resolve(conn);
    } catch {
      conn.close();
    } finally {
      end.forget();
    }
  }

  /** Ends a connection when all is over, or after a time, unless that is forgotten. */
  #ends(socket: Socket, afterMs: number | undefined): { forget: () => void } {
    const { signal } = this.#over;
    const end = () => socket.destroy();
    const timer = afterMs === undefined ? undefined : setTimeout(end, afterMs);
    signal.addEventListener("abort", end);
    return {
      forget: () => {
        clearTimeout(timer);
        signal.removeEventListener("abort", end);
      },
    };
  }
}

/** The first bytes that come. @throws {Error} If there are fewer. */
async function firstOf(conn: PeerConn, count: number): Promise<Uint8Array> {
  const bytes = new Uint8Array(count);
  for (let had = 0; had < count;) {
    const read = await conn.read(bytes.subarray(had));
    if (read === null) throw new Deno.errors.UnexpectedEof("no-token");
    had += read;
  }
  return bytes;
}
