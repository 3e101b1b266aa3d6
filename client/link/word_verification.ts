/**
 * The comparison of words (a short authentication string): two people see the same four words and compare
 * them by voice, which shows that nobody intercepts their link. The words are made of the handshake's hash
 * and a nonce of each side. Both sides commit to their nonces before either reveals one, as ZRTP does with
 * its Diffie-Hellman values (RFC 6189 section 4.4.1): so an attacker has one guess in 2^44, at any speed.
 *
 * Messages in, messages out; no I/O.
 *
 * @module
 */

import { wordlist } from "@scure/bip39/wordlists/english.js";
import { timingSafeEqual } from "node:crypto";
import { primitives } from "../../shared/crypto/primitives.ts";
import { header, type Message, message } from "../../shared/protocol/message.ts";
import { peerFaults } from "../../shared/protocol/reasons.ts";
import type { Fault } from "../../shared/protocol/status.ts";

const nonceBytes = 16;
const wordCount = 4;
/** The list has 2,048 words. */
const bitsPerWord = 11;

const utf8 = new TextEncoder();

/** A verification's options. */
export interface WordVerificationOptions {
  readonly role: "initiator" | "responder";
  /** The handshake's hash, which ties the words to this one link. */
  readonly handshakeHash: Uint8Array;
  /** Gives so many random bytes; those of the system if it is not given. */
  readonly random?: (count: number) => Uint8Array;
}

/** What beginning, or a message of the peer, leads to. */
export interface VerificationStep {
  /** The messages to send, in this order. */
  readonly send: readonly Message[];
  /** The words, once both can see them. */
  readonly words?: readonly string[];
  /** Whether the peer has begun and waits for us to do so. */
  readonly asked?: true;
}

/** One side of a verification. */
export class WordVerification {
  readonly #options: WordVerificationOptions;
  readonly #nonce: Uint8Array;
  #begun = false;
  #peerCommit: Uint8Array | undefined;
  #words: readonly string[] | undefined;

  constructor(options: WordVerificationOptions) {
    this.#options = options;
    const { random = (count) => crypto.getRandomValues(new Uint8Array(count)) } = options;
    this.#nonce = random(nonceBytes);
  }

  /** Whether the peer has begun. */
  get asked(): boolean {
    return this.#peerCommit !== undefined;
  }

  /** Whether our nonce is out and the peer's is still to come: then there is nothing to compare with yet. */
  get isHalfRevealed(): boolean {
    return this.#begun && this.asked && this.#words === undefined;
  }

  /** Whether we have begun, and the peer has not. */
  get isAlone(): boolean {
    return this.#begun && !this.asked;
  }

  /** The words, once there are any. */
  get words(): readonly string[] | undefined {
    return this.#words;
  }

  /** Begins on our side, unless that is done. */
  begin(): VerificationStep {
    if (this.#begun) return { send: [] };
    this.#begun = true;
    const commit = message("VERIFY", [[
      "Commit",
      this.#commit(this.#options.role, this.#nonce).toHex(),
    ]]);
    // If the peer has committed itself, our nonce may be revealed.
    return { send: this.#peerCommit === undefined ? [commit] : [commit, this.#reveal()] };
  }

  /** Takes a VERIFY of the peer. @returns A fault if it is out of turn or does not fit. */
  take(verify: Message): VerificationStep | Fault {
    const commit = header(verify, "Commit");
    if (commit !== undefined) {
      const bytes = fromHex(commit, 32);
      if (bytes === undefined || this.#peerCommit !== undefined) return peerFaults.verifyOutOfTurn;
      this.#peerCommit = bytes;
      return this.#begun ? { send: [this.#reveal()] } : { send: [], asked: true };
    }
    const nonce = fromHex(header(verify, "Nonce") ?? "", nonceBytes);
    if (nonce === undefined || this.#peerCommit === undefined || !this.#begun || this.#words) {
      return peerFaults.verifyOutOfTurn;
    }
    const peerRole = this.#options.role === "initiator" ? "responder" : "initiator";
    if (!timingSafeEqual(this.#commit(peerRole, nonce), this.#peerCommit)) {
      return peerFaults.otherNonce;
    }
    this.#words = this.#options.role === "initiator"
      ? this.#wordsOf(this.#nonce, nonce)
      : this.#wordsOf(nonce, this.#nonce);
    return { send: [], words: this.#words };
  }

  #reveal(): Message {
    return message("VERIFY", [["Nonce", this.#nonce.toHex()]]);
  }

  #commit(role: "initiator" | "responder", nonce: Uint8Array): Uint8Array {
    const label = utf8.encode(`p2pchat verification 1 ${wireRoles[role]}\0`);
    return primitives.hash(label, this.#options.handshakeHash, nonce);
  }

  #wordsOf(initiatorNonce: Uint8Array, responderNonce: Uint8Array): string[] {
    const label = utf8.encode("p2pchat verification 1 words\0");
    const hash = primitives.hash(
      label,
      this.#options.handshakeHash,
      initiatorNonce,
      responderNonce,
    );
    let bits = BigInt(`0x${hash.subarray(0, 8).toHex()}`);
    const words = [];
    for (let i = 0; i < wordCount; i++) {
      words.push(wordlist[Number(bits >> BigInt(64 - bitsPerWord))]!);
      bits = BigInt.asUintN(64, bits << BigInt(bitsPerWord));
    }
    return words;
  }
}

/** What is hashed for each side. These words are part of the protocol. */
const wireRoles = { initiator: "caller", responder: "called" } as const;

function fromHex(text: string, length: number): Uint8Array | undefined {
  return text.length === 2 * length && /^[0-9a-f]+$/.test(text)
    ? Uint8Array.fromHex(text)
    : undefined;
}
