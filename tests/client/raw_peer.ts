/**
 * The other end of a client's connection, as bytes, with nothing of this project's codec between.
 *
 * @module
 */

import { patienceMs } from "./events.ts";

const utf8 = new TextEncoder();

/** One end of a connection. */
export class RawPeer implements Disposable {
  readonly #decoder = new TextDecoder();
  readonly #buffer = new Uint8Array(64 * 1024);
  #unread = "";
  #closed = false;

  constructor(readonly conn: Deno.TcpConn) {
    conn.setNoDelay(true);
  }

  static async dial({ host, port }: { host: string; port: number }): Promise<RawPeer> {
    return new RawPeer(await Deno.connect({ hostname: host, port }));
  }

  /** Sends all of it. */
  async send(data: string | Uint8Array): Promise<void> {
    const bytes = typeof data === "string" ? utf8.encode(data) : data;
    for (let at = 0; at < bytes.length;) at += await this.conn.write(bytes.subarray(at));
  }

  /** What comes up to and with `end`; less where the connection ends before. */
  async upTo(end: string): Promise<string> {
    while (!this.#unread.includes(end) && await this.#read());
    const at = this.#unread.indexOf(end);
    return this.#cut(at === -1 ? this.#unread.length : at + end.length);
  }

  /** The next message of the protocol. */
  message(): Promise<string> {
    return this.upTo("\r\n\r\n");
  }

  /** All that comes until the connection ends. */
  async rest(): Promise<string> {
    while (await this.#read());
    return this.#cut(this.#unread.length);
  }

  close(): void {
    if (this.#closed) return;
    this.#closed = true;
    this.conn.close();
  }

  [Symbol.dispose](): void {
    this.close();
  }

  #cut(length: number): string {
    const text = this.#unread.slice(0, length);
    this.#unread = this.#unread.slice(length);
    return text;
  }

  /** @returns Whether anything came; the end and a reset are one to a test. */
  async #read(): Promise<boolean> {
    const watchdog = setTimeout(() => this.close(), patienceMs);
    try {
      const count = await this.conn.read(this.#buffer);
      if (count === null) return false;
      this.#unread += this.#decoder.decode(this.#buffer.subarray(0, count), { stream: true });
      return true;
    } catch (error) {
      if (error instanceof Deno.errors.ConnectionReset) return false;
      throw new Error(`Nothing more came after: ${JSON.stringify(this.#unread)}`, { cause: error });
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
