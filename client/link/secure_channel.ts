/**
 * The channel of an open link: bytes in, frames out, and back. What stands in a frame, once decrypted:
 * a byte that says what to do behind it, the length of the content in two bytes, the content, padding.
 * Frames make a stream: a message may begin in one and end in another.
 *
 * Frames are numbered by Noise's nonces, which are not sent: one that is left out, repeated, moved or
 * changed does not decrypt, and is the end of the channel.
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

/** What a user is told where a channel, or its handshake, is broken. */
export const notAuthentic = "what came was not what it sent";

/** What a frame's first byte says. */
const goOn = 0;
/** The sender takes a new key behind this frame, by Noise's REKEY (section 11.3). */
const thenRekey = 1;

const headerBytes = 3;
const plaintextBytesMax = frameBytesMax - tagBytes;
const contentBytesMax = plaintextBytesMax - headerBytes;
const noData = new Uint8Array(0);

/** The two directions of a channel, as the handshake gives them. */
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
   * @param target Where the frames go, if there is room: of what makes a frame, room for it costs most
   * beside the cipher.
   * @returns The frames that carry the content, as they go over the wire.
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

  /** @returns One past the frame. */
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

  /** Whether something came that is not what the peer has sent here: nothing more is taken. */
  get broken(): boolean {
    return this.#broken;
  }

  /**
   * Takes what a read brought.
   *
   * @returns What stood in the frames that are whole now, which may be nothing; where one of them has
   * {@linkcode broken} the channel, in those before it.
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

/** The plaintext that hides how long a content is: the next multiple, or the most that a frame takes. */
function paddedLength(contentLength: number): number {
  const blocks = Math.ceil((headerBytes + contentLength) / framePaddingBytes);
  return Math.min(blocks * framePaddingBytes, plaintextBytesMax);
}

/** Bytes of a frame behind its length. */
function sealedLength(contentLength: number): number {
  return paddedLength(contentLength) + tagBytes;
}

/** Up to here one copy costs less than giving the cipher one part more. */
const fewBytes = 4_096;
const padding = new Uint8Array(framePaddingBytes);
