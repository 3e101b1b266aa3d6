/**
 * The handshake between CHATACK and the first message: Noise_XX_25519_ChaChaPoly_SHA256. Its prologue is what
 * both sides have said so far, so that nobody can have changed that. Each side proves that it has its X25519
 * key, and that its Ed25519 key certifies it.
 *
 * Messages in, messages out; no I/O.
 *
 * @module
 */

import { concat } from "@std/bytes/concat";
import {
  type CertifiedAgreement,
  type Identity,
  numberedCertificateBytes,
  signatureBytes,
  verifyCertificate,
  verifyNumberedCertificate,
} from "../../shared/crypto/identity.ts";
import { HandshakeState } from "../../shared/crypto/noise.ts";
import { type KeyPair, primitives } from "../../shared/crypto/primitives.ts";
import {
  keyBytes,
  type PublicKey,
  publicKeyBytes,
  publicKeyFrom,
} from "../../shared/crypto/public_key.ts";
import type { CipherPair } from "./secure_channel.ts";

/** Its name in CHAT and CHATACK. */
export const encryption = "Noise_XX_25519_ChaChaPoly_SHA256";

const nothing = new Uint8Array(0);
/** The Ed25519 key and the certificate without a number. */
const proofBytes = keyBytes + signatureBytes;

/** A handshake's options. */
export interface HandshakeOptions {
  readonly role: "initiator" | "responder";
  readonly identity: Identity;
  /** CHAT and then CHATACK as they went over the wire. */
  readonly prologue: Uint8Array;
  /** Whether both sides have said there that their certificates have a number. */
  readonly numbered?: boolean;
  /** What an initiator has begun with before it knew the prologue. */
  readonly beginning?: Beginning | undefined;
}

/** An initiator's first message, on which the prologue has no influence. It is for one handshake. */
export class Beginning {
  readonly e: KeyPair = primitives.generateKeyPair();

  /** The message: the pattern has no more than that in it. */
  get message(): Uint8Array {
    return this.e.publicKey;
  }
}

/** The keys of a peer. */
export interface PeerKeys {
  readonly peerKey: PublicKey;
  /** X25519. */
  readonly peerAgreement: CertifiedAgreement;
}

/** One side of a handshake. */
export class Handshake {
  readonly #role: "initiator" | "responder";
  readonly #identity: Identity;
  readonly #numbered: boolean;
  readonly #state: HandshakeState;
  #messages = 0;

  constructor({ role, identity, prologue, numbered = false, beginning }: HandshakeOptions) {
    this.#role = role;
    this.#numbered = numbered;
    this.#identity = identity;
    this.#state = new HandshakeState({
      pattern: "XX",
      initiator: role === "initiator",
      prologue,
      s: identity.agreement,
      ...beginning && { e: beginning.e },
    });
  }

  /** The initiator's first message: that of its {@linkcode Beginning}, if there is one. */
  begin(): Uint8Array {
    this.#messages++;
    return this.#state.writeMessage(nothing);
  }

  /**
   * Takes the next message of the peer.
   *
   * @returns The answer to send; or the peer's keys, which are proven then; or undefined if the message is
   * not a valid one, after which nothing more may be taken.
   */
  take(message: Uint8Array): { answer: Uint8Array } | PeerKeys | undefined {
    const isFirst = this.#messages++ === 0;
    // Neither side says anything more until the other has looked at its key.
    if (this.#messages > (this.#role === "initiator" ? 2 : 3)) return undefined;
    const payload = this.#state.readMessage(message);
    if (payload === undefined) return undefined;
    if (isFirst) {
      this.#messages++;
      return { answer: this.#state.writeMessage(this.#proof()) };
    }
    if (payload.length < proofBytes) return undefined;
    const peerKey = publicKeyFrom(payload.subarray(0, keyBytes));
    const key = this.#state.remoteStatic!.slice();
    if (!this.#numbered) {
      // What else follows is of a later version.
      const certificate = payload.subarray(keyBytes, proofBytes);
      if (!verifyCertificate(peerKey, key, certificate)) return undefined;
      return { peerKey, peerAgreement: { key, terms: undefined } };
    }
    // It says all that the certificate without a number does, and a signature costs time to check.
    const numbered = payload.subarray(proofBytes, proofBytes + numberedCertificateBytes);
    const terms = verifyNumberedCertificate(peerKey, key, numbered);
    return terms && { peerKey, peerAgreement: { key, terms } };
  }

  /** The initiator's last message, which tells the responder who it is. */
  conclude(): Uint8Array {
    return this.#state.writeMessage(this.#proof());
  }

  /** The keys of the channel, once the handshake is over on this side. */
  split(): CipherPair {
    return this.#state.split();
  }

  /** The hash of the handshake: the same on both sides, and on no other link (section 11.2). */
  get hash(): Uint8Array {
    return this.#state.handshakeHash;
  }

  #proof(): Uint8Array {
    const { publicKey, certificate } = this.#identity;
    const proof = concat([publicKeyBytes(publicKey), certificate]);
    return this.#numbered ? concat([proof, this.#identity.numberedCertificate]) : proof;
  }
}
