/**
 * The public key that says who somebody is, and the fingerprint by which people compare it.
 *
 * @module
 */

import { sha256 } from "@noble/hashes/sha2.js";
import { toBase32 } from "../bytes/base32.ts";
import { fromBase64url, toBase64url } from "../bytes/base64url.ts";

/**
 * An Ed25519 public key (RFC 8032) in the form that goes over the wire: base64url without padding
 * (RFC 4648 section 5) of its 32 bytes, 43 characters. Each key has one such text, so keys are compared with
 * `===` and may be the keys of a map. Not every 32 bytes are a point of the curve; a signature by such a key
 * is never valid.
 */
export type PublicKey = string & { readonly [publicKeyBrand]: never };

/** A public key for people to compare: 160 bits as `abcd-efgh-…`, 39 characters. */
export type Fingerprint = string & { readonly [fingerprintBrand]: never };

/** Bytes of a public key, and of the private key that belongs to it. */
export const keyBytes = 32;

declare const publicKeyBrand: unique symbol;
declare const fingerprintBrand: unique symbol;

/**
 * Makes a public key from its bytes.
 *
 * @throws {TypeError} If there are not 32 bytes.
 */
export function publicKeyFrom(bytes: Uint8Array): PublicKey {
  if (bytes.length !== keyBytes) {
    throw new TypeError(`A public key has ${keyBytes} bytes, not ${bytes.length}`);
  }
  return toBase64url(bytes) as PublicKey;
}

/**
 * Reads a public key from the wire, or from a person.
 *
 * @returns Undefined if the text is not the base64url of 32 bytes, or is another spelling of it.
 */
export function parsePublicKey(text: string): PublicKey | undefined {
  const bytes = fromBase64url(text, keyBytes);
  // A new string: the text may be a part of a longer one, which would stay in memory with it.
  return bytes && publicKeyFrom(bytes);
}

/** Gives the 32 bytes of a public key. They are the caller's own. */
export function publicKeyBytes(key: PublicKey): Uint8Array {
  return Uint8Array.fromBase64(key, { alphabet: "base64url" });
}

const fingerprintPattern = /^[a-z2-7]{4}(?:-[a-z2-7]{4}){7}$/;

/**
 * Makes what people compare instead of a key: the first 160 bits of the SHA-256 of its bytes, in base32
 * (RFC 4648 section 6), in lower case and groups of four.
 */
export function fingerprintOf(key: PublicKey): Fingerprint {
  const digest = sha256(publicKeyBytes(key));
  const text = toBase32(digest.subarray(0, 20));
  return text.replaceAll(/.{4}(?=.)/g, "$&-") as Fingerprint;
}

/** Whether a text has the form of a fingerprint. */
export function isFingerprint(text: string): text is Fingerprint {
  return fingerprintPattern.test(text);
}
