/**
 * AUTH: a client shows whose it is, and is registered nowhere.
 *
 * @module
 */

import { isClientId } from "../../shared/protocol/client_id.ts";
import { errorReply } from "../../shared/protocol/error_reply.ts";
import { mailBytesMax } from "../../shared/protocol/limits.ts";
import { type Header, header, type Message } from "../../shared/protocol/message.ts";
import { requestFaults, serverFaults } from "../../shared/protocol/reasons.ts";
import { formatFeatures, namesFeature } from "../../shared/protocol/records.ts";
import { ownCopy } from "../../shared/text/own_copy.ts";
import { authenticate, takeProof, verifyProof } from "./authentication.ts";
import type { Client, Context } from "./context.ts";
import { reply } from "./replies.ts";

/**
 * Lets a client leave mail and call over the relay as who owns a name. Nobody is told of it, nobody is displaced, and
 * the name is not used by it: it takes none, so whoever has no name yet has to register.
 */
export function auth(request: Message, context: Context, client: Client): Message {
  const proof = takeProof(request, client)!;
  const clientId = header(request, "clientID")!;
  if (!isClientId(clientId)) return errorReply(requestFaults.invalidClientId(clientId));
  if (client.registrant !== undefined) return errorReply(serverFaults.authApart);
  const owner = context.names.owner(clientId);
  if ("refused" in owner) return errorReply(serverFaults.namesUnavailable);
  // Keys cost nothing, and each has rates of its own: names are what a host gets few of.
  if (owner.key === undefined) return errorReply(serverFaults.nameWithoutKey(clientId));
  if (owner.key !== proof.key) return errorReply(serverFaults.idOfOtherKey(clientId));
  const key = verifyProof(proof, request, "AUTH", context, client);
  if (typeof key !== "string") return key;
  // A signature for what the server is called otherwise could come from another server.
  if (header(request, "Dialed") === undefined) return errorReply(serverFaults.wrongSignature);
  authenticate(client, { clientId: ownCopy(clientId), key }, context);
  const headers: Header[] = [["clientID", clientId]];
  if (context.mailbox !== undefined) headers.push(["Mailbox", String(mailBytesMax)]);
  if (namesFeature(request, "relay") && context.relay !== undefined) {
    headers.push(["Features", formatFeatures(["relay"])]);
  }
  return reply("AUTHACK", request, headers);
}
