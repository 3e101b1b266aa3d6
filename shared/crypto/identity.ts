/**
 * Who one is: an Ed25519 key (RFC 8032), its fingerprint to compare by eye, and the X25519 key that it
 * certifies for Noise. That key is derived from the same seed and not converted, so that each key has
 * one purpose.
 *
 * @module
 */

import { Buffer } from "node:buffer";
import { createPublicKey, hkdfSync, type KeyObject, sign, verify } from "node:crypto";
import { fromBase64url, toBase64url } from "../bytes/base64url.ts";
import { type KeyPair, primitives } from "./primitives.ts";
import { isLowOrder, keyBytes, privateKeyFrom, publicKeyBytes, publicKeyFrom } from "./raw_keys.ts";

/** Bytes of a signature, and of a certificate, which is one. */
export const signatureBytes = 64;

const utf8 = new TextEncoder();
const agreementLabel = utf8.encode("p2pchat X25519 1");
const certificateLabel = utf8.encode("p2pchat X25519 certificate 1\0");

/** One's own keys. */
export class Identity {
  /** Ed25519's public key, 32 bytes. */
  readonly publicKey: Uint8Array;
  /** {@linkcode fingerprintOf} the public key. */
  readonly fingerprint: string;
  readonly #seed: Uint8Array;
  readonly #privateKey: KeyObject;
  #agreement: KeyPair | undefined;
  #certificate: Uint8Array | undefined;

  private constructor(seed: Uint8Array) {
    this.#seed = seed;
    this.#privateKey = privateKeyFrom("Ed25519", seed);
    this.publicKey = publicKeyBytes(createPublicKey(this.#privateKey));
    this.fingerprint = fingerprintOf(this.publicKey);
  }

  /** A new one that nobody else has. */
  static generate(): Identity {
    return new Identity(crypto.getRandomValues(new Uint8Array(keyBytes)));
  }

  /**
   * The one that a seed is.
   *
   * @throws {TypeError} Where the seed has not 32 bytes.
   */
  static fromSeed(seed: Uint8Array): Identity {
    return new Identity(seed.slice());
  }

  /** Ed25519's private key, 32 bytes, from which all else comes. The bytes are a copy. */
  get seed(): Uint8Array {
    return this.#seed.slice();
  }

  /** Signs. @returns 64 bytes. */
  sign(message: Uint8Array): Uint8Array {
    return new Uint8Array(sign(null, message, this.#privateKey));
  }

  /** The X25519 key pair for Noise: HKDF-SHA256 (RFC 5869) of the seed with a label. */
  get agreement(): KeyPair {
    return this.#agreement ??= primitives.keyPairOf(
      new Uint8Array(hkdfSync("sha256", this.#seed, "", agreementLabel, keyBytes)),
    );
  }

  /** The signature that says whose {@linkcode agreement} is; {@linkcode verifyCertificate} takes it. */
  get certificate(): Uint8Array {
    return this.#certificate ??= this.sign(certified(this.agreement.publicKey));
  }
}

/** Whether a message is signed with a key. False, and never an error, for bytes that are no key. */
export function verifySignature(
  publicKey: Uint8Array,
  message: Uint8Array,
  signature: Uint8Array,
): boolean {
  if (publicKey.length !== keyBytes || signature.length !== signatureBytes) return false;
  if (isLowOrder("Ed25519", publicKey)) return false;
  try {
    return verify(null, message, publicKeyFrom("Ed25519", publicKey), signature);
  } catch {
    // Not every 32 bytes are a point of the curve.
    return false;
  }
}

/** Whether the owner of an Ed25519 key says that an X25519 key is its own. */
export function verifyCertificate(
  publicKey: Uint8Array,
  agreementKey: Uint8Array,
  certificate: Uint8Array,
): boolean {
  return agreementKey.length === keyBytes &&
    verifySignature(publicKey, certified(agreementKey), certificate);
}

function certified(agreementKey: Uint8Array): Uint8Array {
  return Buffer.concat([certificateLabel, agreementKey]);
}

const fingerprintPattern = /^[a-z2-7]{4}(?:-[a-z2-7]{4}){7}$/;
const base32 = "abcdefghijklmnopqrstuvwxyz234567";

/**
 * What people compare instead of a key: the first 160 bits of its SHA-256 in base32 (RFC 4648), in
 * lower case and groups of four, as `abcd-efgh-…`: 39 characters.
 */
export function fingerprintOf(publicKey: Uint8Array): string {
  const digest = primitives.hash(publicKey);
  let text = "";
  for (let bit = 0; bit < 160; bit += 5) {
    if (bit > 0 && bit % 20 === 0) text += "-";
    const pair = digest[bit >> 3]! << 8 | digest[(bit >> 3) + 1]!;
    text += base32[pair >> (11 - bit % 8) & 31];
  }
  return text;
}

/** Whether a text has the form of a fingerprint. */
export function isFingerprint(text: string): boolean {
  return fingerprintPattern.test(text);
}

/** A public key as text: base64url without padding (RFC 4648), 43 characters. */
export function keyToText(publicKey: Uint8Array): string {
  return toBase64url(publicKey);
}

/** Gives back what {@linkcode keyToText} was given, or undefined where the text is none of its. */
export function keyFromText(text: string): Uint8Array | undefined {
  return fromBase64url(text, keyBytes);
}
