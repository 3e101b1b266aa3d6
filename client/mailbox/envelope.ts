/**
 * What a mailbox keeps: messages that only the recipient's key opens, and that show the recipient who
 * sent them. An envelope is one message of Noise_X_25519_ChaChaPoly_SHA256 (Noise, revision 34, section 7.4).
 *
 * Bytes in, bytes out; no I/O.
 *
 * @module
 */

import { concat } from "@std/bytes/concat";
import { type Identity, signatureBytes, verifyCertificate } from "../../shared/crypto/identity.ts";
import { HandshakeState } from "../../shared/crypto/noise.ts";
import { type PublicKey, publicKeyBytes, publicKeyFrom } from "../../shared/crypto/public_key.ts";
import { keyBytes } from "../../shared/crypto/raw_keys.ts";
import { frameBytesMax, framePaddingBytes } from "../../shared/protocol/limits.ts";

/** The recipient of an envelope: a name, and both keys of its owner. */
export interface Recipient {
  readonly name: string;
  readonly key: PublicKey;
  /** The X25519 key that {@linkcode key} has certified. */
  readonly agreement: Uint8Array;
}

/** The content of an envelope, and its sender. */
export interface OpenedEnvelope {
  /** The sender's key, which is proven. */
  readonly key: PublicKey;
  /** The X25519 key that it has certified. */
  readonly agreement: Uint8Array;
  readonly content: Uint8Array;
}

const utf8 = new TextEncoder();
const lengthBytes = 4;
const headBytes = keyBytes + signatureBytes + lengthBytes;
/** The ephemeral key, the static key with its tag, and the tag of the payload. */
const noiseBytes = keyBytes + keyBytes + 16 + 16;

/**
 * The greatest length of a content whose envelope is no longer than a limit.
 *
 * @param envelopeBytesMax The limit, in bytes. The limit of a Noise message counts as well.
 * @returns Bytes; negative if nothing fits.
 */
export function envelopeContentBytesMax(envelopeBytesMax: number): number {
  const payloadBytes = Math.min(envelopeBytesMax, frameBytesMax) - noiseBytes;
  return Math.floor(payloadBytes / framePaddingBytes) * framePaddingBytes - headBytes;
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
  if (content.length > envelopeContentBytesMax(frameBytesMax)) {
    throw new RangeError(`Cannot seal ${content.length} bytes: an envelope does not take as many`);
  }
  const noise = new HandshakeState({
    pattern: "X",
    initiator: true,
    prologue: prologueFor(recipient.name, recipient.key),
    s: sender.agreement,
    rs: recipient.agreement,
  });
  const payload = new Uint8Array(paddedBytes(content.length));
  payload.set(publicKeyBytes(sender.publicKey));
  payload.set(sender.certificate, keyBytes);
  new DataView(payload.buffer).setUint32(headBytes - lengthBytes, content.length);
  payload.set(content, headBytes);
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
  const noise = new HandshakeState({
    pattern: "X",
    initiator: false,
    prologue: prologueFor(name, recipient.publicKey),
    s: recipient.agreement,
  });
  const payload = noise.readMessage(envelope);
  const agreement = noise.remoteStatic;
  if (payload === undefined || agreement === undefined || payload.length < headBytes) {
    return undefined;
  }
  const key = publicKeyFrom(payload.subarray(0, keyBytes));
  const certificate = payload.subarray(keyBytes, keyBytes + signatureBytes);
  if (!verifyCertificate(key, agreement, certificate)) return undefined;
  const length = new DataView(payload.buffer, payload.byteOffset)
    .getUint32(headBytes - lengthBytes);
  const end = headBytes + length;
  // Each content has exactly one form, so that nothing can be hidden in the padding.
  if (payload.length !== paddedBytes(length)) return undefined;
  if (payload.subarray(end).some((byte) => byte !== 0)) return undefined;
  return { key, agreement, content: payload.slice(headBytes, end) };
}

/**
 * Noise binds the recipient's X25519 key. Somebody else could have certified that key as their own, and the
 * sender would take its owner for them. So the Ed25519 key of the recipient is bound as well.
 */
function prologueFor(name: string, key: PublicKey): Uint8Array {
  return concat([utf8.encode(`p2pchat mail 1\0${name}\0`), publicKeyBytes(key)]);
}

function paddedBytes(contentBytes: number): number {
  return Math.ceil((headBytes + contentBytes) / framePaddingBytes) * framePaddingBytes;
}
