/**
 * What is said of QUIC, and on it, before anything else is (PROTOCOL.md sections 4 and 5).
 *
 * @module
 */

import { fromBase64url, toBase64url } from "../bytes/base64url.ts";
import { selfSignedBytesMax } from "./limits.ts";

/** What two peers speak, by the name that ALPN has for it (RFC 7301). */
export const peerProtocol = "p2pchat";

/** What is spoken with a server that says where a client is seen. */
export const reflectorProtocol = "p2pchat-reflect";

/** Bytes of the word by which two peers know that they mean the same try. */
export const punchTokenBytes = 16;

/** Writes a `Certificate`, from DER. */
export function formatCertificate(certificate: Uint8Array): string {
  return toBase64url(certificate);
}

/**
 * Reads a `Certificate`. What it certifies is not looked at: whoever shows the same one is meant.
 *
 * @returns Undefined if it is none, or longer than `selfSignedBytesMax`.
 */
export function parseCertificate(text: string | undefined): Uint8Array | undefined {
  const length = Math.floor((text?.length ?? 0) * 3 / 4);
  if (text === undefined || length === 0 || length > selfSignedBytesMax) return undefined;
  return fromBase64url(text, length);
}
