/**
 * WATCH: a client subscribes to news of others, and of its mail.
 *
 * @module
 */

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
  parseTarget,
} from "../../shared/protocol/records.ts";
import { type Fault, isFault } from "../../shared/protocol/status.ts";
import { protocolVersion } from "../../shared/protocol/verbs.ts";
import type { AuthenticatedClient } from "../presence/presence.ts";
import type { Client, Context } from "./context.ts";

/** Replaces the list of clients that a client watches. */
export function watch(request: Message, context: Context, client: Client): Message {
  const { presence, mailbox } = context;
  // Who is not registered is nowhere, and must get no calls that are another's.
  if (client.authenticated === undefined || client.registrant === undefined) {
    return errorReply(serverFaults.notAuthenticated);
  }
  const targets = targetsOf(headerValues(request, "Target"));
  if (isFault(targets)) return errorReply(targets);
  client.subscription ??= presence.subscribe(client.connection, client.authenticated);
  presence.setOpen(client.subscription, namesFeature(request, "open-presence"));
  const headers = presence.watch(client.subscription, targets)
    .map(([clientId, status]): Header => ["Presence", formatPresence(clientId, status)]);
  headers.push(["Version", protocolVersion]);
  if (mailbox !== undefined) headers.push(["Mailbox", String(mailBytesMax)]);
  client.subscription.takesCalls = namesFeature(request, "relay") && context.relay !== undefined;
  headers.push(...featureHeaders(request, context, client.authenticated));
  return message("WATCHACK", headers);
}

/** The ids in Targets, each with the token behind it. */
function targetsOf(values: readonly string[]): Map<string, Uint8Array | undefined> | Fault {
  if (values.length > watchedMax) return requestFaults.tooManyTargets(watchedMax);
  const targets = new Map<string, Uint8Array | undefined>();
  for (const value of values) {
    const target = parseTarget(value);
    if (target === undefined) return requestFaults.invalidClientId(value);
    targets.set(target.clientId, target.token);
  }
  return targets;
}

/**
 * What the server understands of what the client has named: that it takes a list of contacts, with what it has of
 * the client's, tokens behind Targets, that it relays, and that it tells clients where they are seen.
 */
function featureHeaders(
  request: Message,
  { contacts, relay, reflector }: Context,
  owner: AuthenticatedClient,
): Header[] {
  const features: Feature[] = [];
  if (namesFeature(request, "contacts")) features.push("contacts");
  if (namesFeature(request, "presence")) features.push("presence");
  if (namesFeature(request, "relay") && relay !== undefined) features.push("relay");
  if (namesFeature(request, "reflect") && reflector !== undefined) features.push("reflect");
  if (features.length === 0) return [];
  const headers: Header[] = [["Features", formatFeatures(features)]];
  const state = features.includes("contacts") ? contacts.state(owner) : undefined;
  if (state !== undefined) headers.push(["Contacts", formatContacts(state)]);
  return headers;
}
