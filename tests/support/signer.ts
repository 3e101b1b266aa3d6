/**
 * Signing requests, as a client does that has got a challenge.
 *
 * @module
 */

import type { Identity } from "../../shared/crypto/identity.ts";
import { parse } from "../../shared/protocol/message.ts";
import {
  registrationClaim,
  type RegistrationPurpose,
  registrationTranscript,
  signatureToText,
} from "../../shared/protocol/registration_proof.ts";
import { isFault } from "../../shared/protocol/status.ts";

/** What an ERROR 401 asks to sign. */
export interface GivenChallenge {
  readonly nonce: string;
  readonly realm: string;
}

/** The challenge in a reply. @throws {Error} If it has none. */
export function challengeOf(reply: string): GivenChallenge {
  const match = /^ERROR\r\nCode: 401\r\n.*^Nonce: (\S+)\r\nRealm: (\S+)\r\n/ms.exec(reply);
  if (match === null) throw new Error(`no challenge: ${reply}`);
  return { nonce: match[1]!, realm: match[2]! };
}

/** The line that names an identity's key. */
export function keyLine(identity: Identity): string {
  return `Key: ${identity.publicKey}`;
}

/** The signature of a request of these lines, one of which is its Nonce, as text. */
export function signatureOf(identity: Identity, lines: readonly string[], realm: string): string {
  const request = parse(lines);
  if (isFault(request)) throw new Error(request.reason);
  const { verb } = request;
  const purpose = verb === "QUIT" ? "UNREGISTER" : verb as RegistrationPurpose;
  const transcript = registrationTranscript(registrationClaim(request, purpose, realm));
  return signatureToText(identity.sign(transcript));
}

/** A request of these lines with the key, the nonce and the signature behind them. */
export function signed(
  identity: Identity,
  lines: readonly string[],
  { nonce, realm }: GivenChallenge,
): string[] {
  const named = [...lines, keyLine(identity), `Nonce: ${nonce}`];
  return [...named, `Signature: ${signatureOf(identity, named, realm)}`];
}
