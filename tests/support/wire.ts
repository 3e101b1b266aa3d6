/**
 * Sockets for tests: text in, text out, without this project's codec between.
 *
 * @module
 */

import { patienceMs } from "./events.ts";
import { writeAll } from "../../shared/net/write_all.ts";

const utf8 = new TextEncoder();
// The sockets are closed later than `until` gives up, so that no test mistakes that for the server closing
// them.
const watchdogMs = 2 * patienceMs;

/** A connection to a server. */
export class Wire implements Disposable {
  readonly #decoder = new TextDecoder();
  readonly #buffer = new Uint8Array(64 * 1024);
  readonly #watchdog;
  #unread = "";
  #closed = false;

  private constructor(readonly conn: Deno.TcpConn | Deno.TlsConn, isWatched = true) {
    this.#watchdog = isWatched ? setTimeout(() => this.close(), watchdogMs) : undefined;
  }

  /** Connects. Each write goes out at once. @param isWatched Whether it is closed if a test takes too long. */
  static async connect(
    { address }: { address: { host: string; port: number } },
    isWatched = true,
  ): Promise<Wire> {
    const conn = await Deno.connect({ hostname: address.host, port: address.port });
    conn.setNoDelay(true);
    return new Wire(conn, isWatched);
  }

  /** Connects with TLS, to a server that an authority vouches for. */
  static async connectTls(
    { address }: { address: { host: string; port: number } },
    { cert }: { cert: string },
  ): Promise<Wire> {
    const conn = await Deno.connect({ hostname: address.host, port: address.port });
    conn.setNoDelay(true);
    const tls = await Deno.startTls(conn, { hostname: address.host, caCerts: [cert] });
    await tls.handshake();
    return new Wire(tls);
  }

  /** Sends all of it. */
  async send(data: string | Uint8Array): Promise<void> {
    const bytes = typeof data === "string" ? utf8.encode(data) : data;
    await writeAll(this.conn, bytes);
  }

  /** The next message, byte for byte; less if the connection ends before it is complete. */
  async receive(): Promise<string> {
    let end;
    while ((end = this.#unread.indexOf("\r\n\r\n")) === -1 && await this.#read());
    const message = end === -1 ? this.#unread : this.#unread.slice(0, end + 4);
    this.#unread = this.#unread.slice(message.length);
    return message;
  }

  /** Sends a message and gives the next one that comes. */
  async ask(...lines: string[]): Promise<string> {
    await this.send([...lines, "", ""].join("\r\n"));
    return await this.receive();
  }

  /** All that comes until the connection ends. */
  async rest(): Promise<string> {
    while (await this.#read());
    return this.#unread;
  }

  close(): void {
    if (this.#closed) return;
    this.#closed = true;
    clearTimeout(this.#watchdog);
    this.conn.close();
  }

  [Symbol.dispose](): void {
    this.close();
  }

  /** @returns Whether anything came. The end and a reset are the same to a test. */
  async #read(): Promise<boolean> {
    let count;
    try {
      count = await this.conn.read(this.#buffer);
    } catch (error) {
      const { ConnectionReset, UnexpectedEof } = Deno.errors;
      if (!(error instanceof ConnectionReset || error instanceof UnexpectedEof)) throw error;
      count = null;
    }
    if (count === null) return false;
    this.#unread += this.#decoder.decode(this.#buffer.subarray(0, count), { stream: true });
    return true;
  }
}
