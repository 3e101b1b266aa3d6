/**
 * What a server does, over any connections and by any clock. It knows no sockets, opens no files, and starts no
 * timer but the clock's.
 *
 * @module
 */

import type { Log } from "../shared/process/log.ts";
import { releasedAtMs } from "../shared/process/release.ts";
import { nameLeaseMs } from "../shared/protocol/limits.ts";
import type { Clock, TimerClock } from "../shared/time/clock.ts";
import { CheckedTime } from "./checked_time/checked_time.ts";
import { Contacts } from "./contacts/contacts.ts";
import { type Connection, Connections } from "./connection/connection.ts";
import { Fairness } from "./fairness/fairness.ts";
import { type Capacity, defaultCapacity, perHost } from "./limits/limits.ts";
import { Mailbox, type MailboxDatabase } from "./mailbox/mailbox.ts";
import { Names, type NamesDatabase } from "./names/names.ts";
import { Presence } from "./presence/presence.ts";
import { Realm } from "./realm/realm.ts";
import { Registry } from "./registry/registry.ts";
import type { Reflecting } from "./reflector/reflector.ts";
import { Relay } from "./relay/relay.ts";
import { PathCounters } from "./status/status.ts";

/** What an operator may decide. */
export interface ServicePolicy {
  readonly capacity?: Partial<Capacity>;
  /** Whether every registration needs a key. */
  readonly keyedOnly?: boolean | undefined;
  /** Whether it relays between clients that cannot reach each other; it does if not given. */
  readonly relay?: boolean | undefined;
  /** How long an unused name is reserved for its key, in milliseconds; 30 days if not given. */
  readonly nameLeaseMs?: number | undefined;
  /**
   * The addresses by which clients know the server, as `chat.example.org:5555`, beside those of its machine: what
   * they sign for it is valid nowhere else. Clients of version 0.3 sign for the first one; if there is none, for
   * a random name that is kept with the data.
   */
  readonly realms?: readonly string[] | undefined;
}

/** What a server's core works with. The caller closes the databases once the core has stopped. */
export interface ServerCoreOptions extends ServicePolicy {
  readonly clock: TimerClock;
  readonly log: Log;
  readonly names: NamesDatabase;
  /** If not given the server tells nobody at which UDP address they are seen. */
  readonly reflector?: Reflecting | undefined;
  /** If not given the server keeps no mail. */
  readonly mailbox?: MailboxDatabase | undefined;
  /** Told when a connection has ended, and which IP address its client had. */
  readonly onEnded?: (observedHost: string) => void;
}

/** How often {@linkcode ServerCore.sweep} has to be called, and so how exact the server's times are. */
export const sweepMs = 250;

/** The core of a server. */
export class ServerCore {
  /** The time as of the last sweep. Asking the machine for it would cost a request more than finding a name. */
  readonly clock: Clock;
  readonly #time: { nowMs: number };
  readonly #timer: TimerClock;
  readonly #checkedTime: CheckedTime;
  readonly #registry: Registry;
  readonly #names: Names;
  readonly #presence: Presence;
  readonly #mailbox: Mailbox | undefined;
  readonly #relay: Relay | undefined;
  readonly #paths: PathCounters;
  readonly #connections: Connections;

  constructor(options: ServerCoreOptions) {
    const { clock: timer, log, names: database, keyedOnly = false, onEnded } = options;
    const capacity = { ...defaultCapacity, ...options.capacity };
    const time = { nowMs: timer.now() };
    const clock = { now: () => time.nowMs };
    const checkedTime = new CheckedTime({
      clock: timer,
      store: database.time,
      newestMs: options.mailbox?.newestMs ?? 0,
      releasedAtMs,
      renew: (fromMs, nowMs) => {
        names.renew(fromMs, nowMs);
        mailbox?.renew(fromMs, nowMs);
      },
      log,
    });
    const registry = new Registry({
      clock,
      max: capacity.registrations,
      maxPerHost: perHost(capacity.registrationsPerHost, capacity),
      onChange: (clientId) => presence.noteChange(clientId),
    });
    const names = new Names(database, {
      leaseMs: options.nameLeaseMs ?? nameLeaseMs,
      max: capacity.names,
      maxNewPerHost: perHost(capacity.newNamesPerHost, capacity),
      clock,
      time: checkedTime,
      log,
    });
    const mailbox = options.mailbox && new Mailbox(options.mailbox, {
      clock: timer,
      time: checkedTime,
      log,
      capacity,
      onMail: (owner) => presence.noteMail(owner),
    });
    const contacts = new Contacts(database.connection, {
      capacity,
      clock,
      log,
      onChange: ({ clientId }) => presence.noteContacts(clientId),
    });
    const mailCount = mailbox === undefined ? () => 0 : mailbox.count.bind(mailbox);
    const standing = contacts.standing.bind(contacts);
    const presence = new Presence({ registry, clock, mailCount, standing });
    const realm = new Realm({ addresses: options.realms ?? [], id: database.realm, log, clock });
    const relay = options.relay === false ? undefined : new Relay({ clock, timer, capacity });
    const { reflector } = options;
    const paths = new PathCounters(clock);
    const offered = { mailbox, relay, reflector, paths };
    const context = { registry, names, contacts, presence, ...offered, realm, keyedOnly };
    this.clock = clock;
    this.#time = time;
    this.#timer = timer;
    this.#checkedTime = checkedTime;
    this.#registry = registry;
    this.#names = names;
    this.#presence = presence;
    this.#mailbox = mailbox;
    this.#relay = relay;
    this.#paths = paths;
    const owns = (key: string, name: string) => names.owns(key, name);
    const fairness = new Fairness({ clock, timer, capacity, owns });
    this.#connections = new Connections({ clock, timer, log, context, fairness, onEnded });
  }

  /** How many clients are registered. */
  get registrations(): number {
    return this.#registry.size;
  }

  /** How the conversations of its clients go. */
  get paths(): PathCounters["counts"] {
    return this.#paths.counts;
  }

  /** How many names keys own. */
  get names(): number {
    return this.#names.count;
  }

  /**
   * Serves a connection.
   *
   * @param observedHost The IP address of the client's end.
   * @returns Done when the connection has ended and is closed. Never rejected.
   */
  serve(conn: Connection, observedHost: string): Promise<void> {
    return this.#connections.serve(conn, observedHost);
  }

  /** Does what is due: ends what has expired, closes connections that are late or silent, pushes news. */
  sweep(): void {
    this.#time.nowMs = this.#timer.now();
    this.#checkedTime.sweep();
    this.#registry.expire();
    this.#names.expire();
    this.#mailbox?.expire();
    this.#connections.sweep();
    this.#relay?.sweep();
    this.#presence.sweep();
  }

  /**
   * Closes every connection. Mail that has not been acknowledged is not written. Done when all connections have
   * ended.
   */
  async stop(): Promise<void> {
    this.#relay?.close();
    const closed = this.#connections.close();
    this.#mailbox?.close();
    await closed;
    this.#checkedTime.keep();
  }
}
