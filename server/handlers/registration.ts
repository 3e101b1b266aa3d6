/**
 * REGISTER, UNREGISTER and QUIT: where a client listens, and which key its name belongs to.
 *
 * @module
 */

import { isIpAddress, parsePort, reachableHost } from "../../shared/net/address.ts";
import { isClientId } from "../../shared/protocol/client_id.ts";
import { errorReply } from "../../shared/protocol/error_reply.ts";
import { registrationTtlMaxMs, registrationTtlMinMs } from "../../shared/protocol/limits.ts";
import { type Header, header, type Message } from "../../shared/protocol/message.ts";
import { requestFaults, serverFaults } from "../../shared/protocol/reasons.ts";
import { formatSeconds, locationHeaders, parseWholeNumber } from "../../shared/protocol/records.ts";
import { speaksVersion1 } from "../../shared/protocol/verbs.ts";
import { isFault } from "../../shared/protocol/status.ts";
import type { NameRefusal } from "../names/names.ts";
import type { Applicant, Refusal } from "../registry/registry.ts";
import { authenticate, takeProof, verifyProof } from "./authentication.ts";
import type { Client, Context } from "./context.ts";
import { countPaths } from "./paths.ts";
import { leaverOf, noteRegistrant, registrantOf } from "./registrant.ts";
import { reply } from "./replies.ts";

/** Registers a client, or refreshes or moves its registration. */
export function register(request: Message, context: Context, client: Client): Message {
  const { observedHost } = client;
  const proof = takeProof(request, client);
  const clientId = header(request, "clientID")!;
  if (!isClientId(clientId)) return errorReply(requestFaults.invalidClientId(clientId));
  const claimedHost = header(request, "IP")!;
  if (claimedHost !== observedHost && !isIpAddress(claimedHost)) {
    return errorReply(requestFaults.invalidIp(claimedHost));
  }
  const claimedPort = header(request, "Port")!;
  const port = parsePort(claimedPort);
  if (port === undefined || port === 0) return errorReply(requestFaults.invalidPort(claimedPort));
  const ttlMs = askedTtlMs(request);
  if (typeof ttlMs !== "number") return ttlMs;
  const registrant = proof && registrantOf(request, client);
  if (registrant !== undefined && isFault(registrant)) return errorReply(registrant);
  const key = proof && verifyProof(proof, request, "REGISTER", context, client);
  if (typeof key === "object") return key;
  const address = { host: reachableHost(claimedHost, observedHost), port };
  const applicant = { clientId, address, observedHost, ttlMs, key, registrant };
  const other = registrant && context.registry.livingOther(applicant);
  // It has missed that another took its place, and its user does not know of that yet.
  if (other !== undefined && registrant!.knowsDisplaced && header(request, "Refresh") === "yes") {
    return errorReply(serverFaults.displaced(clientId));
  }
  const outcome = nameRefusal(applicant, context) ?? context.registry.register(applicant);
  if ("refused" in outcome) return refusalReply(outcome, applicant, request);
  if (key !== undefined) {
    context.names.noteAgreement(clientId, key, header(request, "Agreement"));
    noteRegistrant(client, registrant!);
    authenticate(client, { clientId: outcome.clientId, key }, context);
    countPaths(request, context, client);
    // Who has signed for the address signs for it again: a server between cannot leave that away.
    if (header(request, "Dialed") !== undefined) {
      client.mailChallenge ??= client.challenge.another();
    }
  }
  other?.displaced(clientId);
  return reply("REGACK", request, locationHeaders(clientId, address), "Expires", ttlMs / 1000);
}

/** Ends a registration. */
export function unregister(request: Message, context: Context, client: Client): Message {
  const proof = takeProof(request, client);
  const clientId = header(request, "clientID")!;
  if (!isClientId(clientId)) return errorReply(requestFaults.invalidClientId(clientId));
  const key = proof && verifyProof(proof, request, "UNREGISTER", context, client);
  if (typeof key === "object") return key;
  const leaver = proof && leaverOf(request, clientId, client);
  if (leaver !== undefined && isFault(leaver)) return errorReply(leaver);
  switch (context.registry.unregister(clientId, client.observedHost, key, leaver)) {
    case "removed":
      if (key !== undefined) countPaths(request, context, client);
      return reply("UNREGACK", request, [["clientID", clientId]]);
    case "unknown":
      return errorReply(serverFaults.unknownClient(clientId));
    case "not-yours":
      return errorReply(serverFaults.idOfOtherHost(clientId));
    case "keyed":
      return errorReply(serverFaults.idOfOtherKey(clientId));
    case "displaced":
      return errorReply(serverFaults.notRegisteredByYou(clientId));
  }
}

/**
 * How long a registration lives, in milliseconds: as long as the client asks, but not longer than the longest
 * time. Legacy programs do not ask, never refresh, and get the longest.
 */
function askedTtlMs(request: Message): number | Message {
  const asked = header(request, "Expires");
  if (asked === undefined) return registrationTtlMaxMs;
  const seconds = parseWholeNumber(asked, 10);
  if (seconds === undefined) return errorReply(requestFaults.invalidExpires(asked));
  const ttlMs = seconds * 1000;
  if (ttlMs < registrationTtlMinMs) {
    const least = formatSeconds(registrationTtlMinMs);
    return errorReply(requestFaults.shortExpires(least), ["Min-Expires", least]);
  }
  return Math.min(ttlMs, registrationTtlMaxMs);
}

type AnyRefusal = Refusal | NameRefusal | { readonly refused: "keyless" };

/**
 * Why an applicant does not get the name; undefined if it does. If it has a key, that key owns the name from
 * now on.
 */
function nameRefusal(
  applicant: Applicant,
  { registry, names, keyedOnly }: Context,
): AnyRefusal | undefined {
  const { clientId, key, observedHost } = applicant;
  if (key !== undefined) {
    // The registry is asked first, so that nobody owns a name without being registered under it.
    return registry.refusal(applicant) ?? names.claim(clientId, key, observedHost);
  }
  if (keyedOnly) return { refused: "keyless" };
  // A refresh without a key has passed this before: it costs no look at the names.
  if (registry.find(clientId) !== undefined) return undefined;
  return registry.refusal(applicant) ?? names.takeWithoutKey(clientId, observedHost);
}

function refusalReply(
  refusal: AnyRefusal,
  { clientId, observedHost }: Applicant,
  request: Message,
): Message {
  switch (refusal.refused) {
    case "taken":
      return errorReply(serverFaults.idOfOtherHost(clientId), retryAfter(refusal.freeInMs));
    case "keyed":
    case "owned":
      return errorReply(serverFaults.idOfOtherKey(clientId));
    case "keyless":
      return errorReply(serverFaults.keyRequired);
    case "host-full":
      return errorReply(serverFaults.tooManyRegistrationsOfHost(observedHost));
    case "host-names":
      return errorReply(
        serverFaults.tooManyNewNamesOfHost(observedHost),
        ...speaksVersion1(request) ? [retryAfter(refusal.retryInMs)] : [],
      );
    case "full":
      return errorReply(serverFaults.tooManyRegistrations);
    case "names-full":
      return errorReply(serverFaults.tooManyNames);
    case "unavailable":
      return errorReply(serverFaults.namesUnavailable);
  }
}

function retryAfter(ms: number): Header {
  return ["Retry-After", formatSeconds(ms)];
}
