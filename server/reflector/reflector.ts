/**
 * Tells clients at which address and port of UDP they are seen, as STUN does (RFC 8489), so that two of them can meet
 * through their routers. It is asked over QUIC, which proves that the asker is where it says before it is told
 * anything, and only by hosts that have said a moment before, over TCP and with a key, that they will ask.
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
  quicName,
  takeQuic,
} from "../../shared/net/quic.ts";
import { selfSigned } from "../../shared/crypto/self_signed.ts";
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
  /** Another port that answers as well, if it was asked for and can be had. */
  readonly secondPort?: number;
}

/** What handlers need of a reflector. */
export interface Reflecting {
  /**
   * Lets a host ask for the next `reflectMs`.
   *
   * @param both Whether it wants to ask at two ports: only so it sees whether its router keeps one address for all.
   * @returns Where; `full` if there is no room for one more, `unavailable` if UDP cannot be had.
   */
  expect(host: string, both?: boolean): ReflectorPlace | "full" | "unavailable";
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
  readonly #own = selfSigned(quicName);
  #opened: QuicListening | undefined;
  #second: QuicListening | undefined;
  #askers = 0;

  constructor(options: ReflectorOptions) {
    this.#options = options;
    this.#expected = new Expectations({ clock: options.clock, forMs: reflectMs });
    this.#failures = new ThrottledLog(options.log, options.clock);
  }

  expect(host: string, both = false): ReflectorPlace | "full" | "unavailable" {
    const opened = this.#opened ??= this.#open(this.#options);
    if (opened === undefined) return "unavailable";
    const { certificate, endpoint: { addr: { port } } } = opened;
    if (!this.#expected.add(hostPrefix(host))) return "full";
    if (!both) return { port, certificate };
    // The next number, if it is free, so that whoever runs the server knows which one to let in.
    const { host: own } = this.#options;
    this.#second ??= this.#open({ host: own, port: port + 1 }, true) ??
      this.#open({ host: own, port: 0 });
    const second = this.#second?.endpoint.addr.port;
    return { port, certificate, ...second !== undefined && { secondPort: second } };
  }

  /** Ends it. */
  close(): void {
    for (const opened of [this.#opened, this.#second]) {
      opened?.listener.stop();
      opened?.endpoint.close();
    }
  }

  #open(address: Address, mayBeTaken = false): QuicListening | undefined {
    try {
      const opened = listenQuic(address, {
        alpnProtocols: [reflectorProtocol],
        maxIdleTimeout: askerMs,
        maxConcurrentBidirectionalStreams: 0,
        maxConcurrentUnidirectionalStreams: 0,
      }, this.#own);
      takeQuic(opened.listener, (incoming) => {
        if (this.#expected.isEmpty || this.#askers >= askersMax) incoming.ignore();
        else this.#answer(incoming);
      });
      return opened;
    } catch (error) {
      if (!mayBeTaken) {
        this.#failures.warn("cannot tell clients at which UDP address they are seen", error);
      }
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
