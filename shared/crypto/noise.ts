/**
 * The Noise Protocol Framework, revision 34 (noiseprotocol.org), for `25519_ChaChaPoly_SHA256`. Names
 * are the specification's, and so is the order of what happens. Pure: messages in, messages out.
 *
 * @module
 */

import { concat } from "../bytes/concat.ts";
import { frameBytesMax } from "../protocol/limits.ts";
import { type Cipher, tagBytes } from "./chacha20_poly1305.ts";
import { type KeyPair, type Primitives, primitives } from "./primitives.ts";
import { isLowOrder, keyBytes } from "./raw_keys.ts";

type DhToken = "ee" | "es" | "se" | "ss";
type Token = "e" | "s" | "psk" | DhToken;

interface HandshakePattern {
  /** Whether the initiator knows the responder's static key before: the pre-message `<- s`. */
  readonly knowsResponder: boolean;
  /** The initiator's message, the responder's, and so on. */
  readonly messages: readonly (readonly Token[])[];
}

/** Section 7, with the modifier psk3 of section 9. */
const patterns = {
  N: { knowsResponder: true, messages: [["e", "es"]] },
  X: { knowsResponder: true, messages: [["e", "es", "s", "ss"]] },
  XX: { knowsResponder: false, messages: [["e"], ["e", "ee", "s", "es"], ["s", "se"]] },
  IK: { knowsResponder: true, messages: [["e", "es", "s", "ss"], ["e", "ee", "se"]] },
  XXpsk3: { knowsResponder: false, messages: [["e"], ["e", "ee", "s", "es"], ["s", "se", "psk"]] },
} as const satisfies Record<string, HandshakePattern>;

/** The handshake patterns that there are. */
export type PatternName = keyof typeof patterns;

/** What a handshake begins with. */
export interface HandshakeOptions {
  readonly pattern: PatternName;
  /** Whether this side sends the first message. */
  readonly initiator: boolean;
  /** What both sides have to agree on: where theirs differ, no handshake succeeds. */
  readonly prologue: Uint8Array;
  /** One's static key pair, where the pattern has one of this side's. */
  readonly s?: KeyPair;
  /** One's ephemeral key pair, for tests alone: to use one twice breaks the encryption. */
  readonly e?: KeyPair;
  /** The responder's static public key, for the initiator of a pattern that begins with it. */
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

  /** @throws {TypeError} Where the pattern needs a key that is not given, or has no use for one. */
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
   * @throws {Error} Where it is the other side's turn, where the handshake is over or has failed, and
   * where the `rs` that was given is of low order.
   * @throws {RangeError} Where the payload is too long for a message. The handshake has failed then.
   */
  writeMessage(payload: Uint8Array): Uint8Array {
    const tokens = this.#tokensOfTurn(true);
    // Unless all goes well, what has been mixed so far fits no other message.
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
    const message = concat(...parts);
    if (message.length > frameBytesMax) {
      throw new RangeError(`Cannot send a message of ${message.length} bytes: ${tooLong}`);
    }
    this.#failed = false;
    this.#turn++;
    return message;
  }

  /**
   * Takes the other side's next message.
   *
   * @returns The payload, whose bytes are a copy; undefined where the message is malformed or not
   * authentic. Then the handshake has failed, and every further message is answered so.
   * @throws {Error} Where it is this side's turn, or the handshake is over.
   */
  readMessage(message: Uint8Array): Uint8Array | undefined {
    if (this.#failed) return undefined;
    const payload = this.#read(this.#tokensOfTurn(false), message);
    this.#failed = payload === undefined;
    if (!this.#failed) this.#turn++;
    return payload;
  }

  #read(tokens: readonly Token[], message: Uint8Array): Uint8Array | undefined {
    if (message.length > frameBytesMax) return undefined;
    let at = 0;
    for (const token of tokens) {
      if (token === "e") {
        const re = message.slice(at, at += keyBytes);
        // Asked here because the DH may come with this side's next message, when it is too late.
        if (re.length < keyBytes || isLowOrder("X25519", re)) return undefined;
        this.#mixEphemeral(re);
        this.#re = re;
      } else if (token === "s") {
        // In each pattern here there is a key before any `s`, and behind it a DH with what was read.
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
   * What is the same on both sides and on no two handshakes (section 11.2).
   *
   * @throws {Error} Where the handshake is not finished.
   */
  get handshakeHash(): Uint8Array {
    this.#assertFinished();
    return this.#symmetric.handshakeHash;
  }

  /** The other side's static key, once a message has proven it or where it was known before. */
  get remoteStatic(): Uint8Array | undefined {
    return this.#failed ? undefined : this.#rs;
  }

  /**
   * Makes the two channels, once. Of a pattern of one message, only the initiator may send.
   *
   * @throws {Error} Where the handshake is not finished, or is split already.
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
    // Section 9.2: a key that comes of a lasting secret is to depend on something fresh too.
    if (this.#psks.length > 0) this.#symmetric.mixKey(publicKey);
  }

  /** @returns Whether a secret came of it: none does of a public key of low order. */
  #mix(token: DhToken | "psk"): boolean {
    if (token === "psk") {
      this.#symmetric.mixKeyAndHash(this.#psks[this.#psksMixed++]!);
      return true;
    }
    // Its first letter is the initiator's key, its second the responder's.
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

/**
 * One direction of a channel: a key, and the number of the next message (section 5.1). Without a key
 * nothing is encrypted.
 */
export class CipherState {
  readonly #cipher: Cipher;
  #key: Uint8Array | undefined;
  #nonce = 0;

  constructor(cipher: Cipher) {
    this.#cipher = cipher;
  }

  /** @param nonce What the first message has; other than 0 it is for tests alone. */
  initializeKey(key: Uint8Array, nonce = 0): void {
    this.#key = key.slice();
    this.#nonce = nonce;
  }

  /** What the next message is encrypted with. */
  get nonce(): number {
    return this.#nonce;
  }

  /**
   * Encrypts the next message.
   *
   * @throws {RangeError} Where it is too long for a Noise message, or the nonces are used up.
   */
  encryptWithAd(ad: Uint8Array, plaintext: Uint8Array): Uint8Array {
    if (this.#key === undefined) return plaintext;
    if (plaintext.length + tagBytes > frameBytesMax) {
      throw new RangeError(`Cannot encrypt ${plaintext.length} bytes: ${tooLong}`);
    }
    const ciphertext = this.#cipher.encrypt(this.#key, this.#nonce, ad, plaintext);
    this.#nonce++;
    return ciphertext;
  }

  /**
   * Encrypts the next message, without associated data, into bytes that are there.
   *
   * @param parts The plaintext, in pieces.
   * @returns One past the ciphertext.
   * @throws {RangeError} Where it is too long for a Noise message or for `target`, or the nonces are
   * used up.
   * @throws {Error} Where there is no key.
   */
  encryptInto(parts: readonly Uint8Array[], target: Uint8Array, at: number): number {
    if (this.#key === undefined) {
      throw new Error("Cannot encrypt with a cipher state without a key");
    }
    let end = at + tagBytes;
    for (const part of parts) end += part.length;
    if (end - at > frameBytesMax) {
      throw new RangeError(`Cannot encrypt ${end - at - tagBytes} bytes: ${tooLong}`);
    }
    this.#cipher.encryptInto(this.#key, this.#nonce, parts, target, at);
    this.#nonce++;
    return end;
  }

  /**
   * Decrypts the next message.
   *
   * @returns Undefined where it is not authentic; then it is as if it had not come.
   * @throws {RangeError} Where the nonces are used up.
   */
  decryptWithAd(ad: Uint8Array, ciphertext: Uint8Array): Uint8Array | undefined {
    if (this.#key === undefined) return ciphertext.slice();
    if (ciphertext.length > frameBytesMax) return undefined;
    const plaintext = this.#cipher.decrypt(this.#key, this.#nonce, ad, ciphertext);
    if (plaintext !== undefined) this.#nonce++;
    return plaintext;
  }

  /**
   * Takes the key that follows, in the place of the one before, which it does not tell (section 11.3).
   * The other side has to do so behind the same message. The nonce goes on.
   *
   * @throws {Error} Where there is no key.
   */
  rekey(): void {
    if (this.#key === undefined) throw new Error("Cannot rekey a cipher state that has no key");
    this.#key.set(this.#cipher.rekey(this.#key));
  }
}

/** What both sides have agreed on so far (section 5.2). */
class SymmetricState {
  readonly #primitives: Primitives;
  readonly #cipher: CipherState;
  #ck: Uint8Array;
  #h: Uint8Array;

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

  decryptAndHash(ciphertext: Uint8Array): Uint8Array | undefined {
    const plaintext = this.#cipher.decryptWithAd(this.#h, ciphertext);
    if (plaintext !== undefined) this.mixHash(ciphertext);
    return plaintext;
  }

  split(): [CipherState, CipherState] {
    const keys = this.#primitives.hkdf(this.#ck, new Uint8Array(0), 2);
    // Who reads it in memory, as long as the handshake is kept, would have what rekey() is to hide.
    this.#ck.fill(0);
    const ciphers = keys.map((key) => {
      const cipher = new CipherState(this.#primitives);
      cipher.initializeKey(key);
      return cipher;
    });
    return [ciphers[0]!, ciphers[1]!];
  }
}

const tooLong = `a Noise message has ${frameBytesMax} at most`;

function describe({ pattern, initiator }: HandshakeOptions): string {
  return `The ${initiator ? "initiator" : "responder"} of ${pattern}`;
}
