/**
 * How a client shows that it has a key: it signs its request together with the challenge of its connection.
 *
 * @module
 */

import { verifySignature } from "../../shared/crypto/identity.ts";
import { parsePublicKey, type PublicKey } from "../../shared/crypto/public_key.ts";
import { errorReply } from "../../shared/protocol/error_reply.ts";
import { header, type Message } from "../../shared/protocol/message.ts";
import { requestFaults, serverFaults } from "../../shared/protocol/reasons.ts";
import {
  registrationClaim,
  type RegistrationPurpose,
  registrationTranscript,
  signatureFromText,
} from "../../shared/protocol/registration_proof.ts";
import type { Fault } from "../../shared/protocol/status.ts";
import { speaksVersion1 } from "../../shared/protocol/verbs.ts";
import type { AuthenticatedClient } from "../presence/presence.ts";
import type { Client, Context } from "./context.ts";

/** What a request names to show that it is signed with a key. */
export interface Proof {
  readonly key: string;
  /** Whether it names the challenge of its connection. */
  readonly isFresh: boolean;
}

/**
 * The proof in a request; undefined if it names no key. The request uses up the challenge that it names,
 * whatever becomes of the request.
 */
export function takeProof(request: Message, { challenge }: Client): Proof | undefined {
  const key = header(request, "Key");
  return key === undefined ? undefined : { key, isFresh: challenge.take(header(request, "Nonce")) };
}

/**
 * Checks that a request is signed with the key that it names. This costs more than all other checks of a
 * request, so it comes last.
 *
 * @returns The key; or an ERROR, which may ask for a signature.
 */
export function verifyProof(
  { key, isFresh }: Proof,
  request: Message,
  purpose: RegistrationPurpose,
  { realm }: Context,
  { challenge }: Client,
): PublicKey | Message {
  if (!speaksVersion1(request)) return errorReply(serverFaults.keyWithoutVersion);
  const publicKey = parsePublicKey(key);
  if (publicKey === undefined) return errorReply(requestFaults.invalidKey(key));
  const signed = header(request, "Signature");
  const signature = signed === undefined ? undefined : signatureFromText(signed);
  if (signed !== undefined && signature === undefined) {
    return errorReply(requestFaults.invalidSignature(signed));
  }
  if (signature === undefined || !isFresh) {
    return errorReply(serverFaults.unsigned, ["Nonce", challenge.give()], ["Realm", realm]);
  }
  const transcript = registrationTranscript(registrationClaim(request, purpose, realm));
  return verifySignature(publicKey, transcript, signature)
    ? publicKey
    : errorReply(serverFaults.wrongSignature);
}

/** The client that has registered with a key on a connection, if a request names that client. */
export function authenticatedClient(
  request: Message,
  { authenticated }: Client,
): AuthenticatedClient | Fault {
  if (authenticated === undefined) return serverFaults.notAuthenticated;
  return header(request, "clientID") === authenticated.clientId
    ? authenticated
    : serverFaults.otherClient(authenticated.clientId);
}

/** Notes that a client has registered with a key on a connection. */
export function authenticate(
  client: Client,
  { clientId, key }: AuthenticatedClient,
  { presence }: Context,
): void {
  const before = client.authenticated;
  if (before?.clientId === clientId && before.key === key) return;
  client.authenticated = { clientId, key };
  if (client.subscription !== undefined) {
    presence.reassign(client.subscription, client.authenticated);
  }
}
