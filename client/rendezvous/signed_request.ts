/**
 * A request that the owner of a key has to sign. The request names the key, the server answers with a
 * challenge, and the request is made again with the signature (PROTOCOL.md section 3).
 *
 * @module
 */

import { formatAddress, parseAddress } from "../../shared/net/address.ts";
import type { Identity } from "../../shared/crypto/identity.ts";
import { type Header, type Message, message } from "../../shared/protocol/message.ts";
import {
  registrationClaim,
  type RegistrationPurpose,
  registrationTranscript,
  signatureToText,
} from "../../shared/protocol/registration_proof.ts";
import type { VerbName } from "../../shared/protocol/verbs.ts";
import { UserError } from "../user_error.ts";
import type { ControlConnection } from "./control_connection.ts";
import { ServerRefusal } from "./reply.ts";

/** A challenge holds on the connection on which it came, and that may have ended before the answer. */
const triesMax = 3;

/** A reply, and whether the server had the key proven. */
export interface SignedReply {
  readonly reply: Message;
  readonly proven: boolean;
}

/**
 * Makes a request, signed if the server asks for that.
 *
 * @param verb What is asked for.
 * @param headers All but the key, the nonce and the signature.
 * @param expected The verb of the reply.
 * @throws {ServerRefusal} If the server answers ERROR.
 * @throws {UserError} If it cannot be reached, does not answer, answers something else, or asks for a
 * signature that another server could use.
 */
export async function requestSigned(
  connection: Pick<ControlConnection, "request" | "server">,
  identity: Identity,
  verb: RegistrationPurpose,
  headers: readonly Header[],
  expected: VerbName,
): Promise<SignedReply> {
  const unsigned: Header[] = [...headers, ["Key", identity.publicKey]];
  let request = message(verb, unsigned);
  for (let tries = 1;; tries++) {
    try {
      return { reply: await connection.request(request, expected), proven: tries > 1 };
    } catch (error) {
      if (!(error instanceof ServerRefusal) || error.challenge === undefined) throw error;
      if (tries > triesMax) throw error;
      const { nonce, realm } = error.challenge;
      checkRealm(realm, connection);
      const challenged = message(verb, [...unsigned, ["Nonce", nonce]]);
      const transcript = registrationTranscript(registrationClaim(challenged, verb, realm));
      const signature = signatureToText(identity.sign(transcript));
      request = message(verb, [...challenged.headers, ["Signature", signature]]);
    }
  }
}

/**
 * A realm that is an address says for which server the signature is good. A server that passes on another
 * server's challenge, to register there in our name, would have to be known to us by the other's address.
 */
function checkRealm(realm: string, { server }: Pick<ControlConnection, "server">): void {
  if (!realm.includes(":") || parseAddress(realm) === undefined) return;
  const dialed = formatAddress(server);
  if (realm.toLowerCase() === dialed.toLowerCase()) return;
  throw new UserError({ code: "wrong-realm", server: dialed, realm });
}
