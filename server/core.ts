/**
 * What a server does, over whatever connections and whichever clock it is given: it knows no sockets, opens
 * no files, and starts no timer but by that clock.
 *
 * @module
 */

import { type Clock, type TimerClock, within } from "../shared/time/clock.ts";
import type { Log } from "../shared/process/log.ts";
import {
  connectionIdleMs,
  messageTimeoutMs,
  nameLeaseMs,
  writeTimeoutMs,
} from "../shared/protocol/limits.ts";
import { type Capacity, defaultCapacity, perHost } from "./connection/admission.ts";
import { Deadlines } from "./limits/deadlines.ts";
import { boxOf, type Context } from "./handlers/handlers.ts";
import { Mailbox } from "./mailbox/mailbox.ts";
import type { MailboxDatabase } from "./mailbox/mailbox_database.ts";
import { Names } from "./names/names.ts";
import type { NamesDatabase } from "./names/names_database.ts";
import { type AuthenticatedClient, Presence } from "./presence/presence.ts";
import { Registry } from "./registry/registry.ts";
import { type Connection, Session, type SessionOptions } from "./connection/session.ts";

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

/** How long a session that is closed may take to end. */
const endedTimeoutMs = 1_000;

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
  readonly #context: Context;
  readonly #sessionOptions: SessionOptions;
  readonly #onEnded: ((observedHost: string) => void) | undefined;
  readonly #sessions = new Map<Session, Promise<void>>();
  /** Sessions that wait for the rest of a message. */
  readonly #arriving = new Deadlines<Session>(messageTimeoutMs);
  /** Sessions that are to be looked at again. */
  readonly #rounds = new Deadlines<Session>(writeTimeoutMs);

  constructor(options: ServerCoreOptions) {
    const { clock: timer, log, names: database, keyedOnly = false } = options;
    const capacity = { ...defaultCapacity, ...options.capacity };
    const time = { nowMs: timer.now() };
    const clock = { now: () => time.nowMs };
    this.#timer = timer;
    this.#onEnded = options.onEnded;
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
    this.#context = {
      registry,
      names,
      presence,
      mailbox,
      realm: options.realm ?? database.realm,
      keyedOnly,
    };
    this.#sessionOptions = { clock, log, arriving: this.#arriving };
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
    const session = new Session(conn, observedHost, this.#context, this.#sessionOptions);
    this.#rounds.start(session, session.heardAtMs);
    const ended = session.run().then(() => {
      this.#rounds.stop(session);
      this.#sessions.delete(session);
      this.#onEnded?.(observedHost);
    });
    this.#sessions.set(session, ended);
    return ended;
  }

  /** Does what is due: ends what has expired, closes who is late or silent, tells the news. */
  sweep(): void {
    const now = this.#time.nowMs = this.#timer.now();
    this.#registry.expire();
    this.#names.expire();
    this.#mailbox?.expire();
    for (const session of this.#arriving.late(now)) session.closeLate();
    // Everyone is looked at once in a while, so that a request need not move any deadline.
    for (const session of this.#rounds.late(now)) {
      const { heardAtMs, writingSinceMs } = session;
      if (now - heardAtMs >= connectionIdleMs || now - writingSinceMs >= writeTimeoutMs) {
        session.close();
      } else {
        this.#rounds.start(session, now);
      }
    }
    this.#presence.sweep();
  }

  /**
   * Closes every connection, and leaves unwritten what has not been acknowledged. Done when all have ended.
   */
  async stop(): Promise<void> {
    for (const session of this.#sessions.keys()) session.close();
    this.#mailbox?.close();
    // Where the runtime does not take back a write when its connection is closed (Deno 2.6), a session
    // whose client does not read outlives its closing.
    await within(endedTimeoutMs, Promise.all(this.#sessions.values()), this.#timer);
  }
}
