/**
 * What a mailbox keeps: messages that only the recipient's key opens, and that show the recipient who
 * sent them. An envelope is one message of Noise_X_25519_ChaChaPoly_SHA256 (Noise, revision 34, section 7.4).
 * Version 0.3.0 writes and reads those of version 1, in which the sender's certificate has no number.
 *
 * Bytes in, bytes out; no I/O.
 *
 * @module
 */

import { concat } from "@std/bytes/concat";
import {
  type CertificateTerms,
  type Identity,
  numberedCertificateBytes,
  signatureBytes,
  verifyCertificate,
  verifyNumberedCertificate,
} from "../../shared/crypto/identity.ts";
import { HandshakeState } from "../../shared/crypto/noise.ts";
import {
  keyBytes,
  type PublicKey,
  publicKeyBytes,
  publicKeyFrom,
} from "../../shared/crypto/public_key.ts";
import { frameBytesMax, framePaddingBytes } from "../../shared/protocol/limits.ts";

/** The version of an envelope. */
export type EnvelopeVersion = 1 | 2;

/** The recipient of an envelope: a name, and both keys of its owner. */
export interface Recipient {
  readonly name: string;
  readonly key: PublicKey;
  /** The X25519 key that {@linkcode key} has certified. */
  readonly agreement: Uint8Array;
  /** The latest that the owner is known to understand: 1 if this is not given. */
  readonly version?: EnvelopeVersion;
}

/** The content of an envelope, and its sender. */
export interface OpenedEnvelope {
  /** The sender's key, which is proven. */
  readonly key: PublicKey;
  /** The X25519 key that it has certified. */
  readonly agreement: Uint8Array;
  /** What its certificate says; undefined if it has no number. */
  readonly certificate?: CertificateTerms;
  readonly content: Uint8Array;
}

const utf8 = new TextEncoder();
const labels = {
  1: utf8.encode("p2pchat mail 1\0"),
  2: utf8.encode("p2pchat mail 2\0"),
} as const;
const lengthBytes = 4;
/** Bytes of the certificates, by version. */
const certificateBytes = { 1: signatureBytes, 2: numberedCertificateBytes } as const;
/** The ephemeral key, the static key with its tag, and the tag of the payload. */
const noiseBytes = keyBytes + keyBytes + 16 + 16;

/**
 * The greatest length of a content whose envelope is no longer than a limit.
 *
 * @param envelopeBytesMax The limit, in bytes. The limit of a Noise message counts as well.
 * @returns Bytes; negative if nothing fits.
 */
export function envelopeContentBytesMax(
  envelopeBytesMax: number,
  version: EnvelopeVersion = 1,
): number {
  const payloadBytes = Math.min(envelopeBytesMax, frameBytesMax) - noiseBytes;
  return Math.floor(payloadBytes / framePaddingBytes) * framePaddingBytes - headBytes(version);
}

/**
 * Seals a content.
 *
 * @throws {RangeError} If it is longer than {@linkcode envelopeContentBytesMax}.
 * @throws {Error} If the recipient's X25519 key is of low order: no handshake can have succeeded with it.
 */
export function sealEnvelope(
  sender: Identity,
  recipient: Recipient,
  content: Uint8Array,
): Uint8Array {
  const { version = 1 } = recipient;
  if (content.length > envelopeContentBytesMax(frameBytesMax, version)) {
    throw new RangeError(`Cannot seal ${content.length} bytes: an envelope does not take as many`);
  }
  const noise = new HandshakeState({
    pattern: "X",
    initiator: true,
    prologue: prologueFor(version, recipient.name, recipient.key),
    s: sender.agreement,
    rs: recipient.agreement,
  });
  const head = headBytes(version);
  const payload = new Uint8Array(paddedBytes(head + content.length));
  payload.set(publicKeyBytes(sender.publicKey));
  payload.set(version === 1 ? sender.certificate : sender.numberedCertificate, keyBytes);
  new DataView(payload.buffer).setUint32(head - lengthBytes, content.length);
  payload.set(content, head);
  return noise.writeMessage(payload);
}

/**
 * Opens an envelope.
 *
 * @param name The recipient's.
 * @returns Undefined if it is not an envelope, not for this recipient, or not from the sender that it names.
 */
export function openEnvelope(
  recipient: Identity,
  name: string,
  envelope: Uint8Array,
): OpenedEnvelope | undefined {
  return openAs(2, recipient, name, envelope) ?? openAs(1, recipient, name, envelope);
}

function openAs(
  version: EnvelopeVersion,
  recipient: Identity,
  name: string,
  envelope: Uint8Array,
): OpenedEnvelope | undefined {
  const noise = new HandshakeState({
    pattern: "X",
    initiator: false,
    prologue: prologueFor(version, name, recipient.publicKey),
    s: recipient.agreement,
  });
  const payload = noise.readMessage(envelope);
  const agreement = noise.remoteStatic;
  const head = headBytes(version);
  if (payload === undefined || agreement === undefined || payload.length < head) return undefined;
  const key = publicKeyFrom(payload.subarray(0, keyBytes));
  const certified = payload.subarray(keyBytes, head - lengthBytes);
  const certificate = version === 1
    ? undefined
    : verifyNumberedCertificate(key, agreement, certified);
  const isCertified = version === 1
    ? verifyCertificate(key, agreement, certified)
    : certificate !== undefined;
  if (!isCertified) return undefined;
  const length = new DataView(payload.buffer, payload.byteOffset).getUint32(head - lengthBytes);
  const end = head + length;
  // Each content has exactly one form, so that nothing can be hidden in the padding.
  if (payload.length !== paddedBytes(end)) return undefined;
  if (payload.subarray(end).some((byte) => byte !== 0)) return undefined;
  return { key, agreement, ...certificate && { certificate }, content: payload.slice(head, end) };
}

/**
 * Noise binds the recipient's X25519 key. Somebody else could have certified that key as their own, and the
 * sender would take its owner for them. So the Ed25519 key of the recipient is bound as well.
 */
function prologueFor(version: EnvelopeVersion, name: string, key: PublicKey): Uint8Array {
  return concat([labels[version], utf8.encode(`${name}\0`), publicKeyBytes(key)]);
}

/** What comes before the content: the key, the certificate and the length. */
function headBytes(version: EnvelopeVersion): number {
  return keyBytes + certificateBytes[version] + lengthBytes;
}

function paddedBytes(bytes: number): number {
  return Math.ceil(bytes / framePaddingBytes) * framePaddingBytes;
}
