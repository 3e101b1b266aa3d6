/**
 * What a server answers: one small function a verb, from the request to the reply.
 *
 * @module
 */

import { formatAddress, isIpAddress, parsePort, reachableHost } from "../../shared/net/address.ts";
import { clientIdRule, isClientId } from "../../shared/protocol/client_id.ts";
import { verifySignature } from "../../shared/crypto/identity.ts";
import { parsePublicKey, type PublicKey } from "../../shared/crypto/public_key.ts";
import { isId } from "../../shared/protocol/message_stream.ts";
import {
  infoPageDefault,
  infoPageMax,
  mailBytesMax,
  registrationTtlMaxMs,
  registrationTtlMinMs,
  takenMax,
  watchedMax,
} from "../../shared/protocol/limits.ts";
import { dataHeaders, dataOf } from "../../shared/protocol/mail_data.ts";
import {
  type Header,
  header,
  headerValues,
  type Message,
  message,
  quote,
} from "../../shared/protocol/message.ts";
import {
  registrationClaim,
  type RegistrationPurpose,
  registrationTranscript,
  signatureFromText,
} from "../../shared/protocol/registration_proof.ts";
import type { Fault, StatusCode } from "../../shared/protocol/status.ts";
import {
  check,
  protocolVersion,
  speaksVersion1,
  type VerbName,
} from "../../shared/protocol/verbs.ts";
import type { Challenge } from "./challenge.ts";
import type { Box, Mailbox, MailRefusal } from "../mailbox/mailbox.ts";
import type { NameRefusal, Names } from "../names/names.ts";
import {
  type Attendable,
  type AuthenticatedClient,
  type Presence,
  presenceHeader,
  type Subscription,
} from "../presence/presence.ts";
import type { Applicant, Refusal, Registration, Registry } from "../registry/registry.ts";

/** What the handlers of a server share. */
export interface Context {
  readonly registry: Registry;
  readonly names: Names;
  readonly presence: Presence;
  /** Undefined where the server keeps no mail. */
  readonly mailbox: Mailbox | undefined;
  /** What the server is to those who sign for it. */
  readonly realm: string;
  /** Whether a name is registered with a key alone. */
  readonly keyedOnly: boolean;
}

/** Who asks: a connection, and what it has shown of its client. */
export interface Caller extends Attendable {
  /** The IP address of the client's end. */
  readonly observedHost: string;
  readonly challenge: Challenge;
  /** Who registered on it last with a key. */
  proven: AuthenticatedClient | undefined;
  /** Undefined until it is attended. */
  attendance: Subscription | undefined;
}

type Handler = (
  request: Message,
  context: Context,
  caller: Caller,
) => Message | Promise<Message>;

/** Seconds after which a client that met a full server may try again. */
const retryWhenFullS = 30;

/** The same for mail, of which there is less when somebody collects his. */
const retryMailS = 10 * 60;

/**
 * Answers a request.
 *
 * @returns The reply, or a promise of it that is never rejected; ERROR where the request is malformed or
 * cannot be done.
 */
export function answer(
  request: Message,
  context: Context,
  caller: Caller,
): Message | Promise<Message> {
  const malformed = check(request, "client");
  if (malformed !== undefined) return errorOf(malformed);
  return handlers.get(request.verb as VerbName)!(request, context, caller);
}

const handlers: ReadonlyMap<VerbName, Handler> = new Map<VerbName, Handler>([
  ["REGISTER", register],
  ["UNREGISTER", unregister],
  ["QUIT", unregister],
  ["BRIDGE", bridge],
  ["INFO", info],
  ["WATCH", watch],
  ["DEPOSIT", deposit],
  ["COLLECT", collect],
  ["PING", ping],
]);

function register(request: Message, context: Context, caller: Caller): Message {
  const { registry } = context;
  const { observedHost } = caller;
  const proof = proofOf(request, caller);
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
  const key = proof && provenKey(request, "REGISTER", proof, context, caller);
  if (typeof key === "object") return key;
  const host = reachableHost(claimed, observedHost);
  const applicant = { id, address: { host, port }, observedHost, ttlMs, key };
  const outcome = nameRefusal(applicant, context) ?? registry.register(applicant);
  if ("refused" in outcome) return refusalReply(outcome, applicant);
  if (key !== undefined) prove(caller, { id: outcome.id, key: outcome.key! }, context);
  const headers: Header[] = [["clientID", id], ["IP", host], ["Port", String(port)]];
  return reply("REGACK", request, headers, "Expires", ttlMs / 1000);
}

/** Remembers who is at the other end. */
function prove(caller: Caller, { id, key }: AuthenticatedClient, { presence }: Context): void {
  if (caller.proven?.id === id && caller.proven.key === key) return;
  caller.proven = { id, key };
  if (caller.attendance !== undefined) presence.pass(caller.attendance, caller.proven);
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
      return namesUnavailable;
  }
}

/** What a request that names a Key has to show for it. */
interface Proof {
  readonly key: string;
  /** Whether it names the challenge of its connection. */
  readonly isFresh: boolean;
}

/** A challenge is used up by the request that names it, whatever comes of that. */
function proofOf(request: Message, { challenge }: Caller): Proof | undefined {
  const key = header(request, "Key");
  return key === undefined ? undefined : { key, isFresh: challenge.take(header(request, "Nonce")) };
}

/**
 * The key that a request names, or the reply if the request is not signed with it. A signature costs more to
 * look at than all the rest of a request, so that all the rest comes first.
 */
function provenKey(
  request: Message,
  purpose: RegistrationPurpose,
  { key, isFresh }: Proof,
  { realm }: Context,
  { challenge }: Caller,
): PublicKey | Message {
  if (!speaksVersion1(request)) return error(400, "A Key needs the header Version");
  const publicKey = parsePublicKey(key);
  if (publicKey === undefined) return badKey(key);
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
    ? publicKey
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

function unregister(request: Message, context: Context, caller: Caller): Message {
  const proof = proofOf(request, caller);
  const id = header(request, "clientID")!;
  if (!isClientId(id)) return badId(id);
  const key = proof && provenKey(request, "UNREGISTER", proof, context, caller);
  if (typeof key === "object") return key;
  switch (context.registry.unregister(id, caller.observedHost, key)) {
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

function watch(request: Message, { presence, mailbox }: Context, caller: Caller): Message {
  if (caller.proven === undefined) return notProven;
  const ids = headerValues(request, "Target");
  const bad = ids.find((id) => !isClientId(id));
  if (bad !== undefined) return badId(bad);
  if (ids.length > watchedMax) return error(400, `WATCH names at most ${watchedMax} clients`);
  caller.attendance ??= presence.attend(caller, caller.proven);
  const headers = [...presence.watch(caller.attendance, ids)].map(([id, status]) =>
    presenceHeader(id, status)
  );
  return reply("WATCHACK", request, headers, "Mailbox", mailbox && mailBytesMax);
}

function deposit(
  request: Message,
  context: Context,
  { proven }: Caller,
): Message | Promise<Message> {
  const { mailbox } = context;
  if (proven === undefined) return notProven;
  if (header(request, "clientID") !== proven.id) return notYou(proven);
  if (mailbox === undefined) return keepsNoMail;
  const name = header(request, "Target")!;
  if (!isClientId(name)) return badId(name);
  const key = header(request, "Key")!;
  const publicKey = parsePublicKey(key);
  if (publicKey === undefined) return badKey(key);
  const id = header(request, "Id")!;
  if (!isId(id)) return error(400, `The Id ${quote(id)} is not 128 bits in hexadecimal`);
  const data = dataOf(request);
  if (data === undefined) return error(400, "The Data is not base64url without padding");
  if (data.length > mailBytesMax) return error(413, `A mail has at most ${mailBytesMax} bytes`);
  const owner = context.names.owner(name);
  if ("refused" in owner) return namesUnavailable;
  if (owner.key === undefined) return error(404, `No key has the name ${name} here`);
  if (owner.key !== publicKey) return error(403, `The name ${name} is another key's`);
  const mail = { to: { name, key: publicKey }, sender: proven.key, id, data };
  return mailbox.deposit(mail).then((refusal) =>
    refusal === undefined
      ? reply("DEPOSITACK", request, [["Id", id]])
      : mailRefusalReply(refusal, name)
  );
}

function mailRefusalReply(refusal: MailRefusal, name: string): Message {
  switch (refusal) {
    case "box-full":
      return error(507, `The mailbox of ${name} is full`, retryMail);
    case "share-full":
      return error(507, `The mailbox of ${name} takes no more from you`, retryMail);
    case "sender-full":
      return error(429, "The server keeps no more mail of yours", retryMail);
    case "full":
      return error(503, "The server has as much mail as it keeps", retryMail);
    case "unavailable":
      return mailUnavailable;
  }
}

function collect(request: Message, { mailbox }: Context, { proven }: Caller): Message {
  if (proven === undefined) return notProven;
  if (header(request, "clientID") !== proven.id) return notYou(proven);
  if (mailbox === undefined) return keepsNoMail;
  const named = headerValues(request, "Taken");
  if (named.length > takenMax) return error(400, `COLLECT takes at most ${takenMax} mails`);
  const [after, ...taken] = [header(request, "After") ?? "0", ...named].map(mailNumber);
  if (after === undefined || !taken.every((number) => number !== undefined)) {
    return error(400, "After and Taken are numbers of mails");
  }
  const collected = mailbox.collect(boxOf(proven), taken, after);
  if (collected === undefined) return mailUnavailable;
  const { count, mail } = collected;
  const headers: Header[] = [["Count", String(count)]];
  if (mail !== undefined) {
    headers.push(["Number", String(mail.number)], ...dataHeaders(mail.data));
  }
  return reply("COLLECTACK", request, headers);
}

/** The mailbox of somebody who has shown a key. */
export function boxOf({ id, key }: AuthenticatedClient): Box {
  return { name: id, key };
}

/** Reads the number of a mail; undefined where it is none. */
function mailNumber(text: string): number | undefined {
  return /^[0-9]{1,15}$/.test(text) ? Number(text) : undefined;
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

function badKey(key: string): Message {
  return error(400, `The Key ${quote(key)} is not 32 bytes in base64url without padding`);
}

function othersKey(id: string): Message {
  return error(403, `The id ${id} belongs to a key with which this request is not signed`);
}

function unknown(id: string): Message {
  return error(404, `No client ${id} is registered`);
}

function notYou({ id }: AuthenticatedClient): Message {
  return error(403, `You are ${id} on this connection; register as whom you name`);
}

const retryMail: readonly Header[] = [["Retry-After", String(retryMailS)]];
const notProven = error(403, "Register with a key on this connection first");
const keepsNoMail = error(503, "This server keeps no mail");
const mailUnavailable = error(503, "The server's mailbox does not work at the moment", retryLater);
const namesUnavailable = error(
  503,
  "The server's list of names does not work at the moment",
  retryLater,
);
