/**
 * The handshake between CHATACK and the first message: Noise_XX_25519_ChaChaPoly_SHA256, of which the
 * prologue is what both have said so far, so that nobody can have changed it. Each side proves in it
 * that it has its X25519 key, and that the owner of its Ed25519 key says that this is so.
 *
 * Messages in, messages out; no I/O.
 *
 * @module
 */

import { concat } from "@std/bytes/concat";
import { type Identity, signatureBytes, verifyCertificate } from "../../shared/crypto/identity.ts";
import { HandshakeState } from "../../shared/crypto/noise.ts";
import { type PublicKey, publicKeyBytes, publicKeyFrom } from "../../shared/crypto/public_key.ts";
import { keyBytes } from "../../shared/crypto/raw_keys.ts";
import type { CipherPair } from "./secure_channel.ts";

/** What CHAT and CHATACK call it. */
export const encryption = "Noise_XX_25519_ChaChaPoly_SHA256";

const nothing = new Uint8Array(0);

/** A handshake's options. */
export interface HandshakeOptions {
  readonly role: "initiator" | "responder";
  readonly identity: Identity;
  /** CHAT and CHATACK as they went over the wire, one behind the other. */
  readonly prologue: Uint8Array;
}

/** The keys of a peer. */
export interface PeerKeys {
  readonly peerKey: PublicKey;
  /** X25519. */
  readonly peerAgreement: Uint8Array;
}

/** One side of a handshake. */
export class Handshake {
  readonly #role: "initiator" | "responder";
  readonly #identity: Identity;
  readonly #state: HandshakeState;
  #messages = 0;

  constructor({ role, identity, prologue }: HandshakeOptions) {
    this.#role = role;
    this.#identity = identity;
    this.#state = new HandshakeState({
      pattern: "XX",
      initiator: role === "initiator",
      prologue,
      s: identity.agreement,
    });
  }

  /** The caller's first message. */
  begin(): Uint8Array {
    this.#messages++;
    return this.#state.writeMessage(nothing);
  }

  /**
   * Takes the next message of the peer's.
   *
   * @returns What to answer, or the peer's Ed25519 key, which is proven then, and the X25519 key that it
   * certifies; undefined where the message is not what a peer with a key says, and nothing more is to be
   * taken.
   */
  take(message: Uint8Array): { answer: Uint8Array } | PeerKeys | undefined {
    const isFirst = this.#messages++ === 0;
    // Neither side says anything behind what proves the key until it has been looked at.
    if (this.#messages > (this.#role === "initiator" ? 2 : 3)) return undefined;
    const payload = this.#state.readMessage(message);
    if (payload === undefined) return undefined;
    if (isFirst) {
      this.#messages++;
      return { answer: this.#state.writeMessage(this.#proof()) };
    }
    const certificate = payload.subarray(keyBytes, keyBytes + signatureBytes);
    // What stands behind both is of a later version.
    if (certificate.length < signatureBytes) return undefined;
    const peerKey = publicKeyFrom(payload.subarray(0, keyBytes));
    const peerAgreement = this.#state.remoteStatic!.slice();
    return verifyCertificate(peerKey, peerAgreement, certificate)
      ? { peerKey, peerAgreement }
      : undefined;
  }

  /** The caller's last message, by which it lets the called side know who it is. */
  conclude(): Uint8Array {
    return this.#state.writeMessage(this.#proof());
  }

  /** The channel that the handshake has made, once it is over on this side. */
  split(): CipherPair {
    return this.#state.split();
  }

  /** What both sides know and nobody else can have made equal on two links (section 11.2). */
  get hash(): Uint8Array {
    return this.#state.handshakeHash;
  }

  #proof(): Uint8Array {
    const { publicKey, certificate } = this.#identity;
    return concat([publicKeyBytes(publicKey), certificate]);
  }
}
