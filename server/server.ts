/**
 * The rendezvous server: listens, takes connections in, and ends them all when it is told to.
 *
 * @module
 */

import { acceptUntil } from "../shared/accept.ts";
import { plainHost } from "../shared/address.ts";
import { type Clock, monotonicClock, within } from "../shared/clock.ts";
import { type Log, silentLog } from "../shared/log.ts";
import {
  connectionIdleMs,
  messageBytesMax,
  messageTimeoutMs,
  nameLeaseMs,
  writeTimeoutMs,
} from "../shared/protocol/limits.ts";
import { encode } from "../shared/protocol/message.ts";
import { fatalFault, type Fault } from "../shared/protocol/status.ts";
import { Admission, type Capacity, defaultCapacity, perHost } from "./admission.ts";
import { Challenge } from "./challenge.ts";
import { Deadlines } from "./deadlines.ts";
import { errorOf } from "./handlers.ts";
import { Names } from "./names.ts";
import { openNamesDatabase } from "./names_database.ts";
import { Registry } from "./registry/registry.ts";
import { type Connection, Session } from "./session.ts";
import { type TlsKeyPair, TlsTerminator } from "./tls_terminator.ts";

/** A server's options. */
export interface ServerOptions {
  /** The IP address or name to listen on. */
  readonly host: string;
  /** The port to listen on; 0 takes a free one. */
  readonly port: number;
  readonly log?: Log;
  readonly clock?: Clock;
  /** The time of day, in milliseconds since 1970; the machine's where not given. */
  readonly wallClock?: () => number;
  readonly capacity?: Partial<Capacity>;
  /** The directory in which it keeps who owns which name; in memory where not given. */
  readonly data?: string | undefined;
  /** Whether nobody is registered without a key. */
  readonly keyedOnly?: boolean | undefined;
  /** How long a name that is not used stays its key's; `nameLeaseMs` of the limits where not given. */
  readonly nameLeaseMs?: number | undefined;
  /**
   * How clients call it, as `chat.example.org:5555`, so that what they sign for it is for nobody else;
   * where not given, a random name that is kept with the data.
   */
  readonly realm?: string | undefined;
  /** With which it speaks TLS, and nothing else; where not given, it speaks in the clear. */
  readonly tls?: TlsKeyPair | undefined;
}

/** A server that listens. */
export interface Server extends AsyncDisposable {
  /** Where it listens. */
  readonly address: { readonly host: string; readonly port: number };
  /** Registrations at the moment. */
  readonly registrations: number;
  /** Connections at the moment. */
  readonly connections: number;
  /**
   * Shows another certificate to who connects from now on; open connections go on.
   *
   * @throws {Error} Where certificate and key do not belong together; the ones before stay in use.
   * @throws {TypeError} Where it speaks no TLS.
   */
  useCertificate(pair: TlsKeyPair): Promise<void>;
  /** Stops listening and closes every connection. Done when all have ended. */
  stop(): Promise<void>;
}

/** How long a session that is closed may take to end. */
const endedTimeoutMs = 1_000;

/** How long one who is turned away has to hear why. */
const turnAwayMs = 500;

/** What a client hears that speaks in the clear where TLS is spoken. */
const speaksTls = fatalFault(426, "This server speaks TLS: its address begins with tls://");

/** How often those who are late are looked for, and so how exact the server's times are. */
const sweepMs = 250;

/**
 * Starts a server. It listens when this returns.
 *
 * @throws {Deno.errors.AddrInUse} Where the port is taken.
 * @throws {Error} Where the host is not of this machine, listening is not allowed, certificate and key do
 * not belong together, or the names cannot be opened; that one is a sentence for people, with its cause.
 */
export function startServer(options: ServerOptions): Server {
  const { host, port, log = silentLog, clock = monotonicClock } = options;
  const capacity = { ...defaultCapacity, ...options.capacity };
  // What is open already is closed where the rest does not open.
  using opened = new DisposableStack();
  const database = opened.use(openNamesDatabase(options.data));
  const stopping = new AbortController();
  const admission = new Admission(capacity);
  // Asking for the time costs a request more than looking up a name.
  const coarse = { nowMs: clock.now(), now: () => coarse.nowMs };
  const terminator = options.tls &&
    opened.adopt(new TlsTerminator(options.tls, coarse), (terminator) => terminator.close());
  const listener = Deno.listen({ hostname: host, port });
  opened.move();
  const registry = new Registry({
    clock: coarse,
    max: capacity.registrations,
    maxPerHost: perHost(capacity.registrationsPerHost),
  });
  const names = new Names(database, {
    leaseMs: options.nameLeaseMs ?? nameLeaseMs,
    max: capacity.names,
    maxNewPerHost: perHost(capacity.newNamesPerHost),
    clock: coarse,
    wallClock: options.wallClock ?? Date.now,
    log,
  });
  const { realm = database.realm, keyedOnly = false } = options;
  const sessions = new Map<Session, Promise<void>>();
  const arriving = new Deadlines<Session>(messageTimeoutMs);
  const rounds = new Deadlines<Session>(writeTimeoutMs);
  const sessionOptions = { clock: coarse, log, arriving };

  const sweeper = setInterval(() => {
    const now = coarse.nowMs = clock.now();
    registry.expire();
    names.expire();
    terminator?.expire();
    for (const session of arriving.late(now)) session.closeLate();
    // Everyone is looked at once in a while, so that a request need not move any deadline.
    for (const session of rounds.late(now)) {
      const { heardAtMs, writingSinceMs } = session;
      if (now - heardAtMs >= connectionIdleMs || now - writingSinceMs >= writeTimeoutMs) {
        session.close();
      } else {
        rounds.start(session, now);
      }
    }
  }, sweepMs);

  const serve = (conn: Connection, observedHost: string) => {
    const challenge = new Challenge(coarse);
    const context = { registry, names, realm, keyedOnly, challenge, observedHost };
    const session = new Session(conn, context, sessionOptions);
    rounds.start(session, session.heardAtMs);
    sessions.set(
      session,
      session.run().then(() => {
        rounds.stop(session);
        sessions.delete(session);
        admission.leave(observedHost);
      }),
    );
  };

  const secure = async (conn: Deno.TcpConn, observedHost: string, terminator: TlsTerminator) => {
    try {
      const secured = await terminator.secure(conn);
      if ("conn" in secured) return serve(secured.conn, observedHost);
      if ("plain" in secured) await turnAway(conn, speaksTls);
      else log.debug("no TLS came about", { host: observedHost, error: secured.failed });
    } catch (error) {
      if (!stopping.signal.aborted) {
        log.warn("cannot secure a connection", { error: String(error) });
      }
    }
    admission.leave(observedHost);
  };
  const securing = new Set<Promise<void>>();

  const take = (conn: Deno.TcpConn) => {
    const observedHost = plainHost(conn.remoteAddr.hostname);
    const refusal = admission.enter(observedHost);
    if (refusal !== undefined) {
      // Who expects TLS cannot be told before that is agreed on, which is the work to be saved.
      if (terminator === undefined) turnAway(conn, refusal);
      else conn.close();
    } else if (terminator === undefined) {
      serve(conn, observedHost);
    } else {
      const secured = secure(conn, observedHost, terminator);
      securing.add(secured);
      secured.finally(() => securing.delete(secured));
    }
  };
  const accepting = acceptUntil(stopping.signal, listener, take, (error, retryInMs) => {
    log.warn("cannot accept a connection", { error: String(error), retryInMs: retryInMs | 0 });
  });

  let stopped: Promise<void> | undefined;
  const stop = async () => {
    stopping.abort();
    listener.close();
    await accepting;
    await terminator?.close();
    await Promise.all(securing);
    for (const session of sessions.keys()) session.close();
    // Where the runtime does not take back a write when its connection is closed (Deno 2.6), a session
    // whose client does not read outlives its closing.
    await within(endedTimeoutMs, Promise.all(sessions.values()));
    clearInterval(sweeper);
    database[Symbol.dispose]();
  };

  return {
    address: { host: listener.addr.hostname, port: listener.addr.port },
    get registrations() {
      return registry.size;
    },
    get connections() {
      return admission.count;
    },
    async useCertificate(pair) {
      if (terminator === undefined) throw new TypeError("The server speaks no TLS");
      await terminator.use(pair);
    },
    stop: () => stopped ??= stop(),
    [Symbol.asyncDispose]: () => stopped ??= stop(),
  };
}

/** Says why, as far as the socket takes it, and closes. */
async function turnAway(conn: Deno.TcpConn, refusal: Fault): Promise<void> {
  const timer = setTimeout(() => conn.close(), turnAwayMs);
  try {
    await conn.write(new TextEncoder().encode(encode(errorOf(refusal))));
    await conn.closeWrite();
    // Closing with the request unread would reset the connection, and lose the answer.
    await conn.read(new Uint8Array(messageBytesMax));
    conn.close();
  } catch {
    // It is gone already, or was too slow.
  } finally {
    clearTimeout(timer);
  }
}
