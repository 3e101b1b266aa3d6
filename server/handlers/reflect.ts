/**
 * REFLECT: a client is about to ask where it is seen.
 *
 * @module
 */

import { errorReply } from "../../shared/protocol/error_reply.ts";
import { header, type Message } from "../../shared/protocol/message.ts";
import { formatCertificate } from "../../shared/protocol/quic.ts";
import { serverFaults } from "../../shared/protocol/reasons.ts";
import { isFault } from "../../shared/protocol/status.ts";
import { authenticatedClient, takeProof, verifyProof } from "./authentication.ts";
import type { Client, Context } from "./context.ts";
import { reply } from "./replies.ts";

/**
 * Lets the client's host ask, and says where and by which certificate it knows who answers. Who is not registered
 * signs the request: to find out what kind of network one is in takes no name.
 */
export function reflect(request: Message, context: Context, client: Client): Message {
  const { reflector } = context;
  const refusal = refusalOf(request, context, client);
  if (refusal !== undefined) return refusal;
  if (reflector === undefined) return errorReply(serverFaults.noReflector);
  const place = reflector.expect(client.observedHost, header(request, "Ports") === "2");
  if (place === "full") return errorReply(serverFaults.reflectorFull);
  if (place === "unavailable") return errorReply(serverFaults.noReflector);
  const { port, certificate, secondPort } = place;
  return reply(
    "REFLECTACK",
    request,
    [["Port", String(port)], ["Certificate", formatCertificate(certificate)]],
    "Second-Port",
    secondPort,
  );
}

/** Why a client may not ask; undefined if it may. */
function refusalOf(request: Message, context: Context, client: Client): Message | undefined {
  const proof = takeProof(request, client);
  if (proof === undefined) {
    const asker = authenticatedClient(request, client);
    return isFault(asker) ? errorReply(asker) : undefined;
  }
  const key = verifyProof(proof, request, "REFLECT", context, client);
  return typeof key === "string" ? undefined : key;
}
