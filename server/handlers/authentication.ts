/**
 * How a client shows that it has a key: it signs its request together with the challenge of its connection.
 *
 * @module
 */

import { verifySignature } from "../../shared/crypto/identity.ts";
import { parsePublicKey, type PublicKey } from "../../shared/crypto/public_key.ts";
import { formatAddress, parseAddress } from "../../shared/net/address.ts";
import { errorReply } from "../../shared/protocol/error_reply.ts";
import { type Header, header, type Message } from "../../shared/protocol/message.ts";
import { requestFaults, serverFaults } from "../../shared/protocol/reasons.ts";
import {
  registrationClaim,
  type RegistrationPurpose,
  registrationTranscript,
  signatureFromText,
} from "../../shared/protocol/registration_proof.ts";
import { formatFeatures } from "../../shared/protocol/records.ts";
import type { Fault } from "../../shared/protocol/status.ts";
import { speaksVersion1 } from "../../shared/protocol/verbs.ts";
import type { AuthenticatedClient } from "../presence/presence.ts";
import type { Realm } from "../realm/realm.ts";
import type { Challenge } from "./challenge.ts";
import type { Client, Context } from "./context.ts";

/** What the server understands, of what a client has to know before it signs. */
const features = formatFeatures(["dialed"]);

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
export function takeProof(
  request: Message,
  { challenge }: { readonly challenge: Challenge },
): Proof | undefined {
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
  client: Client,
  challenge = client.challenge,
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
    return errorReply(
      serverFaults.unsigned,
      ["Nonce", challenge.give()],
      ["Realm", realm.name],
      ["Features", features],
    );
  }
  const dialed = header(request, "Dialed");
  const refusal = dialed === undefined ? undefined : refusalOfDialed(dialed, realm, client);
  if (refusal !== undefined) return refusal;
  const transcript = registrationTranscript(registrationClaim(request, purpose, realm.name));
  return verifySignature(publicKey, transcript, signature)
    ? publicKey
    : errorReply(serverFaults.wrongSignature);
}

/** The client that has registered with a key on a connection, if a request names that client. */
export function registeredClient(
  request: Message,
  client: Client,
): AuthenticatedClient | Fault {
  return client.registrant === undefined
    ? serverFaults.notAuthenticated
    : authenticatedClient(request, client);
}

/** The client that has shown on a connection that it has a key, if a request names that client. */
export function authenticatedClient(
  request: Message,
  { authenticated }: Client,
): AuthenticatedClient | Fault {
  if (authenticated === undefined) return serverFaults.notAuthenticated;
  return header(request, "clientID") === authenticated.clientId
    ? authenticated
    : serverFaults.otherClient(authenticated.clientId);
}

/** Why a signature for the address that a client has dialed is none for this server; undefined if it is. */
function refusalOfDialed(
  text: string,
  realm: Realm,
  { reachedAt, observedHost }: Client,
): Message | undefined {
  const dialed = parseAddress(text);
  if (dialed === undefined) return errorReply(requestFaults.invalidDialed(text));
  if (realm.accepts(dialed, reachedAt)) return undefined;
  realm.noteRefused(dialed, observedHost);
  const accepted = realm.acceptedAt(reachedAt).map((address): Header => ["Realm", address]);
  return errorReply(serverFaults.otherAddress(formatAddress(dialed)), ...accepted);
}

/** Notes that a client has shown on a connection that it has a key. */
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
