/**
 * What the handlers work with.
 *
 * @module
 */

import type { Message } from "../../shared/protocol/message.ts";
import type { Contacts } from "../contacts/contacts.ts";
import type { Mailbox } from "../mailbox/mailbox.ts";
import type { Names } from "../names/names.ts";
import type { Presence, Subscription } from "../presence/presence.ts";
import type { ReachedAt, Realm } from "../realm/realm.ts";
import type { Reflecting } from "../reflector/reflector.ts";
import type { Relay, Seat } from "../relay/relay.ts";
import type { Registry } from "../registry/registry.ts";
import type { PathCounters } from "../status/status.ts";
import type { Challenge } from "./challenge.ts";
import type { RegisteringClient } from "./registrant.ts";

/** What a server knows and offers. */
export interface Context {
  readonly registry: Registry;
  readonly names: Names;
  readonly contacts: Contacts;
  readonly presence: Presence;
  /** Undefined if the server keeps no mail. */
  readonly mailbox: Mailbox | undefined;
  /** Undefined if the server relays nothing. */
  readonly relay: Relay | undefined;
  /** Undefined if the server tells nobody at which UDP address they are seen. */
  readonly reflector: Reflecting | undefined;
  /** How the conversations of its clients go. */
  readonly paths: PathCounters;
  /** What its clients sign for. */
  readonly realm: Realm;
  /** Whether every registration needs a key. */
  readonly keyedOnly: boolean;
}

/** The client at the other end of a connection, as far as the server knows it. */
export interface Client extends RegisteringClient {
  /** The IP address of the client's end. */
  readonly observedHost: string;
  /** From which of its ports the client has connected, as it is seen here. */
  readonly observedPort: number;
  /** Where the server's end is. */
  readonly reachedAt: ReachedAt;
  readonly challenge: Challenge;
  /**
   * What has to be signed to get mail; undefined if the client has registered without naming the address that it has
   * dialed, as version 0.3.0 does, and need not sign.
   */
  mailChallenge: Challenge | undefined;
  /** Undefined until the client subscribes to news. */
  subscription: Subscription | undefined;
  /** Counts how its conversations go; undefined until it has said so. */
  reporter: ReturnType<PathCounters["reporter"]> | undefined;
  /** With whom the connection is joined, or is to be. */
  seat: Seat | undefined;
}

/**
 * Answers a request of one verb, which has the headers that the verb needs.
 *
 * @returns The reply, or a promise of it that is never rejected.
 */
export type Handler = (
  request: Message,
  context: Context,
  client: Client,
) => Message | Promise<Message>;
