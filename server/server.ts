/**
 * The rendezvous server: listens, takes connections in, and ends them all when it is told to.
 *
 * @module
 */

import { acceptUntil } from "../shared/net/accept.ts";
import { plainHost } from "../shared/net/address.ts";
import { systemClock, type TimerClock } from "../shared/time/clock.ts";
import { type Log, silentLog } from "../shared/process/log.ts";
import { errorReply } from "../shared/protocol/error_reply.ts";
import { messageBytesMax } from "../shared/protocol/limits.ts";
import { encode } from "../shared/protocol/message.ts";
import { serverFaults } from "../shared/protocol/reasons.ts";
import type { Fault } from "../shared/protocol/status.ts";
import type { TlsKeyPair } from "./certificate/certificate.ts";
import { Admission, defaultCapacity } from "./limits/limits.ts";
import { ServerCore, type ServicePolicy, sweepMs } from "./core.ts";
import { openMailboxDatabase } from "./mailbox/mailbox_database.ts";
import { openNamesDatabase } from "./names/names_database.ts";
import { TlsTerminator } from "./tls/tls.ts";

/** A server's options. */
export interface ServerOptions extends ServicePolicy {
  /** The IP address or name to listen on. */
  readonly host: string;
  /** The port to listen on; 0 takes a free one. */
  readonly port: number;
  readonly log?: Log;
  readonly clock?: TimerClock;
  /** The directory in which it keeps who owns which name, and mail; in memory where not given. */
  readonly data?: string | undefined;
  /** Whether it keeps mail for those who are away; it does where not given. */
  readonly mailbox?: boolean | undefined;
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

/** How long one who is turned away has to hear why. */
const turnAwayMs = 500;

/**
 * Starts a server. It listens when this returns.
 *
 * @throws {Deno.errors.AddrInUse} Where the port is taken.
 * @throws {Error} Where the host is not of this machine, listening is not allowed, certificate and key do
 * not belong together, or the data cannot be opened; that one is a sentence for people, with its cause.
 */
export function startServer(options: ServerOptions): Server {
  const { host, port, log = silentLog, clock = systemClock } = options;
  // What is open already is closed where the rest does not open.
  using opening = new DisposableStack();
  const names = opening.use(openNamesDatabase(options.data));
  const mailbox = options.mailbox === false
    ? undefined
    : opening.use(openMailboxDatabase(options.data));
  const admission = new Admission({ ...defaultCapacity, ...options.capacity });
  const onEnded = (observedHost: string) => admission.leave(observedHost);
  const core = new ServerCore({ ...options, clock, log, names, mailbox, onEnded });
  const terminator = options.tls &&
    opening.adopt(new TlsTerminator(options.tls, core.clock), (terminator) => terminator.close());
  const listener = Deno.listen({ hostname: host, port });
  opening.move();
  const stopping = new AbortController();

  const sweeper = setInterval(() => {
    core.sweep();
    terminator?.expire();
  }, sweepMs);

  const secure = async (conn: Deno.TcpConn, observedHost: string, terminator: TlsTerminator) => {
    try {
      const secured = await terminator.secure(conn);
      if ("conn" in secured) {
        core.serve(secured.conn, observedHost);
        return;
      }
      if ("plain" in secured) await turnAway(conn, serverFaults.tlsRequired);
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
      core.serve(conn, observedHost);
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
    await core.stop();
    clearInterval(sweeper);
    mailbox?.[Symbol.dispose]();
    names[Symbol.dispose]();
  };

  return {
    address: { host: listener.addr.hostname, port: listener.addr.port },
    get registrations() {
      return core.registrations;
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
    await conn.write(new TextEncoder().encode(encode(errorReply(refusal))));
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
