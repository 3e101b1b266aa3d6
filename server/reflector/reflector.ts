/**
 * Tells clients at which address and port of UDP they are seen, as STUN does (RFC 8489), so that two of them can meet
 * through their routers. It is asked over QUIC, which proves that the asker is where it says before it is told
 * anything, and only by hosts that have said a moment before, on an authenticated connection, that they will ask.
 *
 * @module
 */

import { type Address, formatAddress } from "../../shared/net/address.ts";
import { hostPrefix } from "../../shared/net/host_prefix.ts";
import {
  acceptQuic,
  closeQuic,
  listenQuic,
  type QuicListening,
  takeQuic,
} from "../../shared/net/quic.ts";
import type { Log } from "../../shared/process/log.ts";
import { ThrottledLog } from "../../shared/process/throttled_log.ts";
import { reflectMs } from "../../shared/protocol/limits.ts";
import { reflectorProtocol } from "../../shared/protocol/quic.ts";
import type { TimerClock } from "../../shared/time/clock.ts";
import { Expectations } from "./expectations.ts";

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

/** Where a reflector is to be, and what it works with. */
export interface ReflectorOptions extends Address {
  readonly clock: TimerClock;
  readonly log: Log;
}

/** A reflector. It is opened when somebody is let ask for the first time. */
export class Reflector implements Reflecting {
  readonly #options: ReflectorOptions;
  readonly #expected: Expectations;
  readonly #failures: ThrottledLog;
  #opened: QuicListening | undefined;
  #askers = 0;

  constructor(options: ReflectorOptions) {
    this.#options = options;
    this.#expected = new Expectations({ clock: options.clock, forMs: reflectMs });
    this.#failures = new ThrottledLog(options.log, options.clock);
  }

  expect(host: string): ReflectorPlace | "full" | "unavailable" {
    const opened = this.#opened ??= this.#open();
    if (opened === undefined) return "unavailable";
    const { certificate, endpoint: { addr: { port } } } = opened;
    return this.#expected.add(hostPrefix(host)) ? { port, certificate } : "full";
  }

  /** Ends it. */
  close(): void {
    this.#opened?.listener.stop();
    this.#opened?.endpoint.close();
  }

  #open(): QuicListening | undefined {
    try {
      const opened = listenQuic(this.#options, {
        alpnProtocols: [reflectorProtocol],
        maxIdleTimeout: askerMs,
        maxConcurrentBidirectionalStreams: 0,
        maxConcurrentUnidirectionalStreams: 0,
      });
      takeQuic(opened.listener, (incoming) => {
        if (this.#expected.isEmpty || this.#askers >= askersMax) incoming.ignore();
        else this.#answer(incoming);
      });
      return opened;
    } catch (error) {
      this.#failures.warn("cannot tell clients at which UDP address they are seen", error);
      return undefined;
    }
  }

  async #answer(incoming: Deno.QuicIncoming): Promise<void> {
    this.#askers++;
    let conn: Deno.QuicConn | undefined;
    const hangUp = () => conn && closeQuic(conn);
    const cancel = this.#options.clock.after(askerMs, hangUp);
    try {
      const accepted = acceptQuic(incoming);
      conn = accepted.conn;
      if (!this.#expected.take(hostPrefix(accepted.from.host))) return;
      // From here on the asker is where it says.
      await conn.handshake;
      const writer = (await conn.createUnidirectionalStream()).getWriter();
      await writer.write(new TextEncoder().encode(formatAddress(accepted.from)));
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
