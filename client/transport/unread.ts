/**
 * What has come on a connection and was not read yet, because a read takes less than came.
 *
 * @module
 */

/** Bytes that wait for the next read. */
export class Unread {
  #bytes: Uint8Array;

  constructor(bytes: Uint8Array = new Uint8Array(0)) {
    this.#bytes = bytes;
  }

  /** Whether there are none. */
  get isEmpty(): boolean {
    return this.#bytes.length === 0;
  }

  /** Puts in what has come, where there are none. */
  put(bytes: Uint8Array): void {
    this.#bytes = bytes;
  }

  /** Takes as many as there is room for. @returns How many. */
  take(into: Uint8Array): number {
    const count = Math.min(this.#bytes.length, into.length);
    into.set(this.#bytes.subarray(0, count));
    this.#bytes = this.#bytes.subarray(count);
    return count;
  }
}
