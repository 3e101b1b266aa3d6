/**
 * Which clients are online. With WATCH a client subscribes to news on its connection: from then on it is told
 * when the clients that it watches change, and when it has mail; and if it is silent the connection is closed.
 *
 * News is not queued. The server notes which clients there may be news of, and looks the news up when it can be
 * told. So a slow reader costs no more than a quick one, and gets the latest news.
 *
 * @module
 */

import type { PublicKey } from "../../shared/crypto/public_key.ts";
import { subscribedIdleMs } from "../../shared/protocol/limits.ts";
import { type Header, type Message, message } from "../../shared/protocol/message.ts";
import { formatPresence, type PresenceStatus } from "../../shared/protocol/records.ts";
import { ownCopy } from "../../shared/text/own_copy.ts";
import type { Clock } from "../../shared/time/clock.ts";
import { TimerWheel } from "../../shared/time/timer_wheel.ts";
import { defaultCapacity } from "../limits/limits.ts";
import type { Registry } from "../registry/registry.ts";

/** A client that has shown on its connection that it has a key. */
export interface AuthenticatedClient {
  readonly clientId: string;
  readonly key: PublicKey;
}

/** A connection whose client can subscribe to news. */
export interface Subscriber {
  /** When something was last heard, in the clock's milliseconds. */
  readonly heardAtMs: number;
  /** Told that there is news. The connection fetches it by {@linkcode Presence.news} when it can be told. */
  push(): void;
  close(): void;
}

/** Calls that wait for a client that does not read. */
const callsUntoldMax = defaultCapacity.callsOfContacts + defaultCapacity.callsOfUnknown;

/** What a client has subscribed to on its connection, and what it has been told. */
export class Subscription {
  /** The clients that are watched, and what the subscriber was told of each. */
  readonly told = new Map<string, PresenceStatus>();
  /** Which of them there may be news of. */
  readonly changed = new Set<string>();
  /** Whether there may be mail that the client has not been told of. */
  mayHaveMail = true;
  /** Whether the client takes calls over the relay. */
  takesCalls = false;
  /** Those that it has not been told of. */
  readonly calls: Message[] = [];
  ended = false;

  constructor(readonly subscriber: Subscriber, public client: AuthenticatedClient) {}

  /** Tells the client of a call, at once if it reads. */
  call(call: Message): void {
    // The oldest are over by then.
    if (this.calls.length >= callsUntoldMax) this.calls.shift();
    this.calls.push(call);
    this.subscriber.push();
  }
}

/** What presence needs to know. */
export interface PresenceOptions {
  readonly registry: Registry;
  readonly clock: Clock;
  /** How many mails a client has. */
  readonly mailCount: (client: AuthenticatedClient) => number;
}

/** The presence of a server's clients. */
export class Presence {
  readonly #options: PresenceOptions;
  readonly #byClient = new Map<string, Set<Subscription>>();
  readonly #watchers = new Map<string, Set<Subscription>>();
  readonly #withNews = new Set<Subscription>();
  readonly #deadlines: TimerWheel<Subscription>;

  constructor(options: PresenceOptions) {
    this.#options = options;
    this.#deadlines = new TimerWheel(options.clock.now(), subscribedIdleMs);
  }

  /** Subscribes a client. If it is registered with the same key it is online from then on. */
  subscribe(subscriber: Subscriber, client: AuthenticatedClient): Subscription {
    const subscription = new Subscription(subscriber, client);
    this.#deadlines.add(subscription, subscriber.heardAtMs + subscribedIdleMs);
    this.#arrive(subscription);
    return subscription;
  }

  /** Makes a subscription that of another client, or of the same one with another key. */
  reassign(subscription: Subscription, client: AuthenticatedClient): void {
    this.#depart(subscription);
    subscription.client = client;
    this.#arrive(subscription);
  }

  /** Ends a subscription. */
  unsubscribe(subscription: Subscription): void {
    subscription.ended = true;
    this.#withNews.delete(subscription);
    for (const clientId of subscription.told.keys()) {
      removeFrom(this.#watchers, clientId, subscription);
    }
    this.#depart(subscription);
  }

  /** Makes a subscription watch these clients and no others. @returns What each of them is now. */
  watch(
    subscription: Subscription,
    clientIds: readonly string[],
  ): ReadonlyMap<string, PresenceStatus> {
    const { told, changed } = subscription;
    for (const clientId of told.keys()) removeFrom(this.#watchers, clientId, subscription);
    told.clear();
    changed.clear();
    // What came in the request is a part of what was read.
    for (const clientId of clientIds.map(ownCopy)) {
      told.set(clientId, this.#statusOf(clientId));
      addTo(this.#watchers, clientId, subscription);
    }
    subscription.mayHaveMail = true;
    this.#withNews.add(subscription);
    return told;
  }

  /** Notes that the status of a client may be another now. */
  noteChange(clientId: string): void {
    for (const subscription of this.#watchers.get(clientId) ?? []) {
      subscription.changed.add(clientId);
      this.#withNews.add(subscription);
    }
  }

  /** Notes that a client has got mail. */
  noteMail({ clientId, key }: AuthenticatedClient): void {
    for (const subscription of this.#byClient.get(clientId) ?? []) {
      if (subscription.client.key !== key) continue;
      subscription.mayHaveMail = true;
      this.#withNews.add(subscription);
    }
  }

  /** By which subscription a registered client takes calls; undefined if it takes none. */
  callable(clientId: string): Subscription | undefined {
    const key = this.#options.registry.find(clientId)?.key;
    // Of several the one that came last: the others are about to be found dead.
    return [...this.#byClient.get(clientId) ?? []].findLast(({ client, takesCalls }) =>
      takesCalls && client.key === key
    );
  }

  /** The messages that tell a client what it does not know yet. From then on it counts as told. */
  news(subscription: Subscription): Message[] {
    const { told, changed, client } = subscription;
    const headers: Header[] = [];
    for (const clientId of changed) {
      const status = this.#statusOf(clientId);
      if (told.get(clientId) === status) continue;
      told.set(clientId, status);
      headers.push(["Presence", formatPresence(clientId, status)]);
    }
    changed.clear();
    const messages = subscription.calls.splice(0);
    if (headers.length > 0) messages.push(message("PRESENCE", headers));
    if (subscription.mayHaveMail) {
      subscription.mayHaveMail = false;
      const count = this.#options.mailCount(client);
      if (count > 0) messages.push(message("MAIL", [["Count", String(count)]]));
    }
    return messages;
  }

  /** Closes the connections that have become silent, and pushes news to all others that have some. */
  sweep(): void {
    const nowMs = this.#options.clock.now();
    if (this.#deadlines.isDue(nowMs)) {
      for (const subscription of this.#deadlines.expired(nowMs)) {
        if (subscription.ended) continue;
        const { subscriber } = subscription;
        const dueAtMs = subscriber.heardAtMs + subscribedIdleMs;
        if (dueAtMs <= nowMs) subscriber.close();
        else this.#deadlines.add(subscription, dueAtMs);
      }
    }
    // No more often than the server sweeps: if a client comes and goes a thousand times a second, a thousand
    // others are not told that often.
    const withNews = [...this.#withNews];
    this.#withNews.clear();
    for (const { subscriber } of withNews) subscriber.push();
  }

  #statusOf(clientId: string): PresenceStatus {
    const registration = this.#options.registry.find(clientId);
    if (registration === undefined) return "away";
    for (const { client } of this.#byClient.get(clientId) ?? []) {
      if (client.key === registration.key) return "online";
    }
    return "registered";
  }

  #arrive(subscription: Subscription): void {
    const { clientId } = subscription.client;
    addTo(this.#byClient, clientId, subscription);
    subscription.mayHaveMail = true;
    this.#withNews.add(subscription);
    this.noteChange(clientId);
  }

  #depart(subscription: Subscription): void {
    const { clientId } = subscription.client;
    removeFrom(this.#byClient, clientId, subscription);
    this.noteChange(clientId);
  }
}

function addTo<T>(map: Map<string, Set<T>>, key: string, value: T): void {
  const values = map.get(key);
  if (values === undefined) map.set(key, new Set([value]));
  else values.add(value);
}

function removeFrom<T>(map: Map<string, Set<T>>, key: string, value: T): void {
  const values = map.get(key);
  if (values?.delete(value) && values.size === 0) map.delete(key);
}
