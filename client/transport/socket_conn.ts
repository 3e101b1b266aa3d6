/**
 * A connection with a peer over TCP that was opened by node:net, which alone calls from a port that one chooses.
 *
 * @module
 */

import type { Socket } from "node:net";
import { plainHost } from "../../shared/net/address.ts";
import type { PeerConn } from "./tcp.ts";
import { Unread } from "./unread.ts";

/** A connection with a peer that goes through routers, over TCP. */
export class SocketPeerConn implements PeerConn {
  readonly localAddr: { readonly hostname: string };
  readonly remoteAddr: { readonly hostname: string; readonly port: number };
  readonly punched = "tcp";
  readonly #socket: Socket;
  readonly #unread = new Unread();
  /** Why it has ended, if that was by an error. */
  #failure: Error | undefined;
  #isOver = false;
  #isClosed = false;
  /** Tells the read that waits that there may be something. */
  #wake = () => {};

  /** @param socket One that is open and of which nothing has been read. */
  constructor(socket: Socket) {
    this.#socket = socket;
    this.localAddr = { hostname: plainHost(socket.localAddress ?? "") };
    this.remoteAddr = {
      hostname: plainHost(socket.remoteAddress ?? ""),
      port: socket.remotePort ?? 0,
    };
    const over = (failure?: Error) => {
      this.#failure ??= failure;
      this.#isOver = true;
      this.#wake();
    };
    socket.on("readable", () => this.#wake());
    socket.on("end", () => over());
    socket.on("error", over);
    socket.on("close", () => over());
  }

  async read(into: Uint8Array): Promise<number | null> {
    while (this.#unread.isEmpty) {
      if (this.#isClosed) return null;
      const chunk: Uint8Array | null = this.#socket.read();
      if (chunk !== null) this.#unread.put(chunk);
      else if (this.#failure !== undefined) throw this.#failure;
      else if (this.#isOver) return null;
      else await new Promise<void>((resolve) => this.#wake = resolve);
    }
    return this.#unread.take(into);
  }

  write(bytes: Uint8Array): Promise<number> {
    const { promise, resolve, reject } = Promise.withResolvers<number>();
    this.#socket.write(bytes, (error) => error ? reject(error) : resolve(bytes.length));
    return promise;
  }

  close(): void {
    this.#isClosed = true;
    this.#unread.put(new Uint8Array(0));
    // What was written goes first.
    this.#socket.destroySoon();
    this.#wake();
  }
}
