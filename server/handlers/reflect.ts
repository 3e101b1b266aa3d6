/**
 * REFLECT: a client is about to ask where it is seen.
 *
 * @module
 */

import { errorReply } from "../../shared/protocol/error_reply.ts";
import type { Message } from "../../shared/protocol/message.ts";
import { formatCertificate } from "../../shared/protocol/quic.ts";
import { serverFaults } from "../../shared/protocol/reasons.ts";
import { isFault } from "../../shared/protocol/status.ts";
import { authenticatedClient } from "./authentication.ts";
import type { Client, Context } from "./context.ts";
import { reply } from "./replies.ts";

/** Lets the client's host ask, and says where and by which certificate it knows who answers. */
export function reflect(request: Message, { reflector }: Context, client: Client): Message {
  const asker = authenticatedClient(request, client);
  if (isFault(asker)) return errorReply(asker);
  if (reflector === undefined) return errorReply(serverFaults.noReflector);
  const place = reflector.expect(client.observedHost);
  if (place === "full") return errorReply(serverFaults.reflectorFull);
  if (place === "unavailable") return errorReply(serverFaults.noReflector);
  return reply("REFLECTACK", request, [
    ["Port", String(place.port)],
    ["Certificate", formatCertificate(place.certificate)],
  ]);
}
