/**
 * Who is there. A client that says WATCH attends its connection: from then on it is heard regularly, or
 * the connection is closed, and it is told when those change whom it watches, and when it has mail.
 *
 * What is to be told is not queued: it is noted of whom there may be news, and what they are is looked up
 * when it can be said. So a slow reader costs no more than a quick one, and hears the latest.
 *
 * @module
 */

import type { PublicKey } from "../../shared/crypto/public_key.ts";
import type { Clock } from "../../shared/time/clock.ts";
import { attendedIdleMs } from "../../shared/protocol/limits.ts";
import { type Header, type Message, message } from "../../shared/protocol/message.ts";
import { TimerWheel } from "../../shared/time/timer_wheel.ts";
import type { Registry } from "../registry/registry.ts";

/**
 * What is known of somebody: `online`, registered by a client that is there; `registered`, by one that may
 * be gone; or `away`.
 */
export type PresenceStatus = "online" | "registered" | "away";

/** Who has shown a key on a connection. */
export interface AuthenticatedClient {
  readonly id: string;
  readonly key: PublicKey;
}

/** A connection that can be attended. */
export interface Attendable {
  /** When something was last heard, in the clock's milliseconds. */
  readonly heardAtMs: number;
  /** Told that there is news, to be fetched by {@linkcode Presence.news} when it can be said. */
  push(): void;
  close(): void;
}

/** A connection that is attended. */
export class Subscription {
  /** Those whom its client watches, with what it was told of them. */
  readonly told = new Map<string, PresenceStatus>();
  /** Those of them of whom there may be news. */
  readonly changed = new Set<string>();
  /** Whether there may be mail that the client has not been told of. */
  mayHaveMail = true;
  ended = false;

  constructor(readonly connection: Attendable, public who: AuthenticatedClient) {}
}

/** What presence needs to know. */
export interface PresenceOptions {
  readonly registry: Registry;
  readonly clock: Clock;
  /** How many mails somebody has. */
  readonly mailCount: (who: AuthenticatedClient) => number;
}

/** The presence of a server's clients. */
export class Presence {
  readonly #options: PresenceOptions;
  readonly #byId = new Map<string, Set<Subscription>>();
  readonly #watchers = new Map<string, Set<Subscription>>();
  readonly #withNews = new Set<Subscription>();
  readonly #silence: TimerWheel<Subscription>;

  constructor(options: PresenceOptions) {
    this.#options = options;
    this.#silence = new TimerWheel(options.clock.now(), attendedIdleMs);
  }

  /** Counts a connection as attended. */
  attend(connection: Attendable, who: AuthenticatedClient): Subscription {
    const attendance = new Subscription(connection, who);
    this.#silence.add(attendance, connection.heardAtMs + attendedIdleMs);
    this.#arrive(attendance);
    return attendance;
  }

  /** Takes it that somebody else attends the connection now, or the same one with another key. */
  pass(attendance: Subscription, who: AuthenticatedClient): void {
    this.#depart(attendance);
    attendance.who = who;
    this.#arrive(attendance);
  }

  /** Ends a connection's attendance. */
  leave(attendance: Subscription): void {
    attendance.ended = true;
    this.#withNews.delete(attendance);
    for (const id of attendance.told.keys()) removeFrom(this.#watchers, id, attendance);
    this.#depart(attendance);
  }

  /** Has a connection watch these ids, and no others. @returns What each of them is now. */
  watch(attendance: Subscription, ids: readonly string[]): ReadonlyMap<string, PresenceStatus> {
    const { told, changed } = attendance;
    for (const id of told.keys()) removeFrom(this.#watchers, id, attendance);
    told.clear();
    changed.clear();
    for (const id of ids) {
      told.set(id, this.statusOf(id));
      addTo(this.#watchers, id, attendance);
    }
    attendance.mayHaveMail = true;
    this.#withNews.add(attendance);
    return told;
  }

  /** What an id is now. */
  statusOf(id: string): PresenceStatus {
    const registration = this.#options.registry.find(id);
    if (registration === undefined) return "away";
    for (const { who } of this.#byId.get(id) ?? []) {
      if (who.key === registration.key) return "online";
    }
    return "registered";
  }

  /** Notes that an id may have become something else. */
  changed(id: string): void {
    for (const attendance of this.#watchers.get(id) ?? []) {
      attendance.changed.add(id);
      this.#withNews.add(attendance);
    }
  }

  /** Notes that somebody has got mail. */
  mailCame({ id, key }: AuthenticatedClient): void {
    for (const attendance of this.#byId.get(id) ?? []) {
      if (attendance.who.key !== key) continue;
      attendance.mayHaveMail = true;
      this.#withNews.add(attendance);
    }
  }

  /** The messages that tell a client what it does not know yet. From then on it counts as told. */
  news(attendance: Subscription): Message[] {
    const { told, changed, who } = attendance;
    const headers: Header[] = [];
    for (const id of changed) {
      const status = this.statusOf(id);
      if (told.get(id) === status) continue;
      told.set(id, status);
      headers.push(presenceHeader(id, status));
    }
    changed.clear();
    const messages = headers.length > 0 ? [message("PRESENCE", headers)] : [];
    if (attendance.mayHaveMail) {
      attendance.mayHaveMail = false;
      const count = this.#options.mailCount(who);
      if (count > 0) messages.push(message("MAIL", [["Count", String(count)]]));
    }
    return messages;
  }

  /** Closes the connections that have fallen silent, and has all who can be told the news be told. */
  sweep(): void {
    const nowMs = this.#options.clock.now();
    if (this.#silence.isDue(nowMs)) {
      for (const attendance of this.#silence.expired(nowMs)) {
        if (attendance.ended) continue;
        const dueAtMs = attendance.connection.heardAtMs + attendedIdleMs;
        if (dueAtMs <= nowMs) attendance.connection.close();
        else this.#silence.add(attendance, dueAtMs);
      }
    }
    // Those that have news are asked no more often than the server sweeps: somebody who comes and goes a
    // thousand times a second is not told of to a thousand others as often.
    const withNews = [...this.#withNews];
    this.#withNews.clear();
    for (const { connection } of withNews) connection.push();
  }

  #arrive(attendance: Subscription): void {
    addTo(this.#byId, attendance.who.id, attendance);
    attendance.mayHaveMail = true;
    this.#withNews.add(attendance);
    this.changed(attendance.who.id);
  }

  #depart(attendance: Subscription): void {
    removeFrom(this.#byId, attendance.who.id, attendance);
    this.changed(attendance.who.id);
  }
}

/** The header that says what somebody is. */
export function presenceHeader(id: string, status: PresenceStatus): Header {
  return ["Presence", `${id} ${status}`];
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
