/**
 * The building blocks of all cryptography in this project, in one interface: the DH, cipher and hash
 * functions of the Noise specification (revision 34, section 4) for `25519_ChaChaPoly_SHA256`.
 *
 * @module
 */

import {
  createHash,
  createPublicKey,
  diffieHellman,
  generateKeyPairSync,
  hkdfSync,
  type KeyObject,
} from "node:crypto";
import { type Cipher, nativeCipherExists, nobleCipher, nodeCipher } from "./chacha20_poly1305.ts";
import { isLowOrder, privateKeyObject, publicKeyObject, rawPublicKey } from "./raw_keys.ts";

/** A key pair of X25519. The private key is an object, so that its bytes do not appear in logs. */
export interface KeyPair {
  readonly publicKey: Uint8Array;
  readonly privateKey: KeyObject;
}

/** The functions of section 4 of the Noise specification. */
export interface Primitives extends Cipher {
  generateKeyPair(): KeyPair;
  /** @throws {TypeError} If the private key does not have 32 bytes. */
  keyPairOf(privateBytes: Uint8Array): KeyPair;
  /**
   * X25519 (RFC 7748).
   *
   * @returns The shared secret; undefined if the public key is of low order, which would make the secret zero
   * for everybody (section 6.1).
   * @throws {TypeError} If the public key does not have 32 bytes.
   */
  dh(own: KeyPair, publicKey: Uint8Array): Uint8Array | undefined;
  /** SHA-256 of the parts, joined in order. */
  hash(...parts: Uint8Array[]): Uint8Array;
  /** HKDF (section 4.3): outputs of 32 bytes each. */
  hkdf(chainingKey: Uint8Array, material: Uint8Array, outputs: 2 | 3): Uint8Array[];
}

const none = new Uint8Array(0);

/** The functions of the platform, with the portable cipher if the platform has none. */
export const primitives: Primitives = {
  ...(nativeCipherExists ? nodeCipher : nobleCipher),

  generateKeyPair() {
    const { publicKey, privateKey } = generateKeyPairSync("x25519");
    return { publicKey: rawPublicKey(publicKey), privateKey };
  },

  keyPairOf(privateBytes) {
    const privateKey = privateKeyObject("X25519", privateBytes);
    return { publicKey: rawPublicKey(createPublicKey(privateKey)), privateKey };
  },

  dh(own, publicKey) {
    const other = publicKeyObject("X25519", publicKey);
    // Checked first because platforms differ: some throw, some give zeros.
    if (isLowOrder("X25519", publicKey)) return undefined;
    return new Uint8Array(diffieHellman({ privateKey: own.privateKey, publicKey: other }));
  },

  hash(...parts) {
    const hash = createHash("sha256");
    for (const part of parts) hash.update(part);
    return new Uint8Array(hash.digest());
  },

  hkdf(chainingKey, material, outputs) {
    // HKDF of RFC 5869, with the chaining key as its salt and no info.
    const bytes = hkdfSync("sha256", material, chainingKey, none, 32 * outputs);
    return Array.from({ length: outputs }, (_, i) => new Uint8Array(bytes, 32 * i, 32));
  },
};
