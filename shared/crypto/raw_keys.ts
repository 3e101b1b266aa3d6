/**
 * Keys of Curve25519 as the 32 bytes of RFC 7748 and RFC 8032. The objects of node:crypto read and write them
 * only in the encoding of RFC 8410.
 *
 * @module
 */

import { Buffer } from "node:buffer";
import { createPrivateKey, createPublicKey, type KeyObject } from "node:crypto";
import { keyBytes } from "./public_key.ts";

/** X25519 agrees on secrets (RFC 7748). Ed25519 signs (RFC 8032). */
export type Algorithm = "X25519" | "Ed25519";

/**
 * Makes a private key from 32 bytes: the scalar of X25519, the seed of Ed25519.
 *
 * @throws {TypeError} If there are not 32 bytes.
 */
export function privateKeyObject(algorithm: Algorithm, bytes: Uint8Array): KeyObject {
  return createPrivateKey({ key: wrap(pkcs8[algorithm], bytes), format: "der", type: "pkcs8" });
}

/**
 * Makes a public key from 32 bytes.
 *
 * @throws {TypeError} If there are not 32 bytes.
 * @throws {Error} If they are not a key: not every 32 bytes are a point of Ed25519.
 */
export function publicKeyObject(algorithm: Algorithm, bytes: Uint8Array): KeyObject {
  return createPublicKey({ key: wrap(spki[algorithm], bytes), format: "der", type: "spki" });
}

/** Gives the 32 bytes of a public key. */
export function rawPublicKey(publicKey: KeyObject): Uint8Array {
  return new Uint8Array(publicKey.export({ format: "der", type: "spki" }).subarray(-keyBytes));
}

/**
 * Whether a public key is a point whose order divides eight. No key pair that was made correctly has such a
 * point. With it, X25519 gives zero for every private key (RFC 7748 section 6.1), and Ed25519 accepts
 * signatures that nobody made.
 */
export function isLowOrder(algorithm: Algorithm, publicKey: Uint8Array): boolean {
  return lowOrder[algorithm].some((point) =>
    // X25519 ignores the topmost bit, and in Ed25519 it is the sign.
    point.every((byte, i) => byte === (i === keyBytes - 1 ? publicKey[i]! & 0x7f : publicKey[i]))
  );
}

// They differ in the last byte of the object identifier of the algorithm.
const pkcs8 = {
  X25519: Uint8Array.fromHex("302e020100300506032b656e04220420"),
  Ed25519: Uint8Array.fromHex("302e020100300506032b657004220420"),
};
const spki = {
  X25519: Uint8Array.fromHex("302a300506032b656e032100"),
  Ed25519: Uint8Array.fromHex("302a300506032b6570032100"),
};

function wrap(prefix: Uint8Array, bytes: Uint8Array): Buffer {
  if (bytes.length !== keyBytes) {
    throw new TypeError(`A key of Curve25519 has ${keyBytes} bytes, not ${bytes.length}`);
  }
  return Buffer.concat([prefix, bytes]);
}

// The coordinate that is sent, little-endian: 0, 1, -1, then 0 and 1 plus the prime of the field, which are
// other encodings of the same values. The lists below add the two points of order eight.
const ofBoth = [
  "0000000000000000000000000000000000000000000000000000000000000000",
  "0100000000000000000000000000000000000000000000000000000000000000",
  "ecffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f",
  "edffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f",
  "eeffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f",
];
const lowOrder = {
  X25519: [
    ...ofBoth,
    "e0eb7a7c3b41b8ae1656e3faf19fc46ada098deb9c32b1fd866205165f49b800",
    "5f9c95bca3508c24b1d0b1559c83ef5b04445cc4581c8e86d8224eddd09f1157",
  ].map((hex) => Uint8Array.fromHex(hex)),
  Ed25519: [
    ...ofBoth,
    "26e8958fc2b227b045c3f489f2ef98f0d5dfac05d3c63339b13802886d53fc05",
    "c7176a703d4dd84fba3c0b760d10670f2a2053fa2c39ccc64ec7fd7792ac037a",
  ].map((hex) => Uint8Array.fromHex(hex)),
};
