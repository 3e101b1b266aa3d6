/**
 * The user's own keys: an Ed25519 key (RFC 8032), and the X25519 key that it certifies for Noise. The X25519
 * key is derived from the same seed and not converted, so that each key has one purpose.
 *
 * @module
 */

import { concat } from "@std/bytes/concat";
import { createHmac, createPublicKey, hkdfSync, type KeyObject, sign, verify } from "node:crypto";
import { type KeyPair, primitives } from "./primitives.ts";
import {
  type Fingerprint,
  fingerprintOf,
  type PublicKey,
  publicKeyBytes,
  publicKeyFrom,
} from "./public_key.ts";
import {
  isLowOrder,
  keyBytes,
  privateKeyObject,
  publicKeyObject,
  rawPublicKey,
} from "./raw_keys.ts";

/** Bytes of a signature, and of a certificate, which is one. */
export const signatureBytes = 64;

const utf8 = new TextEncoder();
const agreementLabel = utf8.encode("p2pchat X25519 1");
const contactTokenLabel = utf8.encode("p2pchat contact token 1");
const certificateLabel = utf8.encode("p2pchat X25519 certificate 1\0");

/** Bytes of a contact token. */
const contactTokenBytes = 16;

/** The keys of one person. */
export class Identity {
  /** Says who this is. */
  readonly publicKey: PublicKey;
  /** {@linkcode fingerprintOf} the public key. */
  readonly fingerprint: Fingerprint;
  readonly #seed: Uint8Array;
  readonly #privateKey: KeyObject;
  #agreement: KeyPair | undefined;
  #certificate: Uint8Array | undefined;
  #contactTokenKey: Uint8Array | undefined;

  private constructor(seed: Uint8Array) {
    this.#seed = seed;
    this.#privateKey = privateKeyObject("Ed25519", seed);
    this.publicKey = publicKeyFrom(rawPublicKey(createPublicKey(this.#privateKey)));
    this.fingerprint = fingerprintOf(this.publicKey);
  }

  /** Makes a new identity. */
  static generate(): Identity {
    return new Identity(crypto.getRandomValues(new Uint8Array(keyBytes)));
  }

  /**
   * Makes the identity of a seed.
   *
   * @throws {TypeError} If the seed does not have 32 bytes.
   */
  static fromSeed(seed: Uint8Array): Identity {
    return new Identity(seed.slice());
  }

  /** A copy of the 32 bytes of the Ed25519 private key, from which all other keys are derived. */
  get seed(): Uint8Array {
    return this.#seed.slice();
  }

  /** Signs a message. @returns 64 bytes. */
  sign(message: Uint8Array): Uint8Array {
    return new Uint8Array(sign(null, message, this.#privateKey));
  }

  /** The X25519 key pair for Noise: HKDF-SHA256 (RFC 5869) of the seed with a label. */
  get agreement(): KeyPair {
    return this.#agreement ??= primitives.keyPairOf(
      new Uint8Array(hkdfSync("sha256", this.#seed, "", agreementLabel, keyBytes)),
    );
  }

  /** The signature that says whose {@linkcode agreement} is, for {@linkcode verifyCertificate}. */
  get certificate(): Uint8Array {
    return this.#certificate ??= this.sign(certified(this.agreement.publicKey));
  }

  /**
   * The token by which a server knows a contact: HMAC-SHA256 (RFC 2104) of the contact's key and the epoch, under a
   * key that HKDF-SHA256 derives from the seed. Whoever has the identity can make it, and nobody else.
   *
   * @param epoch How often all tokens were made anew.
   * @returns 16 bytes.
   */
  contactToken(contact: PublicKey, epoch: number): Uint8Array {
    this.#contactTokenKey ??= new Uint8Array(
      hkdfSync("sha256", this.#seed, "", contactTokenLabel, keyBytes),
    );
    const numbered = new Uint8Array(keyBytes + 8);
    numbered.set(publicKeyBytes(contact));
    new DataView(numbered.buffer).setBigUint64(keyBytes, BigInt(epoch));
    const mac = createHmac("sha256", this.#contactTokenKey).update(numbered).digest();
    return new Uint8Array(mac).subarray(0, contactTokenBytes);
  }
}

/** Whether a signature of a message was made with a key. Never throws. */
export function verifySignature(
  publicKey: PublicKey,
  message: Uint8Array,
  signature: Uint8Array,
): boolean {
  if (signature.length !== signatureBytes) return false;
  const bytes = publicKeyBytes(publicKey);
  if (isLowOrder("Ed25519", bytes)) return false;
  try {
    return verify(null, message, publicKeyObject("Ed25519", bytes), signature);
  } catch {
    // Not every 32 bytes are a point of the curve.
    return false;
  }
}

/** Whether the owner of a public key has certified that an X25519 key is theirs. */
export function verifyCertificate(
  publicKey: PublicKey,
  agreementKey: Uint8Array,
  certificate: Uint8Array,
): boolean {
  return agreementKey.length === keyBytes &&
    verifySignature(publicKey, certified(agreementKey), certificate);
}

function certified(agreementKey: Uint8Array): Uint8Array {
  return concat([certificateLabel, agreementKey]);
}
