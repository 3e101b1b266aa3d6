/**
 * A connection with a peer over QUIC (RFC 9000): one stream in both directions.
 *
 * @module
 */

import { closeQuic, quicAddress } from "../../shared/net/quic.ts";
import { systemClock } from "../../shared/time/clock.ts";
import type { PeerConn } from "./tcp.ts";
import { Unread } from "./unread.ts";

/**
 * How long a connection that is closed waits until the other side has what was written, in milliseconds: QUIC throws
 * away at once what it has not sent, where TCP goes on.
 */
const lingerMs = 1_000;

/** A connection with a peer over QUIC. */
export class QuicPeerConn implements PeerConn {
  readonly localAddr: { readonly hostname: string };
  readonly remoteAddr: { readonly hostname: string; readonly port: number };
  readonly punched = "quic";
  /** Done when nothing of it is left. Never rejects. */
  readonly gone: Promise<void>;
  readonly #conn: Deno.QuicConn;
  readonly #reader: ReadableStreamDefaultReader<Uint8Array>;
  readonly #writer: WritableStreamDefaultWriter<Uint8Array>;
  readonly #unread: Unread;
  #isClosed = false;
  /** Ends the read that waits. */
  #endRead = () => {};

  /** @param unread What of the stream has been read already. */
  constructor(
    conn: Deno.QuicConn,
    reader: ReadableStreamDefaultReader<Uint8Array>,
    writer: WritableStreamDefaultWriter<Uint8Array>,
    unread: Uint8Array,
  ) {
    this.#conn = conn;
    this.#reader = reader;
    this.#writer = writer;
    this.#unread = new Unread(unread);
    const { host: hostname, port } = quicAddress(conn.remoteAddr);
    this.remoteAddr = { hostname, port };
    this.localAddr = { hostname: conn.endpoint.addr.hostname };
    this.gone = conn.closed.then(() => {}, () => {});
    // Whoever reads or writes next finds out.
    writer.closed.catch(() => {});
    reader.closed.catch(() => {});
  }

  read(into: Uint8Array): Promise<number | null> {
    if (this.#isClosed) return Promise.resolve(null);
    if (!this.#unread.isEmpty) return Promise.resolve(this.#unread.take(into));
    const { promise, resolve, reject } = Promise.withResolvers<number | null>();
    this.#endRead = () => resolve(null);
    this.#reader.read().then(({ value }) => {
      if (value === undefined) return resolve(null);
      this.#unread.put(value);
      resolve(this.#unread.take(into));
    }, reject);
    return promise;
  }

  async write(bytes: Uint8Array): Promise<number> {
    await this.#writer.write(bytes);
    return bytes.length;
  }

  close(): void {
    if (this.#isClosed) return;
    this.#isClosed = true;
    this.#endRead();
    this.#linger();
  }

  /** Ends the connection once the other side has read everything, or does not. */
  async #linger(): Promise<void> {
    const isOver = Promise.withResolvers<void>();
    const cancel = systemClock.after(lingerMs, isOver.resolve);
    this.gone.then(isOver.resolve);
    this.#writer.close().catch(isOver.resolve);
    this.#drain().then(isOver.resolve);
    await isOver.promise;
    cancel();
    closeQuic(this.#conn);
  }

  /** Reads until the other side has ended its stream, too: then it has read ours. */
  async #drain(): Promise<void> {
    try {
      while (!(await this.#reader.read()).done);
    } catch {
      // The connection is over.
    }
  }
}
