/**
 * Frames: encrypted bytes go over the wire in pieces, each behind its length in two bytes, big-endian (Noise
 * specification, revision 34, section 13).
 *
 * @module
 */

import { frameBytesMax } from "../../shared/protocol/limits.ts";

/** Bytes that the length of a frame takes. */
export const lengthBytes = 2;

/** Puts bytes behind their length. @throws {RangeError} If they are more than a frame takes. */
export function frame(bytes: Uint8Array): Uint8Array {
  const framed = new Uint8Array(lengthBytes + bytes.length);
  putFrameLength(framed, 0, bytes.length);
  framed.set(bytes, lengthBytes);
  return framed;
}

/** Writes a frame's length into `target`. @throws {RangeError} If it is more than a frame takes. */
export function putFrameLength(target: Uint8Array, at: number, length: number): void {
  if (length > frameBytesMax) {
    throw new RangeError(`Cannot frame ${length} bytes: a frame has ${frameBytesMax} at most`);
  }
  target[at] = length >> 8;
  target[at + 1] = length & 0xff;
}

/** Finds the frames in what comes over one connection. */
export class FrameReader {
  readonly #bytesMax: number;
  /** What has come of a frame that is not complete, its length included. */
  #pending = new Uint8Array(0);
  #length = 0;

  /** @param bytesMax The most bytes that a frame may have, its length not counted. */
  constructor(bytesMax: number) {
    this.#bytesMax = bytesMax;
  }

  /**
   * Takes what a read brought.
   *
   * @param take Gets each frame that is complete now, without its length. Its bytes are valid until the call
   * returns. If it returns false, the rest of the bytes is not read.
   * @returns How many bytes were read; -1 if a frame is too long.
   */
  push(bytes: Uint8Array, take: (frame: Uint8Array) => boolean): number {
    let at = 0;
    while (at < bytes.length) {
      if (this.#length === 0 && bytes.length - at >= lengthBytes) {
        // Most frames are complete in one read and need not be copied.
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

  /** Bytes of the frame that has begun, its length included, as far as is known. */
  #wanted(): number {
    if (this.#length < lengthBytes) return lengthBytes;
    return lengthBytes + (this.#pending[0]! << 8 | this.#pending[1]!);
  }

  /** Makes room for what has come, not for what is only announced: announcing costs a peer nothing. */
  #reserve(length: number): void {
    if (this.#pending.length >= length) return;
    const larger = new Uint8Array(
      Math.max(length, Math.min(2 * length, lengthBytes + this.#bytesMax)),
    );
    larger.set(this.#pending.subarray(0, this.#length));
    this.#pending = larger;
  }
}
