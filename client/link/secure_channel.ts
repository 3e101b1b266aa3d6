/**
 * The encrypted channel of an open link: bytes in, frames out, and back. A decrypted frame holds a byte that
 * says what to do after it, the length of the content in two bytes, the content, and padding. Frames make a
 * stream: a message may begin in one and end in another.
 *
 * Frames are numbered by Noise's nonces, which are not sent. A frame that is left out, repeated, moved or
 * changed does not decrypt, and ends the channel.
 *
 * @module
 */

import { systemClock } from "../../shared/time/clock.ts";
import { concat } from "@std/bytes/concat";
import { tagBytes } from "../../shared/crypto/chacha20_poly1305.ts";
import type { CipherState } from "../../shared/crypto/cipher_state.ts";
import {
  frameBytesMax,
  framePaddingBytes,
  framesPerKeyMax,
  keyLifetimeMs,
} from "../../shared/protocol/limits.ts";
import { FrameReader, lengthBytes, putFrameLength } from "./frames.ts";

/** Values of a frame's first byte. */
const goOn = 0;
/** The sender takes a new key after this frame, by Noise's REKEY (section 11.3). */
const thenRekey = 1;

const headerBytes = 3;
const plaintextBytesMax = frameBytesMax - tagBytes;
const contentBytesMax = plaintextBytesMax - headerBytes;
const noData = new Uint8Array(0);

/** The ciphers of the two directions, as the handshake gives them. */
export interface CipherPair {
  readonly send: CipherState;
  readonly receive: CipherState;
}

/** An encrypted channel. */
export class SecureChannel {
  readonly #send: CipherState;
  readonly #receive: CipherState;
  readonly #now: () => number;
  readonly #reader = new FrameReader(frameBytesMax);
  #sentUnderKey = 0;
  #receivedUnderKey = 0;
  #keyedAtMs: number;
  #broken = false;

  /** @param now Milliseconds of a clock that does not go back. */
  constructor({ send, receive }: CipherPair, now: () => number = systemClock.now) {
    this.#send = send;
    this.#receive = receive;
    this.#now = now;
    this.#keyedAtMs = now();
  }

  /**
   * Encrypts.
   *
   * @param target Takes the frames if they fit: beside the cipher, memory for frames costs most.
   * @returns The frames of the content, as they go over the wire.
   */
  seal(content: Uint8Array, target?: Uint8Array): Uint8Array {
    let length = 0;
    for (let at = 0; at === 0 || at < content.length; at += contentBytesMax) {
      length += lengthBytes + sealedLength(Math.min(content.length - at, contentBytesMax));
    }
    const frames = target !== undefined && target.length >= length
      ? target.subarray(0, length)
      : new Uint8Array(length);
    let end = 0;
    for (let at = 0; end < length; at += contentBytesMax) {
      end = this.#sealFrame(content.subarray(at, at + contentBytesMax), frames, end);
    }
    return frames;
  }

  /** @returns The position behind the frame. */
  #sealFrame(content: Uint8Array, frames: Uint8Array, at: number): number {
    const rekeys = this.#sentUnderKey + 1 >= framesPerKeyMax ||
      this.#now() - this.#keyedAtMs >= keyLifetimeMs;
    const header = new Uint8Array(headerBytes);
    header[0] = rekeys ? thenRekey : goOn;
    header[1] = content.length >> 8;
    header[2] = content.length & 0xff;
    const paddingBytes = paddedLength(content.length) - headerBytes - content.length;
    const pieces = [header, content, padding.subarray(0, paddingBytes)];
    const parts = content.length < fewBytes ? [concat(pieces)] : pieces;
    putFrameLength(frames, at, sealedLength(content.length));
    const end = this.#send.encryptInto(parts, frames, at + lengthBytes);
    this.#sentUnderKey++;
    if (rekeys) {
      this.#send.rekey();
      this.#sentUnderKey = 0;
      this.#keyedAtMs = this.#now();
    }
    return end;
  }

  /** Whether something came that the peer has not sent like this. Then nothing more is taken. */
  get broken(): boolean {
    return this.#broken;
  }

  /**
   * Takes what a read brought.
   *
   * @returns The contents of the frames that are complete now, up to one that has {@linkcode broken} the
   * channel.
   */
  open(bytes: Uint8Array): Uint8Array[] {
    const contents: Uint8Array[] = [];
    if (this.#broken) return contents;
    const taken = this.#reader.push(bytes, (sealed) => {
      this.#broken = !this.#openFrame(sealed, contents);
      return !this.#broken;
    });
    this.#broken ||= taken < 0;
    return contents;
  }

  #openFrame(sealed: Uint8Array, contents: Uint8Array[]): boolean {
    if (this.#receivedUnderKey >= framesPerKeyMax) return false;
    const plaintext = this.#receive.decryptWithAd(noData, sealed);
    if (plaintext === undefined || plaintext.length < headerBytes) return false;
    this.#receivedUnderKey++;
    const [then, high, low] = plaintext as unknown as [number, number, number];
    const end = headerBytes + (high << 8 | low);
    if (end > plaintext.length) return false;
    if (then === thenRekey) {
      this.#receive.rekey();
      this.#receivedUnderKey = 0;
    } else if (then !== goOn) {
      return false;
    }
    contents.push(plaintext.subarray(headerBytes, end));
    return true;
  }
}

/** Bytes of a padded content: the next multiple of the padding, or the most that a frame takes. */
function paddedLength(contentLength: number): number {
  const blocks = Math.ceil((headerBytes + contentLength) / framePaddingBytes);
  return Math.min(blocks * framePaddingBytes, plaintextBytesMax);
}

/** Bytes of an encrypted frame, its length not counted. */
function sealedLength(contentLength: number): number {
  return paddedLength(contentLength) + tagBytes;
}

/** Up to so many bytes a copy costs less than an additional part for the cipher. */
const fewBytes = 4_096;
const padding = new Uint8Array(framePaddingBytes);
