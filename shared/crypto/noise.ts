/**
 * A handshake of the Noise Protocol Framework, revision 34 (noiseprotocol.org), for
 * `25519_ChaChaPoly_SHA256`. The names and the order of the steps are those of the specification. No I/O:
 * messages in, messages out.
 *
 * @module
 */

import { concat } from "@std/bytes/concat";
import { tagBytes } from "./chacha20_poly1305.ts";
import { type CipherState, noiseMessageBytesMax, tooLong } from "./cipher_state.ts";
import { type KeyPair, type Primitives, primitives } from "./primitives.ts";
import { keyBytes } from "./public_key.ts";
import { isLowOrder } from "./raw_keys.ts";
import { SymmetricState } from "./symmetric_state.ts";

type DhToken = "ee" | "es" | "se" | "ss";
type Token = "e" | "s" | "psk" | DhToken;

interface HandshakePattern {
  /** Whether the initiator knows the responder's static key before: the pre-message `<- s`. */
  readonly knowsResponder: boolean;
  /** The initiator's message, the responder's, and so on. */
  readonly messages: readonly (readonly Token[])[];
}

/**
 * Sections 7.4 and 7.5, with the modifier psk3 of section 9. Links use XX, mail uses X. XXpsk3 is XX
 * with a secret that both sides know before.
 */
const patterns = {
  X: { knowsResponder: true, messages: [["e", "es", "s", "ss"]] },
  XX: { knowsResponder: false, messages: [["e"], ["e", "ee", "s", "es"], ["s", "se"]] },
  XXpsk3: { knowsResponder: false, messages: [["e"], ["e", "ee", "s", "es"], ["s", "se", "psk"]] },
} as const satisfies Record<string, HandshakePattern>;

/** The name of a handshake pattern. */
export type PatternName = keyof typeof patterns;

/** What a handshake starts with. */
export interface HandshakeOptions {
  readonly pattern: PatternName;
  /** Whether this side sends the first message. */
  readonly initiator: boolean;
  /** What both sides have to agree on. If theirs differ, the handshake fails. */
  readonly prologue: Uint8Array;
  /** This side's static key pair, if the pattern has one. */
  readonly s?: KeyPair;
  /** This side's ephemeral key pair. One that is given must be fresh: using one twice breaks the encryption. */
  readonly e?: KeyPair;
  /** The responder's static public key, for the initiator of a pattern that needs it at the start. */
  readonly rs?: Uint8Array;
  /** A secret of 32 bytes for each `psk` of the pattern. */
  readonly psks?: readonly Uint8Array[];
  readonly primitives?: Primitives;
}

/** One side of a handshake (section 5.3). */
export class HandshakeState {
  readonly #messages: readonly (readonly Token[])[];
  readonly #initiator: boolean;
  readonly #primitives: Primitives;
  readonly #symmetric: SymmetricState;
  readonly #psks: readonly Uint8Array[];
  readonly #s: KeyPair | undefined;
  #e: KeyPair | undefined;
  #rs: Uint8Array | undefined;
  #re: Uint8Array | undefined;
  #turn = 0;
  #psksMixed = 0;
  #failed = false;
  #isSplit = false;

  /** @throws {TypeError} If a key that the pattern needs is missing, or one is given that it does not use. */
  constructor(options: HandshakeOptions) {
    const { pattern, initiator, prologue, s, e, rs, psks = [] } = options;
    const { knowsResponder, messages }: HandshakePattern = patterns[pattern];
    const hasStatic = knowsResponder && !initiator ||
      messages.some((tokens, turn) => (turn % 2 === 0) === initiator && tokens.includes("s"));
    const needed = messages.flat().filter((token) => token === "psk").length;
    if (hasStatic !== (s !== undefined)) {
      throw new TypeError(`${describe(options)} takes ${hasStatic ? "a" : "no"} static key pair`);
    }
    if ((knowsResponder && initiator) !== (rs !== undefined)) {
      throw new TypeError(
        `${describe(options)} takes ${rs === undefined ? "a" : "no"} remote static key`,
      );
    }
    if (rs !== undefined && rs.length !== keyBytes) {
      throw new TypeError(`A remote static key has ${keyBytes} bytes, not ${rs.length}`);
    }
    if (psks.length !== needed || psks.some(({ length }) => length !== 32)) {
      throw new TypeError(`${describe(options)} takes ${needed} pre-shared secrets of 32 bytes`);
    }
    this.#messages = messages;
    this.#initiator = initiator;
    this.#primitives = options.primitives ?? primitives;
    this.#psks = psks;
    this.#s = s;
    this.#e = e;
    this.#rs = rs?.slice();
    this.#symmetric = new SymmetricState(
      this.#primitives,
      new TextEncoder().encode(`Noise_${pattern}_25519_ChaChaPoly_SHA256`),
    );
    this.#symmetric.mixHash(prologue);
    if (knowsResponder) this.#symmetric.mixHash(initiator ? rs! : s!.publicKey);
  }

  /**
   * Makes this side's next message.
   *
   * @throws {Error} If it is the other side's turn, the handshake is finished or has failed, or the `rs` that
   * was given is of low order.
   * @throws {RangeError} If the payload is too long for a message. The handshake has failed then.
   */
  writeMessage(payload: Uint8Array): Uint8Array {
    const tokens = this.#tokensOfTurn(true);
    // If a step fails, what has been mixed so far fits no other message.
    this.#failed = true;
    const parts: Uint8Array[] = [];
    for (const token of tokens) {
      if (token === "e") {
        this.#e ??= this.#primitives.generateKeyPair();
        this.#mixEphemeral(this.#e.publicKey);
        parts.push(this.#e.publicKey);
      } else if (token === "s") {
        parts.push(this.#symmetric.encryptAndHash(this.#s!.publicKey));
      } else if (!this.#mix(token)) {
        throw new Error("Cannot shake hands: the remote static key is of low order");
      }
    }
    parts.push(this.#symmetric.encryptAndHash(payload));
    const message = concat(parts);
    if (message.length > noiseMessageBytesMax) {
      throw new RangeError(`Cannot send a message of ${message.length} bytes: ${tooLong}`);
    }
    this.#failed = false;
    this.#turn++;
    return message;
  }

  /**
   * Reads the other side's next message.
   *
   * @returns A copy of the payload; undefined if the message is malformed or not authentic. The handshake has
   * failed then, and each later message gives undefined too.
   * @throws {Error} If it is this side's turn, or the handshake is finished.
   */
  readMessage(message: Uint8Array): Uint8Array | undefined {
    if (this.#failed) return undefined;
    const payload = this.#read(this.#tokensOfTurn(false), message);
    this.#failed = payload === undefined;
    if (!this.#failed) this.#turn++;
    return payload;
  }

  #read(tokens: readonly Token[], message: Uint8Array): Uint8Array | undefined {
    if (message.length > noiseMessageBytesMax) return undefined;
    let at = 0;
    for (const token of tokens) {
      if (token === "e") {
        const re = message.slice(at, at += keyBytes);
        // Checked here because the DH may come with this side's next message, which is too late.
        if (re.length < keyBytes || isLowOrder("X25519", re)) return undefined;
        this.#mixEphemeral(re);
        this.#re = re;
      } else if (token === "s") {
        // In each of these patterns there is a key before `s`, and after it a DH with the key that was read.
        const end = at + keyBytes + tagBytes;
        const rs = this.#symmetric.decryptAndHash(message.subarray(at, end));
        if (rs?.length !== keyBytes) return undefined;
        at = end;
        this.#rs = rs;
      } else if (!this.#mix(token)) {
        return undefined;
      }
    }
    return this.#symmetric.decryptAndHash(message.subarray(at));
  }

  /** Whether all messages have been written and read. */
  get finished(): boolean {
    return this.#turn === this.#messages.length;
  }

  /**
   * A hash that both sides have and no other handshake has (section 11.2).
   *
   * @throws {Error} If the handshake is not finished.
   */
  get handshakeHash(): Uint8Array {
    this.#assertFinished();
    return this.#symmetric.handshakeHash;
  }

  /** The other side's static key, after a message has proven it or if it was given at the start. */
  get remoteStatic(): Uint8Array | undefined {
    return this.#failed ? undefined : this.#rs;
  }

  /**
   * Makes the two channels, once. In a pattern of one message only the initiator may send.
   *
   * @throws {Error} If the handshake is not finished, or has been split already.
   */
  split(): { send: CipherState; receive: CipherState } {
    this.#assertFinished();
    if (this.#isSplit) throw new Error("Cannot split a handshake twice: its keys are in use");
    this.#isSplit = true;
    this.#e = undefined;
    const [first, second] = this.#symmetric.split();
    return this.#initiator ? { send: first, receive: second } : { send: second, receive: first };
  }

  #assertFinished(): void {
    if (!this.finished) throw new Error("Cannot use a handshake before it is finished");
  }

  #tokensOfTurn(writing: boolean): readonly Token[] {
    const tokens = this.#messages[this.#turn];
    const ours = (this.#turn % 2 === 0) === this.#initiator;
    if (this.#failed || tokens === undefined || ours !== writing) {
      const why = this.#failed
        ? "the handshake has failed"
        : tokens === undefined
        ? "the handshake is finished"
        : `it is the turn of the ${ours ? "own" : "other"} side`;
      throw new Error(`Cannot ${writing ? "write" : "read"} a handshake message: ${why}`);
    }
    return tokens;
  }

  #mixEphemeral(publicKey: Uint8Array): void {
    this.#symmetric.mixHash(publicKey);
    // Section 9.2: a key that is made of a lasting secret has to depend on something fresh too.
    if (this.#psks.length > 0) this.#symmetric.mixKey(publicKey);
  }

  /** @returns False if there is no shared secret because the public key is of low order. */
  #mix(token: DhToken | "psk"): boolean {
    if (token === "psk") {
      this.#symmetric.mixKeyAndHash(this.#psks[this.#psksMixed++]!);
      return true;
    }
    // The first letter is the initiator's key, the second is the responder's.
    const [own, other] = this.#initiator ? [token[0], token[1]] : [token[1], token[0]];
    const secret = this.#primitives.dh(
      own === "e" ? this.#e! : this.#s!,
      other === "e" ? this.#re! : this.#rs!,
    );
    if (secret === undefined) return false;
    this.#symmetric.mixKey(secret);
    return true;
  }
}

function describe({ pattern, initiator }: HandshakeOptions): string {
  return `The ${initiator ? "initiator" : "responder"} of ${pattern}`;
}
