/**
 * The connections of a server: each is served until it ends, or until its client is too slow or too silent.
 *
 * @module
 */

import type { Log } from "../../shared/process/log.ts";
import { ThrottledLog } from "../../shared/process/throttled_log.ts";
import {
  connectionIdleMs,
  messageTimeoutMs,
  writeTimeoutMs,
} from "../../shared/protocol/limits.ts";
import { type Clock, type TimerClock, within } from "../../shared/time/clock.ts";
import { Deadlines } from "../../shared/time/deadlines.ts";
import type { Fairness } from "../fairness/fairness.ts";
import type { Context } from "../handlers/handlers.ts";
import type { Seat } from "../relay/relay.ts";
import { Session, type SessionOptions } from "./session.ts";
import type { Connection } from "./socket.ts";

export type { Connection } from "./socket.ts";

/** What the connections of a server need. */
export interface ConnectionsOptions {
  /** The server's time as of its last sweep. */
  readonly clock: Clock;
  readonly timer: TimerClock;
  readonly log: Log;
  readonly context: Context;
  readonly fairness: Fairness;
  /** Told when a connection has ended, and which IP address its client had. */
  readonly onEnded?: ((observedHost: string) => void) | undefined;
}

/** How long a session may take to end once it is closed, in milliseconds. */
const endedTimeoutMs = 1_000;

/** All connections of a server. */
export class Connections {
  readonly #options: ConnectionsOptions;
  readonly #sessionOptions: SessionOptions;
  readonly #sessions = new Map<Session, Promise<void>>();
  /** Those that are joined with another, each until it has ended. */
  readonly #joined = new Set<Promise<void>>();
  /** Sessions that wait for the rest of a message. */
  readonly #incomplete = new Deadlines<Session>(messageTimeoutMs);
  /** When each session is looked at next. */
  readonly #rounds = new Deadlines<Session>(writeTimeoutMs);

  constructor(options: ConnectionsOptions) {
    const { clock, log, context, fairness } = options;
    this.#options = options;
    this.#sessionOptions = {
      clock,
      log,
      failures: new ThrottledLog(log, clock),
      context,
      fairness,
      incomplete: this.#incomplete,
    };
  }

  /**
   * Serves a connection.
   *
   * @param observedHost The IP address of the client's end.
   * @returns Done when the connection has ended and is closed. Never rejected.
   */
  serve(conn: Connection, observedHost: string): Promise<void> {
    return this.#serve(conn, observedHost).then(this.#whenEnded(observedHost));
  }

  /** @returns Done when the connection is closed. Never rejected. */
  #serve(conn: Connection, observedHost: string): Promise<void> {
    const session = new Session(conn, observedHost, this.#sessionOptions);
    this.#rounds.start(session, session.heardAtMs);
    const served = session.run().then((seat) => {
      this.#rounds.stop(session);
      this.#sessions.delete(session);
      return seat && this.#forward(seat, conn);
    });
    this.#sessions.set(session, served);
    return served;
  }

  // The session of a connection that is joined with another is not needed any more. These two are functions of
  // their own so that nothing of them keeps it in memory.

  #whenEnded(observedHost: string): () => void {
    return () => this.#options.onEnded?.(observedHost);
  }

  #forward(seat: Seat, conn: Connection): Promise<void> {
    const ended = seat.forward(conn);
    this.#joined.add(ended);
    return ended.then(() => {
      this.#joined.delete(ended);
    });
  }

  /** Closes the connections whose clients are too slow or too silent. */
  sweep(): void {
    const nowMs = this.#options.clock.now();
    this.#options.fairness.sweep();
    for (const session of this.#incomplete.late(nowMs)) session.closeLate();
    // Each session is looked at once in a while, so that a request need not move any deadline.
    for (const session of this.#rounds.late(nowMs)) {
      const { heardAtMs, writingSinceMs } = session;
      if (nowMs - heardAtMs >= connectionIdleMs || nowMs - writingSinceMs >= writeTimeoutMs) {
        session.close();
      } else {
        this.#rounds.start(session, nowMs);
      }
    }
  }

  /** Closes all. Done when all have ended, or have had the time to. */
  async close(): Promise<void> {
    for (const session of this.#sessions.keys()) session.close();
    this.#options.fairness.close();
    // With Deno 2.6 closing a connection does not end a write to it: a session whose client does not
    // read outlives its closing.
    const ended = Promise.all([...this.#sessions.values(), ...this.#joined]);
    await within(endedTimeoutMs, ended, this.#options.timer);
  }
}
