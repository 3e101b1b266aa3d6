/**
 * The rendezvous server on its sockets: it listens, admits connections, and ends them all when it is stopped.
 *
 * @module
 */

import { systemReason } from "../shared/errors/system_error.ts";
import { acceptUntil } from "../shared/net/accept.ts";
import { type Address, plainHost } from "../shared/net/address.ts";
import { type Log, silentLog } from "../shared/process/log.ts";
import { ThrottledLog } from "../shared/process/throttled_log.ts";
import { errorReply } from "../shared/protocol/error_reply.ts";
import { messageBytesMax } from "../shared/protocol/limits.ts";
import { encode } from "../shared/protocol/message.ts";
import { serverFaults } from "../shared/protocol/reasons.ts";
import type { Fault } from "../shared/protocol/status.ts";
import { every, systemClock, type TimerClock } from "../shared/time/clock.ts";
import type { TlsKeyPair } from "./certificate/certificate.ts";
import { ServerCore, type ServicePolicy, sweepMs } from "./core.ts";
import type { KeptData } from "./data_directory.ts";
import { Admission, defaultCapacity } from "./limits/limits.ts";
import { openMailboxDatabase } from "./mailbox/mailbox.ts";
import { openNamesDatabase } from "./names/names.ts";
import { Reflector } from "./reflector/reflector.ts";
import type { Figures } from "./status/status.ts";
import { TlsTerminator } from "./tls/tls.ts";

/** A server's options. */
export interface ServerOptions extends ServicePolicy {
  /** The IP address or name to listen on. */
  readonly host: string;
  /** The port to listen on; 0 takes a free one. */
  readonly port: number;
  readonly log?: Log;
  readonly clock?: TimerClock;
  /** The directory of names and mail; in memory only if not given. */
  readonly data?: string | undefined;
  /** Whether it keeps mail for clients that are away; it does if not given. */
  readonly mailbox?: boolean | undefined;
  /** Whether it tells clients at which UDP address they are seen; it does if not given and UDP can be had. */
  readonly reflector?: boolean | undefined;
  /** If given, it speaks TLS and nothing else. */
  readonly tls?: TlsKeyPair | undefined;
}

/** A server that listens. */
export interface Server extends Figures, AsyncDisposable {
  /** Where it listens. */
  readonly address: Address;
  /** What it had kept when it started. */
  readonly kept: KeptData;
  /**
   * Uses another certificate for new connections; open ones go on.
   *
   * @throws {Error} If certificate and key do not belong together; the ones before stay in use.
   * @throws {TypeError} If the server does not speak TLS.
   */
  useCertificate(pair: TlsKeyPair): Promise<void>;
  /**
   * Tries whether it can serve clients: with TLS that takes connections within this machine.
   *
   * @throws {Error} If it cannot: a sentence for people, with its cause.
   */
  check(): Promise<void>;
  /** Stops listening and closes every connection. Done when all have ended. */
  stop(): Promise<void>;
}

/**
 * Starts a server. It listens when this returns.
 *
 * @throws {Deno.errors.AddrInUse} If the port is in use.
 * @throws {DatabaseError} If the data cannot be opened.
 * @throws {Error} If the host is not an address of this machine, listening is not allowed, or certificate and
 * key do not belong together.
 */
export function startServer(options: ServerOptions): Server {
  const { host, port, log = silentLog, clock = systemClock, data } = options;
  // If one of them does not open, those before are closed again.
  using opening = new DisposableStack();
  const names = opening.use(openNamesDatabase(data));
  const mailbox = options.mailbox === false ? undefined : opening.use(openMailboxDatabase(data));
  const admission = new Admission({ ...defaultCapacity, ...options.capacity });
  const onEnded = (observedHost: string) => admission.leave(observedHost);
  const listener = opening.adopt(
    Deno.listen({ hostname: host, port }),
    (listener) => listener.close(),
  );
  const place = { host, port: listener.addr.port };
  const reflector = options.reflector === false
    ? undefined
    : new Reflector({ ...place, clock, log });
  const core = new ServerCore({ ...options, clock, log, names, mailbox, reflector, onEnded });
  const terminator = options.tls &&
    opening.adopt(new TlsTerminator(options.tls, core.clock), (terminator) => terminator.close());
  const kept = { names: core.names, mails: mailbox?.count };
  const databases = new DisposableStack();
  databases.use(names);
  databases.use(mailbox);
  databases.defer(() => reflector?.close());
  opening.move();
  return new ListeningServer({ listener, terminator, admission, core, databases, kept, log });
}

/** What a server that listens is made of. It owns all of them. */
interface Parts {
  readonly listener: Deno.TcpListener;
  /** Undefined if it does not speak TLS. */
  readonly terminator: TlsTerminator | undefined;
  readonly admission: Admission;
  readonly core: ServerCore;
  readonly databases: Disposable;
  readonly kept: KeptData;
  readonly log: Log;
}

class ListeningServer implements Server {
  readonly address: Address;
  readonly kept: KeptData;
  readonly #parts: Parts;
  readonly #stopping = new AbortController();
  readonly #accepting: Promise<void>;
  readonly #stopSweeping: () => void;
  readonly #insecure: ThrottledLog;
  /** Connections of which it is not known yet whether they speak TLS. */
  readonly #securing = new Set<Promise<void>>();
  #stopped: Promise<void> | undefined;

  constructor(parts: Parts) {
    const { listener, terminator, core, log } = parts;
    this.address = { host: listener.addr.hostname, port: listener.addr.port };
    this.kept = parts.kept;
    this.#parts = parts;
    this.#stopSweeping = every(sweepMs, () => {
      core.sweep();
      terminator?.expire();
    });
    this.#insecure = new ThrottledLog(log, core.clock);
    const failures = new ThrottledLog(log, core.clock);
    this.#accepting = acceptUntil(
      this.#stopping.signal,
      listener,
      (conn) => this.#admit(conn),
      (error) => failures.warn("cannot accept a connection", error),
    );
  }

  get names(): number {
    return this.#parts.core.names;
  }

  get registrations(): number {
    return this.#parts.core.registrations;
  }

  get connections(): number {
    return this.#parts.admission.count;
  }

  get paths(): Figures["paths"] {
    return this.#parts.core.paths;
  }

  async useCertificate(pair: TlsKeyPair): Promise<void> {
    const { terminator } = this.#parts;
    if (terminator === undefined) throw new TypeError("The server does not speak TLS");
    await terminator.use(pair);
  }

  async check(): Promise<void> {
    try {
      await this.#parts.terminator?.check();
    } catch (cause) {
      throw new Error(
        `Cannot serve TLS: this machine does not reach itself at 127.0.0.1: ${
          systemReason(cause)
        }; ` +
          "its loopback interface has to be up, and no firewall in the way",
        { cause },
      );
    }
  }

  stop(): Promise<void> {
    return this.#stopped ??= this.#stop();
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.stop();
  }

  #admit(conn: Deno.TcpConn): void {
    const { admission, core, terminator } = this.#parts;
    const observedHost = plainHost(conn.remoteAddr.hostname);
    const refusal = admission.enter(observedHost);
    if (refusal !== undefined) {
      // A client that expects TLS could only be told after the handshake, which is the work to be saved.
      if (terminator === undefined) turnAway(conn, refusal);
      else conn.close();
    } else if (terminator === undefined) {
      core.serve(conn, observedHost);
    } else {
      const secured = this.#secure(conn, observedHost, terminator);
      this.#securing.add(secured);
      secured.finally(() => this.#securing.delete(secured));
    }
  }

  async #secure(
    conn: Deno.TcpConn,
    observedHost: string,
    terminator: TlsTerminator,
  ): Promise<void> {
    const { admission, core, log } = this.#parts;
    try {
      const secured = await terminator.secure(conn);
      if ("conn" in secured) {
        core.serve(secured.conn, observedHost);
        return;
      }
      if ("plain" in secured) await turnAway(conn, serverFaults.tlsRequired);
      else log.debug("TLS handshake failed", { host: observedHost, error: secured.failed });
    } catch (error) {
      if (!this.#stopping.signal.aborted) this.#insecure.warn("cannot secure a connection", error);
    }
    admission.leave(observedHost);
  }

  async #stop(): Promise<void> {
    const { listener, terminator, core, databases } = this.#parts;
    this.#stopping.abort();
    listener.close();
    await this.#accepting;
    await terminator?.close();
    await Promise.all(this.#securing);
    await core.stop();
    this.#stopSweeping();
    databases[Symbol.dispose]();
  }
}

/** How long a client that is turned away has to hear why, in milliseconds. */
const turnAwayMs = 500;

/** Says why, as far as the socket takes it at once, and closes the connection. */
async function turnAway(conn: Deno.TcpConn, refusal: Fault): Promise<void> {
  const timer = setTimeout(() => conn.close(), turnAwayMs);
  try {
    await conn.write(new TextEncoder().encode(encode(errorReply(refusal))));
    await conn.closeWrite();
    // If the connection were closed with the request unread, it would be reset and the answer lost.
    await conn.read(new Uint8Array(messageBytesMax));
    conn.close();
  } catch {
    // The client is gone already, or was too slow.
  } finally {
    clearTimeout(timer);
  }
}
