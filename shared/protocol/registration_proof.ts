/**
 * What the owner of a key signs to register a name, to end the registration, to show whose client it is, to collect
 * mail, to join a relay, or to be told where it is seen: all values of the request, and the challenge that it answers. So the signature is valid
 * only for that request, on that connection, to that server.
 *
 * @module
 */

import { fromBase64url, toBase64url } from "../bytes/base64url.ts";
import { signatureBytes } from "../crypto/identity.ts";
import { header, headerValues, type Message } from "./message.ts";
import { protocolVersion } from "./verbs.ts";

/** What a request asks for. QUIT means the same as UNREGISTER. */
export type RegistrationPurpose =
  | "REGISTER"
  | "UNREGISTER"
  | "AUTH"
  | "COLLECT"
  | "JOIN"
  | "REFLECT";

/**
 * The server that a signature is good for: by the address that the client has dialed, or by the name that the
 * server gives itself in its challenge.
 */
export type SignedFor = { readonly dialed: string } | { readonly realm: string };

/** What is signed. The values are those of the headers, as text; empty if the header is absent. */
export interface RegistrationClaim {
  readonly purpose: RegistrationPurpose;
  /** The challenge that the request answers. */
  readonly nonce: string;
  readonly server: SignedFor;
  readonly clientID: string;
  readonly ip: string;
  readonly port: string;
  readonly expires: string;
  readonly key: string;
  /** What a COLLECT asks for, and which mails it deletes; left out for other purposes. */
  readonly collect?: { readonly after: string; readonly taken: readonly string[] };
}

const utf8 = new TextEncoder();

/**
 * Makes the bytes that are signed: UTF-8 lines with a line feed between them. No value contains a line feed,
 * so two different claims never give the same bytes.
 */
export function registrationTranscript(claim: RegistrationClaim): Uint8Array {
  const { server, collect } = claim;
  const place = "dialed" in server ? `Dialed: ${server.dialed}` : `Realm: ${server.realm}`;
  return utf8.encode(
    `p2pchat registration\nPurpose: ${claim.purpose}\nVersion: ${protocolVersion}\n` +
      `Nonce: ${claim.nonce}\n${place}\nclientID: ${claim.clientID}\n` +
      `IP: ${claim.ip}\nPort: ${claim.port}\nExpires: ${claim.expires}\nKey: ${claim.key}` +
      (collect === undefined ? "" : `\nAfter: ${collect.after}\nTaken: ${collect.taken.join(",")}`),
  );
}

/**
 * Reads the claim of a request with a Key. It is for the address in `Dialed`, if the request has that.
 *
 * @param realm What the server that gets the request is called otherwise.
 */
export function registrationClaim(
  request: Message,
  purpose: RegistrationPurpose,
  realm: string,
): RegistrationClaim {
  const value = (name: string) => header(request, name) ?? "";
  const dialed = header(request, "Dialed");
  return {
    purpose,
    nonce: value("Nonce"),
    server: dialed === undefined ? { realm } : { dialed },
    clientID: value("clientID"),
    ip: value("IP"),
    port: value("Port"),
    expires: value("Expires"),
    key: value("Key"),
    ...purpose === "COLLECT" && {
      collect: { after: value("After"), taken: headerValues(request, "Taken") },
    },
  };
}

/** Writes a signature as text: base64url without padding (RFC 4648), 86 characters. */
export function signatureToText(signature: Uint8Array): string {
  return toBase64url(signature);
}

/** Reads a signature that {@linkcode signatureToText} has written; undefined if the text is not one. */
export function signatureFromText(text: string): Uint8Array | undefined {
  return fromBase64url(text, signatureBytes);
}
