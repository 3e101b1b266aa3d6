/**
 * One direction of an encrypted channel: the CipherState of the Noise Protocol Framework, revision 34
 * (noiseprotocol.org), section 5.1.
 *
 * @module
 */

import { type Cipher, tagBytes } from "./chacha20_poly1305.ts";

/** Bytes of the longest Noise message (section 3). */
export const noiseMessageBytesMax = 65_535;

/** Ends a sentence that refuses a message. */
export const tooLong = `a Noise message has ${noiseMessageBytesMax} at most`;

/** A key and the number of the next message. Without a key nothing is encrypted. */
export class CipherState {
  readonly #cipher: Cipher;
  #key: Uint8Array | undefined;
  #nonce = 0;

  constructor(cipher: Cipher) {
    this.#cipher = cipher;
  }

  /** @param nonce The number of the first message. Only tests give one other than 0. */
  initializeKey(key: Uint8Array, nonce = 0): void {
    this.#key = key.slice();
    this.#nonce = nonce;
  }

  /** The number that the next message is encrypted with. */
  get nonce(): number {
    return this.#nonce;
  }

  /**
   * Encrypts the next message.
   *
   * @throws {RangeError} If it is too long for a Noise message, or the nonces are used up.
   */
  encryptWithAd(ad: Uint8Array, plaintext: Uint8Array): Uint8Array {
    if (this.#key === undefined) return plaintext;
    if (plaintext.length + tagBytes > noiseMessageBytesMax) {
      throw new RangeError(`Cannot encrypt ${plaintext.length} bytes: ${tooLong}`);
    }
    const ciphertext = this.#cipher.encrypt(this.#key, this.#nonce, ad, plaintext);
    this.#nonce++;
    return ciphertext;
  }

  /**
   * Encrypts the next message, without associated data, into existing memory.
   *
   * @param parts The plaintext, in pieces.
   * @returns The index after the last byte of the ciphertext.
   * @throws {RangeError} If it is too long for a Noise message or for `target`, or the nonces are used up.
   * @throws {Error} If there is no key.
   */
  encryptInto(parts: readonly Uint8Array[], target: Uint8Array, at: number): number {
    if (this.#key === undefined) {
      throw new Error("Cannot encrypt with a cipher state without a key");
    }
    let end = at + tagBytes;
    for (const part of parts) end += part.length;
    if (end - at > noiseMessageBytesMax) {
      throw new RangeError(`Cannot encrypt ${end - at - tagBytes} bytes: ${tooLong}`);
    }
    this.#cipher.encryptInto(this.#key, this.#nonce, parts, target, at);
    this.#nonce++;
    return end;
  }

  /**
   * Decrypts the next message.
   *
   * @returns Undefined if it is not authentic. The state does not change then.
   * @throws {RangeError} If the nonces are used up.
   */
  decryptWithAd(ad: Uint8Array, ciphertext: Uint8Array): Uint8Array | undefined {
    if (this.#key === undefined) return ciphertext.slice();
    if (ciphertext.length > noiseMessageBytesMax) return undefined;
    const plaintext = this.#cipher.decrypt(this.#key, this.#nonce, ad, ciphertext);
    if (plaintext !== undefined) this.#nonce++;
    return plaintext;
  }

  /**
   * Replaces the key with the one that follows it, from which the old one cannot be found (section 11.3).
   * The other side has to do the same after the same message. The nonce continues.
   *
   * @throws {Error} If there is no key.
   */
  rekey(): void {
    if (this.#key === undefined) throw new Error("Cannot rekey a cipher state that has no key");
    this.#key.set(this.#cipher.rekey(this.#key));
  }
}
