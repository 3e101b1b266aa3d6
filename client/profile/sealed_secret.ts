/**
 * A secret under a passphrase: scrypt (RFC 7914) makes a key of the passphrase, and ChaCha20-Poly1305
 * (RFC 8439) seals the secret with that key.
 *
 * @module
 */

import { randomBytes, scryptSync } from "node:crypto";
import { primitives } from "../../shared/crypto/primitives.ts";
import { passphraseMemoryBytesMax } from "../../shared/protocol/limits.ts";

/** What it costs to try one passphrase, in scrypt's parameters: 128·N·r bytes of memory, and time for N·r·p. */
export interface PassphraseCost {
  /** A power of two. */
  readonly N: number;
  readonly r: number;
  readonly p: number;
}

/** 128 MiB and about half a second. */
const passphraseCost: PassphraseCost = { N: 2 ** 17, r: 8, p: 1 };

const keyBytes = 32;

/** Bytes of the salt. */
export const saltBytes = 32;

/** A secret under a passphrase. */
export interface SealedSecret {
  readonly cost: PassphraseCost;
  readonly salt: Uint8Array;
  readonly ciphertext: Uint8Array;
}

/**
 * Seals a secret with a passphrase.
 *
 * @param header What stands beside the secret and is not secret; the secret opens only with the same one.
 */
export function sealSecret(
  secret: Uint8Array,
  header: Uint8Array,
  passphrase: string,
  cost = passphraseCost,
): SealedSecret {
  const salt = new Uint8Array(randomBytes(saltBytes));
  // The salt is new, so the key seals this one message, and its nonce can be 0.
  const ciphertext = primitives.encrypt(keyOf(passphrase, salt, cost), 0, header, secret);
  return { cost, salt, ciphertext };
}

/** Opens a secret. @returns Undefined if the passphrase is wrong, or something has been changed. */
export function openSecret(
  { cost, salt, ciphertext }: SealedSecret,
  header: Uint8Array,
  passphrase: string,
): Uint8Array | undefined {
  return primitives.decrypt(keyOf(passphrase, salt, cost), 0, header, ciphertext);
}

/** Whether scrypt allows such a cost, and it takes a bounded amount of memory and time. */
export function isBearable({ N, r, p }: PassphraseCost): boolean {
  return [N, r, p].every((value) => Number.isSafeInteger(value) && value > 0) &&
    N > 1 && Number.isInteger(Math.log2(N)) &&
    128 * N * r <= passphraseMemoryBytesMax && p <= 4;
}

function keyOf(passphrase: string, salt: Uint8Array, { N, r, p }: PassphraseCost): Uint8Array {
  // Keyboards of different systems compose the same letter differently (RFC 8265 section 4.2).
  const text = passphrase.normalize("NFC");
  return scryptSync(text, salt, keyBytes, { N, r, p, maxmem: 2 * passphraseMemoryBytesMax });
}
