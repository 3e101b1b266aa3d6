/**
 * The other end of a client's connection, as bytes, with nothing of this project's codec between.
 *
 * @module
 */

import { patienceMs } from "./events.ts";
import { Peer } from "./peer.ts";

const utf8 = new TextEncoder();

/** One end of a connection. */
export class RawPeer extends Peer {
  readonly #buffer = new Uint8Array(64 * 1024);
  #closed = false;

  constructor(readonly conn: Deno.TcpConn) {
    super();
    conn.setNoDelay(true);
  }

  static async dial({ host, port }: { host: string; port: number }): Promise<RawPeer> {
    return new RawPeer(await Deno.connect({ hostname: host, port }));
  }

  override async send(data: string | Uint8Array): Promise<void> {
    const bytes = typeof data === "string" ? utf8.encode(data) : data;
    for (let at = 0; at < bytes.length;) at += await this.conn.write(bytes.subarray(at));
  }

  override close(): void {
    if (this.#closed) return;
    this.#closed = true;
    this.conn.close();
  }

  /** The end and a reset are one to a test. */
  protected override async receive(): Promise<Uint8Array | undefined> {
    const watchdog = setTimeout(() => this.close(), patienceMs);
    try {
      const count = await this.conn.read(this.#buffer);
      return count === null ? undefined : this.#buffer.subarray(0, count);
    } catch (error) {
      if (error instanceof Deno.errors.ConnectionReset) return undefined;
      throw error;
    } finally {
      clearTimeout(watchdog);
    }
  }
}

/** Listens, and gives each caller in turn. */
export class RawListener implements Disposable {
  readonly #listener: Deno.TcpListener;
  readonly address: { readonly host: string; readonly port: number };

  constructor(host = "127.0.0.1") {
    this.#listener = Deno.listen({ hostname: host, port: 0 });
    this.address = { host, port: this.#listener.addr.port };
  }

  async accept(): Promise<RawPeer> {
    return new RawPeer(await this.#listener.accept());
  }

  [Symbol.dispose](): void {
    this.#listener.close();
  }
}
