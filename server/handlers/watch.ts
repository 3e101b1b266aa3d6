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
import {
  type Feature,
  formatFeatures,
  formatPresence,
  namesFeature,
} from "../../shared/protocol/records.ts";
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
  client.subscription.takesCalls = namesFeature(request, "relay") && context.relay !== undefined;
  headers.push(...featureHeaders(request, context, client.authenticated));
  return message("WATCHACK", headers);
}

/**
 * What the server understands of what the client has named: that it takes a list of contacts, with what it has of
 * the client's, and that it relays.
 */
function featureHeaders(
  request: Message,
  { contacts, relay }: Context,
  owner: AuthenticatedClient,
): Header[] {
  const features: Feature[] = [];
  if (namesFeature(request, "contacts")) features.push("contacts");
  if (namesFeature(request, "relay") && relay !== undefined) features.push("relay");
  if (features.length === 0) return [];
  const headers: Header[] = [["Features", formatFeatures(features)]];
  const state = features.includes("contacts") ? contacts.state(owner) : undefined;
  if (state !== undefined) headers.push(["Contacts", formatContacts(state)]);
  return headers;
}
