/**
 * Texts at rest, sealed with XChaCha20-Poly1305 (draft-irtf-cfrg-xchacha-03). Its nonces are long enough to be
 * chosen at random, so no nonce is used twice, not even by a copy of the store that was put back.
 *
 * @module
 */

import { hchacha } from "@noble/ciphers/chacha.js";
import {
  type Aead,
  nativeCipherExists,
  nobleAead,
  nodeAead,
  tagBytes,
} from "../../shared/crypto/chacha20_poly1305.ts";
import type { PartyColumns } from "./column_codec.ts";

/** The message that a text belongs to. The text opens in no other message's place. */
export interface TextOwner extends PartyColumns {
  /** It has no direction yet if it is half typed. */
  readonly direction: "in" | "out" | "draft";
  /** Empty if it is half typed. */
  readonly id: string;
}

const keyBytes = 32;
const nonceBytes = 24;
/** So many bytes of a nonce make the key that the rest of it is used with. */
const subkeyNonceBytes = 16;
const sigma = new Uint32Array(new TextEncoder().encode("expand 32-byte k").buffer);
const aead: Aead = nativeCipherExists ? nodeAead : nobleAead;
const utf8 = new TextEncoder();
const strictUtf8 = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true });

/** Seals texts, and opens them. */
export class TextCipher {
  readonly #key: Uint32Array;

  /** @throws {TypeError} If the key does not have 32 bytes. */
  constructor(key: Uint8Array) {
    if (key.length !== keyBytes) throw new TypeError(`A key has 32 bytes, not ${key.length}`);
    this.#key = new Uint32Array(key.slice().buffer);
  }

  /** @returns The nonce, the ciphertext and the tag. */
  seal(owner: TextOwner, text: string): Uint8Array {
    return this.#seal(associated(owner), utf8.encode(text));
  }

  /** @returns The text; undefined if it belongs to another key or message, or has been changed. */
  open(owner: TextOwner, sealed: Uint8Array): string | undefined {
    const opened = this.#open(associated(owner), sealed);
    return opened && strictUtf8.decode(opened);
  }

  /** Something that only this key {@linkcode knows}. */
  prove(): Uint8Array {
    return this.#seal(proofLabel, new Uint8Array(0));
  }

  /** Whether this key has made the proof. */
  knows(proof: Uint8Array): boolean {
    return this.#open(proofLabel, proof) !== undefined;
  }

  #seal(ad: Uint8Array, plaintext: Uint8Array): Uint8Array {
    const nonce = crypto.getRandomValues(new Uint8Array(nonceBytes));
    const sealed = new Uint8Array(nonceBytes + plaintext.length + tagBytes);
    sealed.set(nonce);
    sealed.set(aead.seal(this.#subkey(nonce), innerNonce(nonce), ad, plaintext), nonceBytes);
    return sealed;
  }

  #open(ad: Uint8Array, sealed: Uint8Array): Uint8Array | undefined {
    if (sealed.length < nonceBytes + tagBytes) return undefined;
    const nonce = sealed.slice(0, nonceBytes);
    const ciphertext = sealed.subarray(nonceBytes);
    // Not in the try block: a mistake of ours must not pass for a forgery.
    const key = this.#subkey(nonce);
    try {
      return aead.open(key, innerNonce(nonce), ad, ciphertext);
    } catch {
      return undefined;
    }
  }

  #subkey(nonce: Uint8Array): Uint8Array {
    const subkey = new Uint32Array(keyBytes / 4);
    hchacha(sigma, this.#key, new Uint32Array(nonce.buffer, 0, subkeyNonceBytes / 4), subkey);
    return new Uint8Array(subkey.buffer);
  }
}

const proofLabel = utf8.encode("p2pchat store proof 1");

function innerNonce(nonce: Uint8Array): Uint8Array {
  const inner = new Uint8Array(12);
  inner.set(nonce.subarray(subkeyNonceBytes), 4);
  return inner;
}

function associated({ self, name, key, direction, id }: TextOwner): Uint8Array {
  return utf8.encode(JSON.stringify(["p2pchat text 1", self, name, key.toHex(), direction, id]));
}
