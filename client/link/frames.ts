/**
 * Frames: what is encrypted goes over the wire in pieces, each behind its length in two bytes, the
 * higher first, as the Noise specification (revision 34, section 13) has it.
 *
 * @module
 */

import { frameBytesMax } from "../../shared/protocol/limits.ts";

/** Bytes of a length. */
export const lengthBytes = 2;

/** Puts bytes behind their length. @throws {RangeError} Where they are more than a frame takes. */
export function frame(bytes: Uint8Array): Uint8Array {
  const framed = new Uint8Array(lengthBytes + bytes.length);
  putFrameLength(framed, 0, bytes.length);
  framed.set(bytes, lengthBytes);
  return framed;
}

/** Puts a frame's length into `target`. @throws {RangeError} Where a frame takes no so many bytes. */
export function putFrameLength(target: Uint8Array, at: number, length: number): void {
  if (length > frameBytesMax) {
    throw new RangeError(`Cannot frame ${length} bytes: a frame has ${frameBytesMax} at most`);
  }
  target[at] = length >> 8;
  target[at + 1] = length & 0xff;
}

/** Finds the frames in what one connection brings. */
export class FrameReader {
  readonly #bytesMax: number;
  /** The length and the bytes of the frame that has begun. */
  #pending = new Uint8Array(0);
  #length = 0;

  /** @param bytesMax Bytes of a frame, its length excluded; what is longer is none. */
  constructor(bytesMax: number) {
    this.#bytesMax = bytesMax;
  }

  /**
   * Takes what a read brought.
   *
   * @param take Takes each frame that is whole now, without its length; its bytes are valid until it
   * returns. Where it returns false the rest of the bytes is not looked at.
   * @returns How many bytes were taken in; -1 where a frame is too long.
   */
  push(bytes: Uint8Array, take: (frame: Uint8Array) => boolean): number {
    let at = 0;
    while (at < bytes.length) {
      if (this.#length === 0 && bytes.length - at >= lengthBytes) {
        // Most frames come whole and need not be copied.
        const frameLength = bytes[at]! << 8 | bytes[at + 1]!;
        if (frameLength > this.#bytesMax) return -1;
        const end = at + lengthBytes + frameLength;
        if (end <= bytes.length) {
          if (!take(bytes.subarray(at + lengthBytes, end))) return end;
          at = end;
          continue;
        }
      }
      const wanted = this.#wanted();
      const part = bytes.subarray(at, at + wanted - this.#length);
      this.#reserve(Math.min(wanted, this.#length + bytes.length - at));
      this.#pending.set(part, this.#length);
      this.#length += part.length;
      at += part.length;
      if (this.#length < lengthBytes) continue;
      const whole = this.#wanted();
      if (whole - lengthBytes > this.#bytesMax) return -1;
      if (this.#length < whole) continue;
      this.#length = 0;
      if (!take(this.#pending.subarray(lengthBytes, whole))) return at;
    }
    return at;
  }

  /** Bytes of the frame that has begun, its length included, as far as that is known. */
  #wanted(): number {
    if (this.#length < lengthBytes) return lengthBytes;
    return lengthBytes + (this.#pending[0]! << 8 | this.#pending[1]!);
  }

  /** Makes room for what has come, and not for what is only announced: that costs a peer nothing. */
  #reserve(length: number): void {
    if (this.#pending.length >= length) return;
    const larger = new Uint8Array(
      Math.max(length, Math.min(2 * length, lengthBytes + this.#bytesMax)),
    );
    larger.set(this.#pending.subarray(0, this.#length));
    this.#pending = larger;
  }
}
