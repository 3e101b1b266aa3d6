/**
 * The user's own keys: an Ed25519 key (RFC 8032), and the X25519 key that it certifies for Noise. The X25519
 * key is derived from the same seed and not converted, so that each key has one purpose. There are two forms of
 * certificate: version 0.3.0 knows only the one without a number.
 *
 * @module
 */

import { concat } from "@std/bytes/concat";
import { systemClock, type TimerClock } from "../time/clock.ts";
import { createHmac, createPublicKey, hkdfSync, type KeyObject, sign, verify } from "node:crypto";
import { type KeyPair, primitives } from "./primitives.ts";
import {
  type Fingerprint,
  fingerprintOf,
  keyBytes,
  type PublicKey,
  publicKeyBytes,
  publicKeyFrom,
} from "./public_key.ts";
import { isLowOrder, privateKeyObject, publicKeyObject, rawPublicKey } from "./raw_keys.ts";

/** Bytes of a signature, and of a certificate without a number, which is one. */
export const signatureBytes = 64;

const termsBytes = 4 + 8;
/** Bytes of a certificate with a number: the number, the date and the signature. */
export const numberedCertificateBytes = termsBytes + signatureBytes;

/** What a certificate says beside whose an X25519 key is. */
export interface CertificateTerms {
  /** Which one of its owner's X25519 keys this is: 1 is the first. The highest replaces all others. */
  readonly number: number;
  /** The day on which it was signed, as its owner says: seconds since 1970, UTC. Nothing rests on it. */
  readonly dateS: number;
}

/** An X25519 key whose owner is certified. */
export interface CertifiedAgreement {
  readonly key: Uint8Array;
  /** What the certificate says; undefined if it has no number. */
  readonly terms: CertificateTerms | undefined;
}

/** What an identity goes by beside its seed. */
export interface IdentityOptions {
  /** Which X25519 key it uses: 1, the first, if this is not given. */
  readonly number?: number;
  /** Says on which day a certificate is signed. */
  readonly clock?: Pick<TimerClock, "timeOfDay">;
}

const utf8 = new TextEncoder();
const agreementLabel = utf8.encode("p2pchat X25519 1");
const contactTokenLabel = utf8.encode("p2pchat contact token 1");
const certificateLabel = utf8.encode("p2pchat X25519 certificate 1\0");
const numberedCertificateLabel = utf8.encode("p2pchat X25519 certificate 2\0");

const numberMax = 0xffff_ffff;
/** The end of the year 9999: a later date cannot be written as one. */
const dateMaxS = 253_402_300_799;
const dayS = 24 * 60 * 60;

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
  readonly #number: number;
  readonly #clock: Pick<TimerClock, "timeOfDay">;
  #agreement: KeyPair | undefined;
  #certificate: Uint8Array | undefined;
  #numbered: { readonly dateS: number; readonly certificate: Uint8Array } | undefined;
  #contactTokenKey: Uint8Array | undefined;

  private constructor(seed: Uint8Array, { number = 1, clock = systemClock }: IdentityOptions) {
    if (!isNumber(number)) throw new RangeError(`Cannot use an X25519 key of number ${number}`);
    this.#number = number;
    this.#clock = clock;
    this.#seed = seed;
    this.#privateKey = privateKeyObject("Ed25519", seed);
    this.publicKey = publicKeyFrom(rawPublicKey(createPublicKey(this.#privateKey)));
    this.fingerprint = fingerprintOf(this.publicKey);
  }

  /** Makes a new identity. */
  static generate(options: IdentityOptions = {}): Identity {
    return new Identity(crypto.getRandomValues(new Uint8Array(keyBytes)), options);
  }

  /**
   * Makes the identity of a seed.
   *
   * @throws {TypeError} If the seed does not have 32 bytes.
   * @throws {RangeError} If the number is not one from 1 to 2^32 - 1.
   */
  static fromSeed(seed: Uint8Array, options: IdentityOptions = {}): Identity {
    return new Identity(seed.slice(), options);
  }

  /** A copy of the 32 bytes of the Ed25519 private key, from which all other keys are derived. */
  get seed(): Uint8Array {
    return this.#seed.slice();
  }

  /** Signs a message. @returns 64 bytes. */
  sign(message: Uint8Array): Uint8Array {
    return new Uint8Array(sign(null, message, this.#privateKey));
  }

  /** The X25519 key pair for Noise: HKDF-SHA256 (RFC 5869) of the seed with a label, and an index behind the first. */
  get agreement(): KeyPair {
    const index = this.#number - 1;
    const label = index === 0 ? agreementLabel : concat([agreementLabel, numberOf(index)]);
    return this.#agreement ??= primitives.keyPairOf(
      new Uint8Array(hkdfSync("sha256", this.#seed, "", label, keyBytes)),
    );
  }

  /** The signature that says whose {@linkcode agreement} is, for {@linkcode verifyCertificate}. */
  get certificate(): Uint8Array {
    return this.#certificate ??= this.sign(certified(this.agreement.publicKey));
  }

  /**
   * The same with a number and a date, for {@linkcode verifyNumberedCertificate}. The date is only that of the day,
   * so that it does not tell by how much a clock is wrong, and few are signed.
   */
  get numberedCertificate(): Uint8Array {
    const today = Math.floor(this.#clock.timeOfDay() / 1_000 / dayS) * dayS;
    const dateS = Math.min(Math.max(today, 0), dateMaxS);
    if (this.#numbered?.dateS !== dateS) {
      const terms = writeTerms({ number: this.#number, dateS });
      const signature = this.sign(certifiedWith(terms, this.agreement.publicKey));
      this.#numbered = { dateS, certificate: concat([terms, signature]) };
    }
    return this.#numbered.certificate;
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

/**
 * The same for a certificate with a number.
 *
 * @returns What it says; undefined if the owner of the public key has not signed this, or it is malformed.
 */
export function verifyNumberedCertificate(
  publicKey: PublicKey,
  agreementKey: Uint8Array,
  certificate: Uint8Array,
): CertificateTerms | undefined {
  if (agreementKey.length !== keyBytes || certificate.length !== numberedCertificateBytes) {
    return undefined;
  }
  const bytes = certificate.subarray(0, termsBytes);
  const terms = readTerms(bytes);
  if (!isNumber(terms.number) || terms.dateS > dateMaxS) return undefined;
  const signature = certificate.subarray(termsBytes);
  return verifySignature(publicKey, certifiedWith(bytes, agreementKey), signature)
    ? terms
    : undefined;
}

function writeTerms({ number, dateS }: CertificateTerms): Uint8Array {
  const date = new Uint8Array(8);
  new DataView(date.buffer).setBigUint64(0, BigInt(dateS));
  return concat([numberOf(number), date]);
}

function readTerms(bytes: Uint8Array): CertificateTerms {
  const view = new DataView(bytes.buffer, bytes.byteOffset);
  return { number: view.getUint32(0), dateS: Number(view.getBigUint64(4)) };
}

function numberOf(number: number): Uint8Array {
  const bytes = new Uint8Array(4);
  new DataView(bytes.buffer).setUint32(0, number);
  return bytes;
}

function isNumber(number: number): boolean {
  return Number.isInteger(number) && number >= 1 && number <= numberMax;
}

function certified(agreementKey: Uint8Array): Uint8Array {
  return concat([certificateLabel, agreementKey]);
}

function certifiedWith(terms: Uint8Array, agreementKey: Uint8Array): Uint8Array {
  return concat([numberedCertificateLabel, agreementKey, terms]);
}
