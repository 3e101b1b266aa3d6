/**
 * BRIDGE and INFO: who is registered, and where.
 *
 * @module
 */

import { type Address, isLoopback, plainHost } from "../../shared/net/address.ts";
import { fingerprintOf } from "../../shared/crypto/public_key.ts";
import { isClientId } from "../../shared/protocol/client_id.ts";
import { errorReply } from "../../shared/protocol/error_reply.ts";
import { infoPageDefault, infoPageMax } from "../../shared/protocol/limits.ts";
import { type Header, header, type Message } from "../../shared/protocol/message.ts";
import { requestFaults, serverFaults } from "../../shared/protocol/reasons.ts";
import { formatClient, locationHeaders } from "../../shared/protocol/records.ts";
import { speaksVersion1 } from "../../shared/protocol/verbs.ts";
import type { Names } from "../names/names.ts";
import type { Registration } from "../registry/registry.ts";
import type { Client, Context } from "./context.ts";
import { reply } from "./replies.ts";

/** Gives the address of the client that is asked for, or of the next one if none is. */
export function bridge(request: Message, { registry, names }: Context, client: Client): Message {
  const asker = header(request, "clientID")!;
  if (!isClientId(asker)) return errorReply(requestFaults.invalidClientId(asker));
  const target = header(request, "Target");
  if (target === undefined) return bridgeTo(request, registry.next(asker), client);
  if (!isClientId(target)) return errorReply(requestFaults.invalidClientId(target));
  if (target === asker) return errorReply(serverFaults.ownId(target));
  const found = registry.find(target);
  return found === undefined ? away(request, target, names) : bridgeTo(request, found, client);
}

/**
 * Nobody is registered under a name. Whose it is all the same is said, so that nobody can pass for its owner; and by
 * which keys mail is sealed for them, so that somebody who has never met them can leave some.
 */
function away(request: Message, target: string, names: Names): Message {
  const owner = speaksVersion1(request) ? names.owner(target) : undefined;
  const key = owner && "key" in owner ? owner.key : undefined;
  if (key === undefined) return errorReply(serverFaults.unknownClient(target));
  const agreement = names.agreementOf(target, key);
  const keys: Header[] = agreement === undefined ? [] : [["Key", key], ["Agreement", agreement]];
  return errorReply(
    serverFaults.unknownClient(target),
    ["Fingerprint", fingerprintOf(key)],
    ...keys,
  );
}

/** If there is nobody the values are empty, as legacy programs expect it. */
function bridgeTo(request: Message, found: Registration | undefined, client: Client): Message {
  const address = found && addressFor(found.address, client);
  const headers = locationHeaders(found?.clientId ?? "", address);
  return reply("BRIDGEACK", request, headers, "Fingerprint", found?.fingerprint);
}

/** Lists clients in the order of their ids, a page at a time. */
export function info(request: Message, { registry }: Context, asker: Client): Message {
  const limit = header(request, "Limit");
  if (limit !== undefined && !/^[1-9][0-9]{0,8}$/.test(limit)) {
    return errorReply(requestFaults.invalidLimit(limit));
  }
  const after = header(request, "After");
  if (after !== undefined && !isClientId(after)) {
    return errorReply(requestFaults.invalidClientId(after));
  }
  const page = Math.min(limit === undefined ? infoPageDefault : Number(limit), infoPageMax);
  const headers: Header[] = [["Count", String(registry.size)]];
  const showsKeys = speaksVersion1(request);
  let last: string | undefined;
  for (const { clientId, address: registered, fingerprint } of registry.list(after)) {
    // There is more than fits on this page: it ends with what to ask for next.
    if (headers.length > page) return reply("INFOACK", request, headers, "After", last);
    const address = addressFor(registered, asker);
    const client = { clientId, address, fingerprint: showsKeys ? fingerprint : undefined };
    headers.push(["Client", formatClient(client)]);
    last = clientId;
  }
  return reply("INFOACK", request, headers);
}

/**
 * Where somebody can call a client. One on the server's own machine is seen at an address of loopback, at which
 * anybody else would call themselves: to them it is where they have reached that machine.
 */
function addressFor(address: Address, { observedHost, reachedAt }: Client): Address {
  // Nearly nobody is: no time is spent on the others.
  if (!/^127\.|^::/.test(address.host) || !isLoopback(address.host)) return address;
  const machine = plainHost(reachedAt.hostname);
  if (isLoopback(observedHost) || isLoopback(machine)) return address;
  return { host: machine, port: address.port };
}
