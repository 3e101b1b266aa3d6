/**
 * A connection in memory, on which what is written is there to be read at once, unless a test says otherwise.
 *
 * @module
 */

import type { PeerConn } from "../../client/transport/tcp.ts";
import { takeInto } from "./frames.ts";

/** One end of a connection. */
export class MemoryConn implements PeerConn {
  readonly localAddr = { hostname: "127.0.0.1" };
  readonly remoteAddr = { hostname: "127.0.0.1", port: 50_000 };
  /** Bytes of each write, as far as it went over the wire. */
  readonly writes: number[] = [];
  /** Whether what is said here is lost on the way, the end included, and nobody is told. */
  cut = false;
  /** What each write waits for, as it does if the other side does not read. */
  writable: Promise<void> = Promise.resolve();
  #unread: Uint8Array[] = [];
  #ended = false;
  #changed = Promise.withResolvers<void>();
  #other!: MemoryConn;

  /** Both ends. */
  static pair(): [MemoryConn, MemoryConn] {
    const [a, b] = [new MemoryConn(), new MemoryConn()];
    [a.#other, b.#other] = [b, a];
    return [a, b];
  }

  async read(buffer: Uint8Array): Promise<number | null> {
    while (this.#unread.length === 0 && !this.#ended) await this.#changed.promise;
    return takeInto(buffer, this.#unread) ?? null;
  }

  async write(bytes: Uint8Array): Promise<number> {
    await this.writable;
    if (this.#ended) throw new Deno.errors.BrokenPipe("closed");
    this.writes.push(bytes.length);
    if (!this.cut) this.#other.#unread.push(bytes.slice());
    this.#other.#change();
    return bytes.length;
  }

  close(): void {
    for (const end of this.cut ? [this] : [this, this.#other]) {
      end.#ended = true;
      end.#change();
    }
  }

  #change(): void {
    this.#changed.resolve();
    this.#changed = Promise.withResolvers();
  }
}
