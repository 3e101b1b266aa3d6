/**
 * What the owner of a key signs to register a name, or to take the registration back: every value that
 * the request has, and the challenge that it answers. So the signature holds for that request alone, on
 * that connection, to that server.
 *
 * @module
 */

import { fromBase64url, toBase64url } from "../bytes/base64url.ts";
import { signatureBytes } from "../crypto/identity.ts";
import { header, type Message } from "./message.ts";
import { protocolVersion } from "./verbs.ts";

/** What a request asks for. QUIT asks for the same as UNREGISTER. */
export type RegistrationPurpose = "REGISTER" | "UNREGISTER";

/** What is signed. The values are those of the headers, as text; empty where the header is absent. */
export interface RegistrationClaim {
  readonly purpose: RegistrationPurpose;
  /** The challenge that is answered. */
  readonly nonce: string;
  /** The server that gave it. */
  readonly realm: string;
  readonly clientID: string;
  readonly ip: string;
  readonly port: string;
  readonly expires: string;
  readonly key: string;
}

const utf8 = new TextEncoder();

/**
 * The bytes that are signed: UTF-8 lines joined by line feeds, of which no value has any, so that two
 * claims never give the same bytes.
 */
export function registrationTranscript(claim: RegistrationClaim): Uint8Array {
  return utf8.encode(
    `p2pchat registration\nPurpose: ${claim.purpose}\nVersion: ${protocolVersion}\n` +
      `Nonce: ${claim.nonce}\nRealm: ${claim.realm}\nclientID: ${claim.clientID}\n` +
      `IP: ${claim.ip}\nPort: ${claim.port}\nExpires: ${claim.expires}\nKey: ${claim.key}`,
  );
}

/**
 * The claim that a request with a Key makes, all but its signature.
 *
 * @param realm The server that is asked.
 */
export function registrationClaim(
  request: Message,
  purpose: RegistrationPurpose,
  realm: string,
): RegistrationClaim {
  const value = (name: string) => header(request, name) ?? "";
  return {
    purpose,
    nonce: value("Nonce"),
    realm,
    clientID: value("clientID"),
    ip: value("IP"),
    port: value("Port"),
    expires: value("Expires"),
    key: value("Key"),
  };
}

/** A signature as text: base64url without padding (RFC 4648), 86 characters. */
export function signatureToText(signature: Uint8Array): string {
  return toBase64url(signature);
}

/** Gives back what {@linkcode signatureToText} was given, or undefined where the text is none of its. */
export function signatureFromText(text: string): Uint8Array | undefined {
  return fromBase64url(text, signatureBytes);
}
