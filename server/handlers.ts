/**
 * What a server answers: one small function a verb, from the request to the reply.
 *
 * @module
 */

import { formatAddress, isIpAddress, parsePort, reachableHost } from "../shared/address.ts";
import { clientIdRule, isClientId } from "../shared/client_id.ts";
import { keyFromText, verifySignature } from "../shared/crypto/identity.ts";
import {
  infoPageDefault,
  infoPageMax,
  registrationTtlMaxMs,
  registrationTtlMinMs,
} from "../shared/protocol/limits.ts";
import { type Header, header, type Message, message, quote } from "../shared/protocol/message.ts";
import {
  registrationClaim,
  type RegistrationPurpose,
  registrationTranscript,
  signatureFromText,
} from "../shared/protocol/registration_proof.ts";
import type { Fault, StatusCode } from "../shared/protocol/status.ts";
import { check, protocolVersion, speaksVersion1, type VerbName } from "../shared/protocol/verbs.ts";
import type { Challenge } from "./challenge.ts";
import type { NameRefusal, Names } from "./names.ts";
import type { Applicant, Refusal, Registration, Registry } from "./registry/registry.ts";

/** What a handler knows beside the request. */
export interface Context {
  readonly registry: Registry;
  readonly names: Names;
  /** What the server is to those who sign for it. */
  readonly realm: string;
  /** Whether a name is registered with a key alone. */
  readonly keyedOnly: boolean;
  /** The connection's own. */
  readonly challenge: Challenge;
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

function register(request: Message, context: Context): Message {
  const { registry, observedHost } = context;
  const proof = proofOf(request, context);
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
  const unproven = proof && unprovenReply(request, "REGISTER", proof, context);
  if (unproven !== undefined) return unproven;
  const host = reachableHost(claimed, observedHost);
  const applicant = { id, address: { host, port }, observedHost, ttlMs, key: proof?.key };
  const outcome = nameRefusal(applicant, context) ?? registry.register(applicant);
  if ("refused" in outcome) return refusalReply(outcome, applicant);
  const headers: Header[] = [["clientID", id], ["IP", host], ["Port", String(port)]];
  return reply("REGACK", request, headers, "Expires", ttlMs / 1000);
}

/** Why an applicant does not get the name; where it has a key and gets it, it owns it from then on. */
function nameRefusal(
  applicant: Applicant,
  { registry, names, keyedOnly }: Context,
): AnyRefusal | undefined {
  const { id, key, observedHost } = applicant;
  if (key !== undefined) {
    // Asked first, so that nobody owns a name who is not registered under it.
    return registry.refusal(applicant) ?? names.claim(id, key, observedHost);
  }
  if (keyedOnly) return { refused: "keyless" };
  // Who is registered without a key has passed this: a refresh costs no look at the names.
  return registry.find(id) === undefined ? names.refusalWithoutKey(id) : undefined;
}

type AnyRefusal = Refusal | NameRefusal | { readonly refused: "keyless" };

function refusalReply(refusal: AnyRefusal, { id, observedHost }: Applicant): Message {
  switch (refusal.refused) {
    case "taken":
      return error(403, `The id ${id} is registered from another host`, [
        retryAfter(refusal.freeInMs),
      ]);
    case "keyed":
    case "owned":
      return othersKey(id);
    case "keyless":
      return error(403, "This server registers names with a key alone");
    case "host-full":
      return error(429, `The server takes no more registrations from ${observedHost}`, retryLater);
    case "host-names":
      return error(429, `The server takes no more new names from ${observedHost} today`, [
        retryAfter(refusal.retryInMs),
      ]);
    case "full":
      return error(503, "The server has as many registrations as it takes", retryLater);
    case "names-full":
      return error(503, "The server has as many names with a key as it keeps", retryLater);
    case "unavailable":
      return error(503, "The server's list of names does not work at the moment", retryLater);
  }
}

/** What a request that names a Key has to show for it. */
interface Proof {
  readonly key: string;
  /** Whether it names the challenge of its connection. */
  readonly isFresh: boolean;
}

/** A challenge is used up by the request that names it, whatever comes of that. */
function proofOf(request: Message, { challenge }: Context): Proof | undefined {
  const key = header(request, "Key");
  return key === undefined ? undefined : { key, isFresh: challenge.take(header(request, "Nonce")) };
}

/**
 * The reply to a request that is not signed with the key that it names. A signature costs more to look
 * at than all the rest of a request, so that all the rest comes first.
 */
function unprovenReply(
  request: Message,
  purpose: RegistrationPurpose,
  { key, isFresh }: Proof,
  { challenge, realm }: Context,
): Message | undefined {
  if (!speaksVersion1(request)) return error(400, "A Key needs the header Version");
  const publicKey = keyFromText(key);
  if (publicKey === undefined) {
    return error(400, `The Key ${quote(key)} is not 32 bytes in base64url without padding`);
  }
  const signed = header(request, "Signature");
  const signature = signed === undefined ? undefined : signatureFromText(signed);
  if (signed !== undefined && signature === undefined) {
    return error(
      400,
      `The Signature ${quote(signed)} is not 64 bytes in base64url without padding`,
    );
  }
  if (signature === undefined || !isFresh) {
    return error(401, "Send the request again, signed with this Nonce", [
      ["Nonce", challenge.give()],
      ["Realm", realm],
    ]);
  }
  const transcript = registrationTranscript(registrationClaim(request, purpose, realm));
  return verifySignature(publicKey, transcript, signature)
    ? undefined
    : error(403, "The Signature is not one of the Key for this request");
}

function retryAfter(ms: number): Header {
  return ["Retry-After", String(Math.ceil(ms / 1000))];
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

function unregister(request: Message, context: Context): Message {
  const { registry, observedHost } = context;
  const proof = proofOf(request, context);
  const id = header(request, "clientID")!;
  if (!isClientId(id)) return badId(id);
  const unproven = proof && unprovenReply(request, "UNREGISTER", proof, context);
  if (unproven !== undefined) return unproven;
  switch (registry.unregister(id, observedHost, proof?.key)) {
    case "removed":
      return reply("UNREGACK", request, [["clientID", id]]);
    case "unknown":
      return unknown(id);
    case "not-yours":
      return error(403, `The id ${id} is registered from another host`);
    case "keyed":
      return othersKey(id);
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
  const headers: Header[] = [
    ["clientID", found?.id ?? ""],
    ["IP", found?.address.host ?? ""],
    ["Port", found === undefined ? "" : String(found.address.port)],
  ];
  return reply("BRIDGEACK", request, headers, "Fingerprint", found?.fingerprint);
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
  const saysKeys = speaksVersion1(request);
  let last: string | undefined;
  for (const { id, address, fingerprint } of registry.list(after)) {
    if (headers.length > page) {
      // There is more: the page ends with what to ask for next.
      return reply("INFOACK", request, headers, "After", last);
    }
    const client = `${id} ${formatAddress(address)}`;
    headers.push([
      "Client",
      saysKeys && fingerprint !== undefined ? `${client} ${fingerprint}` : client,
    ]);
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
  name = "",
  value?: string | number,
): Message {
  if (speaksVersion1(request)) {
    headers.push(["Version", protocolVersion]);
    if (value !== undefined) headers.push([name, String(value)]);
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

function othersKey(id: string): Message {
  return error(403, `The id ${id} belongs to a key with which this request is not signed`);
}

function unknown(id: string): Message {
  return error(404, `No client ${id} is registered`);
}
