/**
 * Bytes that come piece by piece.
 *
 * @module
 */

const firstCapacity = 256;

/** Bytes to which others are added. Adding them one by one costs no more than adding them together. */
export class GrowingBytes {
  #buffer = new Uint8Array(firstCapacity);
  #length = 0;

  get length(): number {
    return this.#length;
  }

  /** How much memory they take, in bytes. */
  get capacity(): number {
    return this.#buffer.length;
  }

  /** All of them, as a view that is valid until more are added. */
  get bytes(): Uint8Array<ArrayBuffer> {
    return this.#buffer.subarray(0, this.#length);
  }

  /** Adds a copy of some bytes. */
  add(bytes: Uint8Array): void {
    const length = this.#length + bytes.length;
    if (length > this.#buffer.length) {
      const larger = new Uint8Array(Math.max(length, 2 * this.#buffer.length));
      larger.set(this.bytes);
      this.#buffer = larger;
    }
    this.#buffer.set(bytes, this.#length);
    this.#length = length;
  }
}
