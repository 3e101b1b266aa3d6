/**
 * What a server answers: one small function a verb, from the request to the reply.
 *
 * @module
 */

import { formatAddress, isIpAddress, parsePort, reachableHost } from "../../shared/net/address.ts";
import { isClientId } from "../../shared/protocol/client_id.ts";
import { verifySignature } from "../../shared/crypto/identity.ts";
import { parsePublicKey, type PublicKey } from "../../shared/crypto/public_key.ts";
import { isId } from "../../shared/protocol/message_stream.ts";
import { errorReply } from "../../shared/protocol/error_reply.ts";
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
} from "../../shared/protocol/message.ts";
import { requestFaults, serverFaults } from "../../shared/protocol/reasons.ts";
import {
  registrationClaim,
  type RegistrationPurpose,
  registrationTranscript,
  signatureFromText,
} from "../../shared/protocol/registration_proof.ts";
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
  if (malformed !== undefined) return errorReply(malformed);
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
    return errorReply(requestFaults.invalidIp(claimed));
  }
  const port = parsePort(header(request, "Port")!);
  if (port === undefined || port === 0) {
    return errorReply(requestFaults.invalidPort(header(request, "Port")!));
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
      return errorReply(serverFaults.idOfOtherHost(id), retryAfter(refusal.freeInMs));
    case "keyed":
    case "owned":
      return othersKey(id);
    case "keyless":
      return errorReply(serverFaults.keyRequired);
    case "host-full":
      return errorReply(serverFaults.tooManyRegistrationsOfHost(observedHost));
    case "host-names":
      return errorReply(
        serverFaults.tooManyNewNamesOfHost(observedHost),
        retryAfter(refusal.retryInMs),
      );
    case "full":
      return errorReply(serverFaults.tooManyRegistrations);
    case "names-full":
      return errorReply(serverFaults.tooManyNames);
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
  if (!speaksVersion1(request)) return errorReply(serverFaults.keyWithoutVersion);
  const publicKey = parsePublicKey(key);
  if (publicKey === undefined) return badKey(key);
  const signed = header(request, "Signature");
  const signature = signed === undefined ? undefined : signatureFromText(signed);
  if (signed !== undefined && signature === undefined) {
    return errorReply(requestFaults.invalidSignature(signed));
  }
  if (signature === undefined || !isFresh) {
    return errorReply(serverFaults.unsigned, ["Nonce", challenge.give()], ["Realm", realm]);
  }
  const transcript = registrationTranscript(registrationClaim(request, purpose, realm));
  return verifySignature(publicKey, transcript, signature)
    ? publicKey
    : errorReply(serverFaults.wrongSignature);
}

function retryAfter(ms: number): Header {
  return ["Retry-After", String(Math.ceil(ms / 1000))];
}

/** How long a registration lives: what is asked, shortened to the longest; all of it for the wild. */
function askedTtlMs(request: Message): number | Message {
  const asked = header(request, "Expires");
  if (asked === undefined) return registrationTtlMaxMs;
  if (!/^[0-9]{1,10}$/.test(asked)) {
    return errorReply(requestFaults.invalidExpires(asked));
  }
  const ttlMs = Number(asked) * 1000;
  if (ttlMs < registrationTtlMinMs) {
    const least = registrationTtlMinMs / 1000;
    return errorReply(requestFaults.shortExpires(least), ["Min-Expires", String(least)]);
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
      return errorReply(serverFaults.idOfOtherHost(id));
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
  if (target === asker) return errorReply(serverFaults.ownId(target));
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
    return errorReply(requestFaults.invalidLimit(limit));
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
  if (ids.length > watchedMax) return errorReply(requestFaults.tooManyTargets(watchedMax));
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
  if (!isId(id)) return errorReply(requestFaults.invalidMailId(id));
  const data = dataOf(request);
  if (data === undefined) return errorReply(requestFaults.invalidData);
  if (data.length > mailBytesMax) return errorReply(requestFaults.longMail(mailBytesMax));
  const owner = context.names.owner(name);
  if ("refused" in owner) return namesUnavailable;
  if (owner.key === undefined) return errorReply(serverFaults.nameWithoutKey(name));
  if (owner.key !== publicKey) return errorReply(serverFaults.nameOfOtherKey(name));
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
      return errorReply(serverFaults.mailboxFull(name));
    case "share-full":
      return errorReply(serverFaults.mailboxShareFull(name));
    case "sender-full":
      return errorReply(serverFaults.tooMuchMailOfSender);
    case "full":
      return errorReply(serverFaults.tooMuchMail);
    case "unavailable":
      return mailUnavailable;
  }
}

function collect(request: Message, { mailbox }: Context, { proven }: Caller): Message {
  if (proven === undefined) return notProven;
  if (header(request, "clientID") !== proven.id) return notYou(proven);
  if (mailbox === undefined) return keepsNoMail;
  const named = headerValues(request, "Taken");
  if (named.length > takenMax) return errorReply(requestFaults.tooManyTaken(takenMax));
  const [after, ...taken] = [header(request, "After") ?? "0", ...named].map(mailNumber);
  if (after === undefined || !taken.every((number) => number !== undefined)) {
    return errorReply(requestFaults.invalidMailNumbers);
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

function badId(id: string): Message {
  return errorReply(requestFaults.invalidClientId(id));
}

function badKey(key: string): Message {
  return errorReply(requestFaults.invalidKey(key));
}

function othersKey(id: string): Message {
  return errorReply(serverFaults.idOfOtherKey(id));
}

function unknown(id: string): Message {
  return errorReply(serverFaults.unknownClient(id));
}

function notYou({ id }: AuthenticatedClient): Message {
  return errorReply(serverFaults.otherClient(id));
}

const notProven = errorReply(serverFaults.notAuthenticated);
const keepsNoMail = errorReply(serverFaults.noMailbox);
const mailUnavailable = errorReply(serverFaults.mailboxUnavailable);
const namesUnavailable = errorReply(serverFaults.namesUnavailable);
