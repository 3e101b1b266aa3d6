/**
 * What a server answers: one small function a verb, from the request to the reply.
 *
 * @module
 */

import { formatAddress, isIpAddress, parsePort, reachableHost } from "../shared/address.ts";
import { clientIdRule, isClientId } from "../shared/client_id.ts";
import {
  infoPageDefault,
  infoPageMax,
  registrationTtlMaxMs,
  registrationTtlMinMs,
} from "../shared/protocol/limits.ts";
import { type Header, header, type Message, message, quote } from "../shared/protocol/message.ts";
import type { Fault, StatusCode } from "../shared/protocol/status.ts";
import { check, protocolVersion, speaksVersion1, type VerbName } from "../shared/protocol/verbs.ts";
import type { Registration, Registry } from "./registry/registry.ts";

/** What a handler knows beside the request. */
export interface Context {
  readonly registry: Registry;
  /** The IP address of the client's end of the connection. */
  readonly observedHost: string;
}

type Handler = (request: Message, context: Context) => Message;

/** Seconds after which a client that met a full server may try again. */
const retryWhenFullS = 30;

/**
 * Answers a request.
 *
 * @returns The reply; ERROR where the request is malformed or cannot be done.
 */
export function answer(request: Message, context: Context): Message {
  const malformed = check(request, "client");
  if (malformed !== undefined) return errorOf(malformed);
  return handlers.get(request.verb as VerbName)!(request, context);
}

const handlers: ReadonlyMap<VerbName, Handler> = new Map<VerbName, Handler>([
  ["REGISTER", register],
  ["UNREGISTER", unregister],
  ["QUIT", unregister],
  ["BRIDGE", bridge],
  ["INFO", info],
  ["PING", ping],
]);

function register(request: Message, { registry, observedHost }: Context): Message {
  const id = header(request, "clientID")!;
  if (!isClientId(id)) return badId(id);
  const claimed = header(request, "IP")!;
  if (claimed !== observedHost && !isIpAddress(claimed)) {
    return error(400, `The IP ${quote(claimed)} is not an IPv4 or IPv6 address`);
  }
  const port = parsePort(header(request, "Port")!);
  if (port === undefined || port === 0) {
    return error(
      400,
      `The Port ${quote(header(request, "Port")!)} is not a number from 1 to 65535`,
    );
  }
  const ttlMs = askedTtlMs(request);
  if (typeof ttlMs !== "number") return ttlMs;
  const host = reachableHost(claimed, observedHost);
  const outcome = registry.register({ id, address: { host, port }, observedHost, ttlMs });
  if (!("refused" in outcome)) {
    const headers: Header[] = [["clientID", id], ["IP", host], ["Port", String(port)]];
    return reply("REGACK", request, headers, "Expires", ttlMs / 1000);
  }
  switch (outcome.refused) {
    case "taken":
      return error(403, `The id ${id} is registered from another host`, [
        ["Retry-After", String(Math.ceil(outcome.freeInMs / 1000))],
      ]);
    case "host-full":
      return error(429, `The server takes no more registrations from ${observedHost}`, retryLater);
    case "full":
      return error(503, "The server has as many registrations as it takes", retryLater);
  }
}

const retryLater: readonly Header[] = [["Retry-After", String(retryWhenFullS)]];

/** How long a registration lives: what is asked, shortened to the longest; all of it for the wild. */
function askedTtlMs(request: Message): number | Message {
  const asked = header(request, "Expires");
  if (asked === undefined) return registrationTtlMaxMs;
  if (!/^[0-9]{1,10}$/.test(asked)) {
    return error(400, `Expires ${quote(asked)} is not a number of seconds`);
  }
  const ttlMs = Number(asked) * 1000;
  if (ttlMs < registrationTtlMinMs) {
    const least = String(registrationTtlMinMs / 1000);
    return error(423, `A registration lasts at least ${least} seconds`, [["Min-Expires", least]]);
  }
  return Math.min(ttlMs, registrationTtlMaxMs);
}

function unregister(request: Message, { registry, observedHost }: Context): Message {
  const id = header(request, "clientID")!;
  if (!isClientId(id)) return badId(id);
  switch (registry.unregister(id, observedHost)) {
    case "removed":
      return reply("UNREGACK", request, [["clientID", id]]);
    case "unknown":
      return unknown(id);
    case "not-yours":
      return error(403, `The id ${id} is registered from another host`);
  }
}

function bridge(request: Message, { registry }: Context): Message {
  const asker = header(request, "clientID")!;
  if (!isClientId(asker)) return badId(asker);
  const target = header(request, "Target");
  if (target === undefined) return bridgeTo(request, registry.next(asker));
  if (!isClientId(target)) return badId(target);
  if (target === asker) return error(404, `${target} is yourself; name another client`);
  const found = registry.find(target);
  return found === undefined ? unknown(target) : bridgeTo(request, found);
}

/** With nobody there the values are empty, as the wild has it. */
function bridgeTo(request: Message, found: Registration | undefined): Message {
  return reply("BRIDGEACK", request, [
    ["clientID", found?.id ?? ""],
    ["IP", found?.address.host ?? ""],
    ["Port", found === undefined ? "" : String(found.address.port)],
  ]);
}

function info(request: Message, { registry }: Context): Message {
  const limit = header(request, "Limit");
  if (limit !== undefined && !/^[1-9][0-9]{0,8}$/.test(limit)) {
    return error(400, `The Limit ${quote(limit)} is not a number from 1`);
  }
  const after = header(request, "After");
  if (after !== undefined && !isClientId(after)) return badId(after);
  const page = Math.min(limit === undefined ? infoPageDefault : Number(limit), infoPageMax);
  const headers: Header[] = [["Count", String(registry.size)]];
  let last: string | undefined;
  for (const { id, address } of registry.list(after)) {
    if (headers.length > page) {
      // There is more: the page ends with what to ask for next.
      return reply("INFOACK", request, headers, "After", last);
    }
    headers.push(["Client", `${id} ${formatAddress(address)}`]);
    last = id;
  }
  return reply("INFOACK", request, headers);
}

function ping(request: Message): Message {
  const id = header(request, "Id");
  return message("PONG", id === undefined ? [] : [["Id", id]]);
}

/** A reply. Only this protocol's own clients are told the version, and one header more. */
function reply(
  verb: VerbName,
  request: Message,
  headers: Header[],
  name?: string,
  value?: string | number,
): Message {
  if (speaksVersion1(request)) {
    headers.push(["Version", protocolVersion]);
    if (name !== undefined) headers.push([name, String(value)]);
  }
  return message(verb, headers);
}

/** An ERROR. */
function error(code: StatusCode, reason: string, extra: readonly Header[] = []): Message {
  return message("ERROR", [["Code", String(code)], ["Reason", reason], ...extra]);
}

/** The ERROR that tells a peer of its fault. */
export function errorOf({ code, reason }: Fault): Message {
  const late = code === 429 || code === 503;
  return error(code, reason, late ? retryLater : []);
}

function badId(id: string): Message {
  return error(400, `The id ${quote(id)} is not ${clientIdRule}`);
}

function unknown(id: string): Message {
  return error(404, `No client ${id} is registered`);
}
