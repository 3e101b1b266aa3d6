/**
 * What a server answers: which function answers which verb.
 *
 * @module
 */

import type { Address } from "../../shared/net/address.ts";
import { errorReply } from "../../shared/protocol/error_reply.ts";
import { type Header, header, type Message, message } from "../../shared/protocol/message.ts";
import { check, type VerbName } from "../../shared/protocol/verbs.ts";
import { type Feature, formatFeatures } from "../../shared/protocol/records.ts";
import { systemClock } from "../../shared/time/clock.ts";
import type { Clock } from "../../shared/time/clock.ts";
import type { Subscriber } from "../presence/presence.ts";
import type { ReachedAt } from "../realm/realm.ts";
import { Challenge } from "./challenge.ts";
import type { Client, Context, Handler } from "./context.ts";
import { keepContacts } from "./contacts.ts";
import { auth } from "./auth.ts";
import { bridge, info } from "./directory.ts";
import { collect, deposit } from "./mailbox.ts";
import { reflect } from "./reflect.ts";
import { join, relay } from "./relay.ts";
import { register, unregister } from "./registration.ts";
import { watch } from "./watch.ts";

export type { Client, Context } from "./context.ts";

const handlers: ReadonlyMap<VerbName, Handler> = new Map<VerbName, Handler>([
  ["REGISTER", register],
  ["UNREGISTER", unregister],
  ["QUIT", unregister],
  ["AUTH", auth],
  ["BRIDGE", bridge],
  ["INFO", info],
  ["WATCH", watch],
  ["CONTACTS", keepContacts],
  ["DEPOSIT", deposit],
  ["COLLECT", collect],
  ["RELAY", relay],
  ["JOIN", join],
  ["REFLECT", reflect],
  ["PING", ping],
]);

/**
 * What a server knows of a client that has just connected.
 *
 * @param observed The client's end, as it is seen here: at an IP address.
 * @param reachedAt Where the server's end is.
 */
export function newClient(
  connection: Subscriber,
  observed: Address,
  reachedAt: ReachedAt,
  clock: Clock,
): Client {
  return {
    connection,
    observedHost: observed.host,
    observedPort: observed.port,
    reachedAt,
    challenge: new Challenge(clock),
    mailChallenge: undefined,
    authenticated: undefined,
    registrant: undefined,
    displaced: undefined,
    subscription: undefined,
    reporter: undefined,
    seat: undefined,
  };
}

/**
 * Answers a request.
 *
 * @returns The reply, or a promise of it that is never rejected; ERROR if the request is malformed or cannot
 * be done.
 */
export function answer(
  request: Message,
  context: Context,
  client: Client,
): Message | Promise<Message> {
  const malformed = check(request, "client");
  if (malformed !== undefined) return errorReply(malformed);
  return handlers.get(request.verb as VerbName)!(request, context, client);
}

/** The messages that tell a client unasked what it does not know yet. From then on it counts as told. */
export function news({ displaced, subscription }: Client, { presence }: Context): Message[] {
  const messages = [...displaced ?? []].map((id) => message("DISPLACED", [["clientID", id]]));
  displaced?.clear();
  return subscription === undefined ? messages : [...messages, ...presence.news(subscription)];
}

/** The connection of a client has ended. */
export function leave({ registrant, subscription, seat }: Client, { presence }: Context): void {
  registrant?.end();
  seat?.leave();
  if (subscription !== undefined) presence.unsubscribe(subscription);
}

/** Answers, and tells who says what time it is for them what it is here, where they are seen, and what is offered. */
function ping(
  request: Message,
  { relay, reflector }: Context,
  { observedHost, observedPort }: Client,
): Message {
  const id = header(request, "Id");
  const headers: Header[] = id === undefined ? [] : [["Id", id]];
  if (header(request, "Time") === undefined) return message("PONG", headers);
  const offered: Feature[] = ["auth"];
  if (relay !== undefined) offered.push("relay");
  if (reflector !== undefined) offered.push("reflect");
  headers.push(["Time", String(systemClock.timeOfDay())], ["Seen", observedHost]);
  headers.push(["Seen-Port", String(observedPort)]);
  headers.push(["Features", formatFeatures(offered)]);
  return message("PONG", headers);
}
