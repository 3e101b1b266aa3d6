/**
 * What both sides of a handshake have agreed on so far: the SymmetricState of the Noise Protocol Framework,
 * revision 34 (noiseprotocol.org), section 5.2.
 *
 * @module
 */

import { CipherState } from "./cipher_state.ts";
import type { Primitives } from "./primitives.ts";

/** The chaining key and the hash of a handshake. */
export class SymmetricState {
  readonly #primitives: Primitives;
  readonly #cipher: CipherState;
  #ck: Uint8Array;
  #h: Uint8Array;

  /** @param protocolName The full name of the protocol (section 8). */
  constructor(primitives: Primitives, protocolName: Uint8Array) {
    this.#primitives = primitives;
    this.#cipher = new CipherState(primitives);
    this.#h = new Uint8Array(32);
    if (protocolName.length <= this.#h.length) this.#h.set(protocolName);
    else this.#h = primitives.hash(protocolName);
    this.#ck = this.#h;
  }

  get handshakeHash(): Uint8Array {
    return this.#h.slice();
  }

  mixKey(material: Uint8Array): void {
    const [ck, key] = this.#primitives.hkdf(this.#ck, material, 2);
    this.#ck = ck!;
    this.#cipher.initializeKey(key!);
  }

  mixHash(data: Uint8Array): void {
    this.#h = this.#primitives.hash(this.#h, data);
  }

  mixKeyAndHash(material: Uint8Array): void {
    const [ck, hash, key] = this.#primitives.hkdf(this.#ck, material, 3);
    this.#ck = ck!;
    this.mixHash(hash!);
    this.#cipher.initializeKey(key!);
  }

  encryptAndHash(plaintext: Uint8Array): Uint8Array {
    const ciphertext = this.#cipher.encryptWithAd(this.#h, plaintext);
    this.mixHash(ciphertext);
    return ciphertext;
  }

  /** @returns Undefined if the ciphertext is not authentic. */
  decryptAndHash(ciphertext: Uint8Array): Uint8Array | undefined {
    const plaintext = this.#cipher.decryptWithAd(this.#h, ciphertext);
    if (plaintext !== undefined) this.mixHash(ciphertext);
    return plaintext;
  }

  /** Makes the cipher states of both directions, the initiator's first, and wipes the chaining key. */
  split(): [CipherState, CipherState] {
    const keys = this.#primitives.hkdf(this.#ck, new Uint8Array(0), 2);
    // The handshake may stay in memory. With its chaining key, somebody who reads that memory could compute
    // the keys that rekey() has wiped.
    this.#ck.fill(0);
    const ciphers = keys.map((key) => {
      const cipher = new CipherState(this.#primitives);
      cipher.initializeKey(key);
      return cipher;
    });
    return [ciphers[0]!, ciphers[1]!];
  }
}
