/**
 * The other end of a conversation, as a test plays it: it sends and takes messages as text.
 *
 * @module
 */

const utf8 = new TextEncoder();

/** One end of a conversation. */
export abstract class Peer implements Disposable {
  #unread = new Uint8Array(0);

  /** Sends all of it. */
  abstract send(data: string | Uint8Array): Promise<void>;

  /** Ends the connection, without a word. */
  abstract close(): void;

  /** What comes next, possibly nothing; undefined if the connection has ended. */
  protected abstract receive(): Promise<Uint8Array | undefined>;

  /** What comes up to and with `end`; less if the connection ends before that. */
  async upTo(end: string): Promise<string> {
    const bytes = utf8.encode(end);
    let at = -1;
    while ((at = indexOf(this.#unread, bytes)) === -1 && await this.more());
    return decoded(this.#cut(at === -1 ? this.#unread.length : at + bytes.length));
  }

  /** The next message of the protocol. */
  message(): Promise<string> {
    return this.upTo("\r\n\r\n");
  }

  /** So many bytes; fewer if the connection ends before that. */
  async bytes(count: number): Promise<Uint8Array> {
    while (this.#unread.length < count && await this.more());
    return this.#cut(count);
  }

  /** All that comes until the connection ends. */
  async rest(): Promise<string> {
    while (await this.more());
    return decoded(this.#cut(this.#unread.length));
  }

  /** Waits for what comes next, and keeps it. @returns Whether anything came. */
  protected async more(): Promise<boolean> {
    const received = await this.receive().catch((cause) => {
      const said = JSON.stringify(decoded(this.#unread));
      throw new Error(`Nothing more came after: ${said}`, { cause });
    });
    if (received === undefined) return false;
    const unread = new Uint8Array(this.#unread.length + received.length);
    unread.set(this.#unread);
    unread.set(received, this.#unread.length);
    this.#unread = unread;
    return true;
  }

  #cut(length: number): Uint8Array {
    const bytes = this.#unread.subarray(0, length);
    this.#unread = this.#unread.subarray(length);
    return bytes;
  }

  [Symbol.dispose](): void {
    this.close();
  }
}

function indexOf(bytes: Uint8Array, wanted: Uint8Array): number {
  for (let at = -1; (at = bytes.indexOf(wanted[0]!, at + 1)) !== -1;) {
    if (wanted.every((byte, i) => bytes[at + i] === byte)) return at;
  }
  return -1;
}

function decoded(bytes: Uint8Array): string {
  return new TextDecoder("utf-8", { ignoreBOM: true }).decode(bytes);
}
