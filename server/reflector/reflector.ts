/**
 * Tells clients at which address and port of UDP they are seen, as STUN does (RFC 8489), so that two of them can meet
 * through their routers. It is asked over QUIC, which proves that the asker is where it says before it is told
 * anything, and only by hosts that have said a moment before, on an authenticated connection, that they will ask.
 *
 * @module
 */

import { formatAddress, plainHost } from "../../shared/net/address.ts";
import { hostPrefix } from "../../shared/net/host_prefix.ts";
import { selfSigned } from "../../shared/crypto/self_signed.ts";
import type { Log } from "../../shared/process/log.ts";
import { ThrottledLog } from "../../shared/process/throttled_log.ts";
import { reflectMs } from "../../shared/protocol/limits.ts";
import type { Clock, TimerClock } from "../../shared/time/clock.ts";
import { Expectations } from "./expectations.ts";

/** As a client knows it. */
const serverName = "p2pchat";
const protocol = "p2pchat-reflect";
/** Askers that have not been answered, at most. */
const askersMax = 64;
/** How long an asker has, in milliseconds. */
const askerMs = 3_000;

/** What an asker has to know. */
export interface ReflectorPlace {
  /** The port of UDP. */
  readonly port: number;
  /** The certificate, in DER, by which it knows who answers. */
  readonly certificate: Uint8Array;
}

/** What handlers need of a reflector. */
export interface Reflecting {
  /**
   * Lets a host ask for the next `reflectMs`.
   *
   * @returns Where; `full` if there is no room for one more, `unavailable` if UDP cannot be had.
   */
  expect(host: string): ReflectorPlace | "full" | "unavailable";
}

/** Where a reflector is to be, and its time. */
export interface ReflectorOptions {
  readonly host: string;
  readonly port: number;
  readonly clock: Clock;
  readonly timer: TimerClock;
  readonly log: Log;
}

/** A port of UDP that is open. */
interface Opened extends ReflectorPlace {
  readonly endpoint: Deno.QuicEndpoint;
  readonly listener: Deno.QuicListener;
}

/** A reflector. It is opened when somebody is let ask for the first time. */
export class Reflector implements Reflecting {
  readonly #options: ReflectorOptions;
  readonly #expected: Expectations;
  readonly #failures: ThrottledLog;
  #opened: Opened | undefined;
  #askers = 0;

  constructor(options: ReflectorOptions) {
    this.#options = options;
    this.#expected = new Expectations({ clock: options.clock, forMs: reflectMs });
    this.#failures = new ThrottledLog(options.log, options.clock);
  }

  expect(host: string): ReflectorPlace | "full" | "unavailable" {
    const opened = this.#opened ??= this.#open();
    if (opened === undefined) return "unavailable";
    return this.#expected.add(hostPrefix(host)) ? opened : "full";
  }

  /** Ends it. */
  close(): void {
    this.#opened?.listener.stop();
    this.#opened?.endpoint.close();
  }

  #open(): Opened | undefined {
    const { host, port } = this.#options;
    try {
      const endpoint = new Deno.QuicEndpoint({ hostname: host, port });
      const { certificate, certPem, keyPem } = selfSigned(serverName);
      const listener = endpoint.listen({
        cert: certPem,
        key: keyPem,
        alpnProtocols: [protocol],
        maxIdleTimeout: askerMs,
        maxConcurrentBidirectionalStreams: 0,
        maxConcurrentUnidirectionalStreams: 0,
      });
      this.#run(listener);
      return { port: endpoint.addr.port, certificate, endpoint, listener };
    } catch (error) {
      this.#failures.warn("cannot tell clients at which UDP address they are seen", error);
      return undefined;
    }
  }

  async #run(listener: Deno.QuicListener): Promise<void> {
    for (;;) {
      let incoming;
      try {
        incoming = await listener.incoming();
      } catch {
        return;
      }
      try {
        if (this.#expected.isEmpty || this.#askers >= askersMax) incoming.ignore();
        else this.#answer(incoming);
      } catch {
        // It is over already.
      }
    }
  }

  async #answer(incoming: Deno.QuicIncoming): Promise<void> {
    this.#askers++;
    let conn: Deno.QuicConn | undefined;
    const hangUp = () => conn?.close({ closeCode: 0, reason: "" });
    const cancel = this.#options.timer.after(askerMs, hangUp);
    try {
      // Reading the address of an incoming connection ends it in Deno, up to 2.9.6 at least. So it is taken, and
      // closed at once if it is nobody's that is expected. Until its sender has answered, QUIC sends it no more than
      // three times what it has sent (RFC 9000 section 8.1).
      conn = incoming.accept({ zeroRtt: true });
      const { hostname, port } = conn.remoteAddr;
      const host = plainHost(hostname);
      if (!this.#expected.take(hostPrefix(host))) return;
      // From here on the asker is where it says.
      await conn.handshake;
      const writer = (await conn.createUnidirectionalStream()).getWriter();
      await writer.write(new TextEncoder().encode(formatAddress({ host, port })));
      await writer.close();
      // It closes when it has read that.
      await conn.closed;
    } catch {
      // It is gone, or has said something else.
    } finally {
      cancel();
      hangUp();
      this.#askers--;
    }
  }
}
