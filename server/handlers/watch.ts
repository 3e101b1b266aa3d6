/**
 * WATCH: a client subscribes to news of others, and of its mail.
 *
 * @module
 */

import { isClientId } from "../../shared/protocol/client_id.ts";
import { formatContacts } from "../../shared/protocol/contact_token.ts";
import { errorReply } from "../../shared/protocol/error_reply.ts";
import { mailBytesMax, watchedMax } from "../../shared/protocol/limits.ts";
import { type Header, headerValues, type Message, message } from "../../shared/protocol/message.ts";
import { requestFaults, serverFaults } from "../../shared/protocol/reasons.ts";
import { formatFeatures, formatPresence, namesFeature } from "../../shared/protocol/records.ts";
import { protocolVersion } from "../../shared/protocol/verbs.ts";
import type { AuthenticatedClient } from "../presence/presence.ts";
import type { Client, Context } from "./context.ts";

/** Replaces the list of clients that a client watches. */
export function watch(request: Message, context: Context, client: Client): Message {
  const { presence, mailbox } = context;
  if (client.authenticated === undefined) return errorReply(serverFaults.notAuthenticated);
  const targets = headerValues(request, "Target");
  const invalid = targets.find((clientId) => !isClientId(clientId));
  if (invalid !== undefined) return errorReply(requestFaults.invalidClientId(invalid));
  if (targets.length > watchedMax) return errorReply(requestFaults.tooManyTargets(watchedMax));
  client.subscription ??= presence.subscribe(client.connection, client.authenticated);
  const headers = [...presence.watch(client.subscription, targets)]
    .map(([clientId, status]): Header => ["Presence", formatPresence(clientId, status)]);
  headers.push(["Version", protocolVersion]);
  if (mailbox !== undefined) headers.push(["Mailbox", String(mailBytesMax)]);
  if (namesFeature(request, "contacts")) {
    headers.push(...contactHeaders(context, client.authenticated));
  }
  return message("WATCHACK", headers);
}

/** That the server takes a list of contacts, and what it has of the client's. */
function contactHeaders({ contacts }: Context, owner: AuthenticatedClient): Header[] {
  const state = contacts.state(owner);
  const headers: Header[] = [["Features", formatFeatures(["contacts"])]];
  if (state !== undefined) headers.push(["Contacts", formatContacts(state)]);
  return headers;
}
