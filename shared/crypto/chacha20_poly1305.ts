/**
 * ChaCha20-Poly1305 (RFC 8439) twice: that of the platform, and a portable one for platforms without it. Both
 * give the same bytes.
 *
 * @module
 */

import { chacha20poly1305 } from "@noble/ciphers/chacha.js";
import { concat } from "@std/bytes/concat";
import { createCipheriv, createDecipheriv, getCiphers } from "node:crypto";

/**
 * ChaCha20-Poly1305 as Noise uses it (sections 4.2 and 12.3): the nonce is 32 zero bits, then a counter of 64
 * bits, little-endian. Here the counter goes as far as a number is exact.
 */
export interface Cipher {
  /**
   * @returns The ciphertext followed by the tag: {@linkcode tagBytes} more than the plaintext.
   * @throws {RangeError} If the nonce is not a safe integer, because the key is used up.
   */
  encrypt(key: Uint8Array, nonce: number, ad: Uint8Array, plaintext: Uint8Array): Uint8Array;
  /**
   * Encrypts a plaintext in several parts, without associated data, into `target` from `at` on. So a long
   * plaintext need not be joined first.
   *
   * @throws {RangeError} If the nonce is not a safe integer, or the target is too short.
   */
  encryptInto(
    key: Uint8Array,
    nonce: number,
    parts: readonly Uint8Array[],
    target: Uint8Array,
    at: number,
  ): void;
  /**
   * @returns The plaintext; undefined if the ciphertext is not authentic.
   * @throws {RangeError} If the nonce is not a safe integer.
   */
  decrypt(
    key: Uint8Array,
    nonce: number,
    ad: Uint8Array,
    ciphertext: Uint8Array,
  ): Uint8Array | undefined;
  /** REKEY of Noise (section 4.2). @returns The next key, from which this one cannot be found. */
  rekey(key: Uint8Array): Uint8Array;
}

/** Bytes of the tag, by which a ciphertext is longer than its plaintext. */
export const tagBytes = 16;

const algorithm = "chacha20-poly1305";

/** Whether the platform has the cipher. Deno has it from 2.9 on. */
export const nativeCipherExists: boolean = getCiphers().includes(algorithm);

/** The functions of RFC 8439, whose nonce has 12 bytes. */
export interface Aead {
  seal(key: Uint8Array, nonce: Uint8Array, ad: Uint8Array, plaintext: Uint8Array): Uint8Array;
  /** Seals a plaintext in several parts, without associated data, into existing memory. */
  sealInto(
    key: Uint8Array,
    nonce: Uint8Array,
    parts: readonly Uint8Array[],
    target: Uint8Array,
    at: number,
  ): void;
  /** @throws {Error} If the ciphertext is not authentic. */
  open(key: Uint8Array, nonce: Uint8Array, ad: Uint8Array, ciphertext: Uint8Array): Uint8Array;
}

/** The cipher of the platform, many times as fast with long messages. It throws if there is none. */
export const nodeAead: Aead = {
  seal(key, nonce, ad, plaintext) {
    const cipher = createCipheriv(algorithm, key, nonce, { authTagLength: tagBytes });
    if (ad.length > 0) cipher.setAAD(ad, { plaintextLength: plaintext.length });
    const sealed = new Uint8Array(plaintext.length + tagBytes);
    sealed.set(cipher.update(plaintext));
    cipher.final();
    sealed.set(cipher.getAuthTag(), plaintext.length);
    return sealed;
  },
  sealInto(key, nonce, parts, target, at) {
    const cipher = createCipheriv(algorithm, key, nonce, { authTagLength: tagBytes });
    for (const part of parts) {
      target.set(cipher.update(part), at);
      at += part.length;
    }
    cipher.final();
    target.set(cipher.getAuthTag(), at);
  },
  open(key, nonce, ad, ciphertext) {
    const length = ciphertext.length - tagBytes;
    const decipher = createDecipheriv(algorithm, key, nonce, { authTagLength: tagBytes });
    if (ad.length > 0) decipher.setAAD(ad, { plaintextLength: length });
    decipher.setAuthTag(ciphertext.subarray(length));
    const opened = decipher.update(ciphertext.subarray(0, length));
    decipher.final();
    return new Uint8Array(opened.buffer, opened.byteOffset, opened.length);
  },
};

/** The portable cipher. */
export const nobleAead: Aead = {
  seal: (key, nonce, ad, plaintext) => chacha20poly1305(key, nonce, ad).encrypt(plaintext),
  sealInto(key, nonce, parts, target, at) {
    target.set(chacha20poly1305(key, nonce).encrypt(concat(parts)), at);
  },
  open: (key, nonce, ad, ciphertext) => chacha20poly1305(key, nonce, ad).decrypt(ciphertext),
};

/** {@linkcode nodeAead} for Noise. */
export const nodeCipher: Cipher = cipherOf(nodeAead);

/** {@linkcode nobleAead} for Noise. */
export const nobleCipher: Cipher = cipherOf(nobleAead);

function cipherOf({ seal, sealInto, open }: Aead): Cipher {
  return {
    encrypt: (key, nonce, ad, plaintext) => seal(checked(key), nonceOf(nonce), ad, plaintext),
    encryptInto: (key, nonce, parts, target, at) =>
      sealInto(checked(key), nonceOf(nonce), parts, target, at),
    decrypt(key, nonce, ad, ciphertext) {
      // Outside of the try, so that a mistake of ours is not taken for one of the peer.
      const bytes = nonceOf(nonce);
      checked(key);
      if (ciphertext.length < tagBytes) return undefined;
      try {
        return open(key, bytes, ad, ciphertext);
      } catch {
        return undefined;
      }
    },
    rekey(key) {
      // The nonce 2^64-1 is reserved for this.
      const nonce = new Uint8Array(12).fill(0xff, 4);
      return seal(checked(key), nonce, new Uint8Array(0), new Uint8Array(32)).slice(0, 32);
    },
  };
}

function checked(key: Uint8Array): Uint8Array {
  if (key.length !== 32) throw new TypeError(`A key has 32 bytes, not ${key.length}`);
  return key;
}

function nonceOf(counter: number): Uint8Array {
  if (!Number.isSafeInteger(counter) || counter < 0) {
    throw new RangeError(`Cannot use ${counter} as a nonce: a key serves 2^53 messages`);
  }
  const nonce = new Uint8Array(12);
  const view = new DataView(nonce.buffer);
  view.setUint32(4, counter, true);
  view.setUint32(8, counter / 2 ** 32, true);
  return nonce;
}
