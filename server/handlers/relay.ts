/**
 * RELAY and JOIN: two clients that the server joins, since they cannot reach each other.
 *
 * @module
 */

import { parseContactToken } from "../../shared/protocol/contact_token.ts";
import { isClientId } from "../../shared/protocol/client_id.ts";
import { errorReply } from "../../shared/protocol/error_reply.ts";
import { header, type Message, message } from "../../shared/protocol/message.ts";
import { requestFaults, serverFaults } from "../../shared/protocol/reasons.ts";
import { type Fault, isFault } from "../../shared/protocol/status.ts";
import type { RelayRefusal } from "../relay/relay.ts";
import { authenticatedClient, verifyProof } from "./authentication.ts";
import type { Client, Context } from "./context.ts";
import { reply } from "./replies.ts";

/** Gives a client, and the one that it wants to talk to, the right to be joined. */
export function relay(request: Message, context: Context, client: Client): Message {
  const { relay, presence, contacts } = context;
  const asker = authenticatedClient(request, client);
  if (isFault(asker)) return errorReply(asker);
  if (relay === undefined) return errorReply(serverFaults.noRelay);
  const target = header(request, "Target")!;
  if (!isClientId(target)) return errorReply(requestFaults.invalidClientId(target));
  if (target === asker.clientId) return errorReply(serverFaults.ownId(target));
  const shown = header(request, "Token");
  const token = shown === undefined ? undefined : parseContactToken(shown);
  if (shown !== undefined && token === undefined) {
    return errorReply(requestFaults.invalidToken(shown));
  }
  const called = presence.callable(target);
  if (called === undefined) return errorReply(serverFaults.notCallable(target));
  const asked = called.client;
  if ((header(request, "Key") ?? asked.key) !== asked.key) {
    return errorReply(serverFaults.nameOfOtherKey(target));
  }
  const isContact = contacts.standing(asked, asker.key, token) === "contact";
  const offer = relay.offer({ ...asker, host: client.observedHost, isContact }, asked);
  if (typeof offer === "string") {
    return errorReply(refusalFault(offer, target, client.observedHost));
  }
  called.call(message("RELAYED", [
    ["clientID", asker.clientId],
    ["Target", asked.clientId],
    ["From-Key", asker.key],
    ["Nonce", offer.asked],
  ]));
  return reply("RELAYACK", request, [["Nonce", offer.asker]]);
}

function refusalFault(refusal: RelayRefusal, clientId: string, host: string): Fault {
  switch (refusal) {
    case "full":
      return serverFaults.relayFull;
    case "asker-full":
      return serverFaults.tooManyRelays;
    case "host-full":
      return serverFaults.tooManyRelaysOfHost(host);
    case "asked-full":
      return serverFaults.tooManyCalls(clientId);
    case "used-up":
      return serverFaults.relayUsedUp;
  }
}

/** Joins a connection with that of another client, once both have come. Nothing but the reply is said of it. */
export function join(
  request: Message,
  context: Context,
  client: Client,
): Message | Promise<Message> {
  const { relay } = context;
  if (relay === undefined) return errorReply(serverFaults.noRelay);
  if (client.authenticated !== undefined || client.seat !== undefined) {
    return errorReply(serverFaults.joinApart);
  }
  const seat = relay.seat(header(request, "Nonce")!);
  const key = header(request, "Key")!;
  const isOwn = seat?.party.clientId === header(request, "clientID") && seat?.party.key === key;
  if (seat === undefined || !isOwn) return errorReply(serverFaults.noSuchCall);
  const proven = verifyProof({ key, isFresh: true }, request, "JOIN", context, client);
  if (typeof proven !== "string") return proven;
  client.seat = seat;
  return seat.take(client.observedHost).then((joined) => {
    if (joined) return reply("JOINACK", request, []);
    client.seat = undefined;
    return errorReply(serverFaults.notJoined);
  });
}
