/**
 * WATCH: a client subscribes to news of others, and of its mail.
 *
 * @module
 */

import { isClientId } from "../../shared/protocol/client_id.ts";
import { errorReply } from "../../shared/protocol/error_reply.ts";
import { mailBytesMax, watchedMax } from "../../shared/protocol/limits.ts";
import { type Header, headerValues, type Message } from "../../shared/protocol/message.ts";
import { requestFaults, serverFaults } from "../../shared/protocol/reasons.ts";
import { formatPresence } from "../../shared/protocol/records.ts";
import type { Client, Context } from "./context.ts";
import { reply } from "./replies.ts";

/** Replaces the list of clients that a client watches. */
export function watch(request: Message, { presence, mailbox }: Context, client: Client): Message {
  if (client.authenticated === undefined) return errorReply(serverFaults.notAuthenticated);
  const targets = headerValues(request, "Target");
  const invalid = targets.find((clientId) => !isClientId(clientId));
  if (invalid !== undefined) return errorReply(requestFaults.invalidClientId(invalid));
  if (targets.length > watchedMax) return errorReply(requestFaults.tooManyTargets(watchedMax));
  client.subscription ??= presence.subscribe(client.connection, client.authenticated);
  const statuses = presence.watch(client.subscription, targets);
  const headers = [...statuses].map(([clientId, status]): Header => [
    "Presence",
    formatPresence(clientId, status),
  ]);
  return reply("WATCHACK", request, headers, "Mailbox", mailbox && mailBytesMax);
}
