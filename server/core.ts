/**
 * What a server does, over whatever connections and whichever clock it is given: it knows no sockets, opens
 * no files, and starts no timer but by that clock.
 *
 * @module
 */

import type { Clock, TimerClock } from "../shared/time/clock.ts";
import type { Log } from "../shared/process/log.ts";
import { nameLeaseMs } from "../shared/protocol/limits.ts";
import { type Connection, Connections } from "./connection/connection.ts";
import { type Capacity, defaultCapacity, perHost } from "./limits/limits.ts";
import { boxOf } from "./handlers/handlers.ts";
import { Mailbox } from "./mailbox/mailbox.ts";
import type { MailboxDatabase } from "./mailbox/mailbox_database.ts";
import { Names } from "./names/names.ts";
import type { NamesDatabase } from "./names/names_database.ts";
import { type AuthenticatedClient, Presence } from "./presence/presence.ts";
import { Registry } from "./registry/registry.ts";

/** What a server may be told about what it does. */
export interface ServicePolicy {
  readonly capacity?: Partial<Capacity>;
  /** Whether nobody is registered without a key. */
  readonly keyedOnly?: boolean | undefined;
  /** How long a name that is not used stays its key's; `nameLeaseMs` of the limits where not given. */
  readonly nameLeaseMs?: number | undefined;
  /**
   * How clients call it, as `chat.example.org:5555`, so that what they sign for it is for nobody else;
   * where not given, a random name that is kept with the data.
   */
  readonly realm?: string | undefined;
}

/** What a server's core works with. */
export interface ServerCoreOptions extends ServicePolicy {
  readonly clock: TimerClock;
  readonly log: Log;
  /** Who owns which name. It is its owner's to close, once the core has stopped. */
  readonly names: NamesDatabase;
  /** The mail that it keeps, in the same way; where not given it keeps none. */
  readonly mailbox?: MailboxDatabase | undefined;
  /** Told when a connection has ended, and where its client's end was seen. */
  readonly onEnded?: (observedHost: string) => void;
}

/** How often {@linkcode ServerCore.sweep} is to be called, and so how exact the server's times are. */
export const sweepMs = 250;

/** The core of a server. */
export class ServerCore {
  /** The server's time as of the last sweep: asking for it costs a request more than looking up a name. */
  readonly clock: Clock;
  readonly #time: { nowMs: number };
  readonly #timer: TimerClock;
  readonly #registry: Registry;
  readonly #names: Names;
  readonly #presence: Presence;
  readonly #mailbox: Mailbox | undefined;
  readonly #connections: Connections;

  constructor(options: ServerCoreOptions) {
    const { clock: timer, log, names: database, keyedOnly = false } = options;
    const capacity = { ...defaultCapacity, ...options.capacity };
    const time = { nowMs: timer.now() };
    const clock = { now: () => time.nowMs };
    this.#timer = timer;
    this.#time = time;
    this.clock = clock;
    const presenceChanged = (id: string) => presence.changed(id);
    const registry = new Registry({
      clock,
      max: capacity.registrations,
      maxPerHost: perHost(capacity.registrationsPerHost),
      onChange: presenceChanged,
    });
    const names = new Names(database, {
      leaseMs: options.nameLeaseMs ?? nameLeaseMs,
      max: capacity.names,
      maxNewPerHost: perHost(capacity.newNamesPerHost),
      clock,
      wallClock: () => timer.timeOfDay(),
      log,
    });
    const mailbox = options.mailbox && new Mailbox(options.mailbox, {
      clock: timer,
      log,
      capacity,
      onMail: ({ name, key }) => presence.mailCame({ id: name, key }),
    });
    const mailCount = mailbox === undefined
      ? () => 0
      : (who: AuthenticatedClient) => mailbox.count(boxOf(who));
    const presence = new Presence({ registry, clock, mailCount });
    this.#registry = registry;
    this.#names = names;
    this.#presence = presence;
    this.#mailbox = mailbox;
    const context = {
      registry,
      names,
      presence,
      mailbox,
      realm: options.realm ?? database.realm,
      keyedOnly,
    };
    this.#connections = new Connections({ clock, timer, log, context, onEnded: options.onEnded });
  }

  /** Registrations at the moment. */
  get registrations(): number {
    return this.#registry.size;
  }

  /**
   * Serves a connection.
   *
   * @param observedHost The IP address of the client's end.
   * @returns Done when it has ended and is closed. Never rejected.
   */
  serve(conn: Connection, observedHost: string): Promise<void> {
    return this.#connections.serve(conn, observedHost);
  }

  /** Does what is due: ends what has expired, closes who is late or silent, tells the news. */
  sweep(): void {
    this.#time.nowMs = this.#timer.now();
    this.#registry.expire();
    this.#names.expire();
    this.#mailbox?.expire();
    this.#connections.sweep();
    this.#presence.sweep();
  }

  /**
   * Closes every connection, and leaves unwritten what has not been acknowledged. Done when all have ended.
   */
  async stop(): Promise<void> {
    const closed = this.#connections.close();
    this.#mailbox?.close();
    await closed;
  }
}
