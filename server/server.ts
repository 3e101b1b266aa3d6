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
  writeTimeoutMs,
} from "../shared/protocol/limits.ts";
import { encode } from "../shared/protocol/message.ts";
import type { Fault } from "../shared/protocol/status.ts";
import { Admission, type Capacity, defaultCapacity, perHost } from "./admission.ts";
import { Deadlines } from "./deadlines.ts";
import { errorOf } from "./handlers.ts";
import { Registry } from "./registry/registry.ts";
import { Session } from "./session.ts";

/** A server's options. */
export interface ServerOptions {
  /** The IP address or name to listen on. */
  readonly host: string;
  /** The port to listen on; 0 takes a free one. */
  readonly port: number;
  readonly log?: Log;
  readonly clock?: Clock;
  readonly capacity?: Partial<Capacity>;
}

/** A server that listens. */
export interface Server extends AsyncDisposable {
  /** Where it listens. */
  readonly address: { readonly host: string; readonly port: number };
  /** Registrations at the moment. */
  readonly registrations: number;
  /** Connections at the moment. */
  readonly connections: number;
  /** Stops listening and closes every connection. Done when all have ended. */
  stop(): Promise<void>;
}

/** How long a session that is closed may take to end. */
const endedTimeoutMs = 1_000;

/** How long one who is turned away has to hear why. */
const turnAwayMs = 500;

/** How often those who are late are looked for, and so how exact the server's times are. */
const sweepMs = 250;

/**
 * Starts a server. It listens when this returns.
 *
 * @throws {Deno.errors.AddrInUse} Where the port is taken.
 * @throws {Error} Where the host is not of this machine, or listening is not allowed.
 */
export function startServer(options: ServerOptions): Server {
  const { host, port, log = silentLog, clock = monotonicClock } = options;
  const capacity = { ...defaultCapacity, ...options.capacity };
  const listener = Deno.listen({ hostname: host, port });
  const stopping = new AbortController();
  const admission = new Admission(capacity);
  // Asking for the time costs a request more than looking up a name.
  const coarse = { nowMs: clock.now(), now: () => coarse.nowMs };
  const registry = new Registry({
    clock: coarse,
    max: capacity.registrations,
    maxPerHost: perHost(capacity.registrationsPerHost),
  });
  const sessions = new Map<Session, Promise<void>>();
  const arriving = new Deadlines<Session>(messageTimeoutMs);
  const rounds = new Deadlines<Session>(writeTimeoutMs);
  const sessionOptions = { clock: coarse, log, arriving };

  const sweeper = setInterval(() => {
    const now = coarse.nowMs = clock.now();
    registry.expire();
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

  const take = (conn: Deno.TcpConn) => {
    const observedHost = plainHost(conn.remoteAddr.hostname);
    const refusal = admission.enter(observedHost);
    if (refusal !== undefined) {
      turnAway(conn, refusal);
      return;
    }
    const session = new Session(conn, { registry, observedHost }, sessionOptions);
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
  const accepting = acceptUntil(stopping.signal, listener, take, (error, retryInMs) => {
    log.warn("cannot accept a connection", { error: String(error), retryInMs: retryInMs | 0 });
  });

  let stopped: Promise<void> | undefined;
  const stop = async () => {
    stopping.abort();
    listener.close();
    await accepting;
    for (const session of sessions.keys()) session.close();
    // Where the runtime does not take back a write when its connection is closed (Deno 2.6), a session
    // whose client does not read outlives its closing.
    await within(endedTimeoutMs, Promise.all(sessions.values()));
    clearInterval(sweeper);
  };

  return {
    address: { host: listener.addr.hostname, port: listener.addr.port },
    get registrations() {
      return registry.size;
    },
    get connections() {
      return admission.count;
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
