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
import type { Standing } from "../contacts/contacts.ts";
import type { Registry } from "../registry/registry.ts";

/** A client that has shown on its connection that it has a key, and owns a name. */
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

/** Whether somebody may know when a client comes and goes. */
interface Follows {
  readonly may: boolean;
  readonly key: PublicKey | undefined;
  /** Whether that may be otherwise by now. */
  readonly isStale: boolean;
}

/** A client that is watched. */
interface Watched {
  /** What the subscriber was told of it. */
  told: PresenceStatus;
  /** What the subscriber has shown to be its contact. */
  readonly token: Uint8Array | undefined;
  /** Whether the subscriber may follow it, as it was found for a key of it; undefined before it has been found. */
  follows: Follows | undefined;
}

/** What a client has subscribed to on its connection, and what it has been told. */
export class Subscription {
  /** The clients that are watched. */
  readonly watched = new Map<string, Watched>();
  /** Which of them there may be news of. */
  readonly changed = new Set<string>();
  /** Whether there may be mail that the client has not been told of. */
  mayHaveMail = true;
  /** Whether everybody may follow the client, and not its contacts alone. */
  isOpen = false;
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
  /** Who somebody with a key is to a client, if they show a token. */
  readonly standing: (
    client: AuthenticatedClient,
    key: PublicKey,
    token: Uint8Array | undefined,
  ) => Standing;
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
    for (const clientId of subscription.watched.keys()) {
      removeFrom(this.#watchers, clientId, subscription);
    }
    this.#depart(subscription);
  }

  /**
   * Makes a subscription watch these clients and no others.
   *
   * @param targets Their ids, each with the token that the subscriber has shown.
   * @returns What may be said of each now.
   */
  watch(
    subscription: Subscription,
    targets: ReadonlyMap<string, Uint8Array | undefined>,
  ): [clientId: string, status: PresenceStatus][] {
    const { watched, changed } = subscription;
    for (const clientId of watched.keys()) removeFrom(this.#watchers, clientId, subscription);
    watched.clear();
    changed.clear();
    for (const [target, token] of targets) {
      // What came in the request is a part of what was read.
      const clientId = ownCopy(target);
      const one: Watched = { told: "away", token, follows: undefined };
      watched.set(clientId, one);
      one.told = this.#visible(subscription, clientId, one);
      addTo(this.#watchers, clientId, subscription);
    }
    subscription.mayHaveMail = true;
    this.#withNews.add(subscription);
    return [...watched].map(([clientId, { told }]) => [clientId, told]);
  }

  /** Makes everybody, or contacts alone, follow a client. */
  setOpen(subscription: Subscription, isOpen: boolean): void {
    if (subscription.isOpen === isOpen) return;
    subscription.isOpen = isOpen;
    this.noteContacts(subscription.client.clientId);
  }

  /** Notes that others may be a client's contacts than before. */
  noteContacts(clientId: string): void {
    for (const { watched } of this.#watchers.get(clientId) ?? []) {
      const one = watched.get(clientId)!;
      one.follows = one.follows && { ...one.follows, isStale: true };
    }
    this.noteChange(clientId);
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
    const { watched, changed, client } = subscription;
    const headers: Header[] = [];
    for (const clientId of changed) {
      const one = watched.get(clientId)!;
      const status = this.#visible(subscription, clientId, one);
      if (one.told === status) continue;
      // Who may not follow it any more is told so once, by what anybody is told.
      if (!this.#mayFollow(subscription, clientId, one) && one.told !== "online") continue;
      one.told = status;
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

  /** What a subscriber may know of a client: that it is online is for those who may follow it. */
  #visible(subscription: Subscription, clientId: string, watched: Watched): PresenceStatus {
    const status = this.#statusOf(clientId);
    const isHidden = status === "online" && !this.#mayFollow(subscription, clientId, watched);
    return isHidden ? "registered" : status;
  }

  /** Whether a subscriber may know when a client comes and goes. */
  #mayFollow({ client: { key: own } }: Subscription, clientId: string, watched: Watched): boolean {
    const registration = this.#options.registry.find(clientId);
    // Who has gone is still the one who was there.
    if (registration === undefined) return watched.follows?.may ?? true;
    const { key } = registration;
    const { follows } = watched;
    if (follows !== undefined && !follows.isStale && follows.key === key) return follows.may;
    const may = key === undefined || this.#isOpen(clientId, key) ||
      this.#options.standing({ clientId, key }, own, watched.token) !== "unknown";
    watched.follows = { key, may, isStale: false };
    return may;
  }

  #isOpen(clientId: string, key: PublicKey): boolean {
    const subscriptions = [...this.#byClient.get(clientId) ?? []];
    return subscriptions.some(({ client, isOpen }) => isOpen && client.key === key);
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
