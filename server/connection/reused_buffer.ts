/**
 * A buffer that is used again and again.
 *
 * @module
 */

/** A buffer, with the view of its first bytes that was asked for last. */
export class ReusedBuffer {
  readonly bytes: Uint8Array<ArrayBuffer>;
  #view: Uint8Array<ArrayBuffer>;

  constructor(length: number) {
    this.bytes = new Uint8Array(length);
    this.#view = this.bytes;
  }

  /**
   * Gives its first bytes. The messages of one connection tend to be of one length, and making a view
   * costs a request more than anything but reading, writing and parsing it.
   */
  first(length: number): Uint8Array<ArrayBuffer> {
    if (this.#view.length !== length) this.#view = this.bytes.subarray(0, length);
    return this.#view;
  }
}
