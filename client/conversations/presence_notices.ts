/**
 * Telling the user who comes and goes, once each: connections say so themselves, and what the server says
 * of somebody is told if there is no connection.
 *
 * @module
 */

import { BoundedMap } from "../../shared/collections/bounded_map.ts";
import type { TimerClock } from "../../shared/time/clock.ts";
import { type ClientEvent, type EventSink, withEmit } from "../events.ts";
import type { PresenceStatus } from "../rendezvous/rendezvous.ts";

/** What notices need. */
export interface PresenceNoticesOptions {
  readonly clock: Pick<TimerClock, "after" | "now">;
  readonly sink: Pick<EventSink, "emit">;
}

/** Somebody who is back within this time has not gone: their connection to the server broke. */
const goneAfterMs = 5_000;
/**
 * Who leaves says goodbye to us and to the server at once, and the server has so long to hear it: until then its word that
 * they are here may be of before.
 */
const leavingMs = 2_000;
/** Of so many it is kept whether they are here. */
const knownMax = 1_024;

/** Who is there, as the user has been told. */
export class PresenceNotices {
  readonly #options: PresenceNoticesOptions;
  readonly #here = new BoundedMap<string, boolean>(knownMax);
  /** When somebody has said goodbye. */
  readonly #leftAtMs = new BoundedMap<string, number>(knownMax);
  /** Those who seem to have gone, or to have come, which is not told yet. */
  readonly #untold = new Map<string, () => void>();
  #stopped = false;

  constructor(options: PresenceNoticesOptions) {
    this.#options = options;
  }

  /** A sink that passes everything on, and has this take note of what connections say. */
  noting(sink: EventSink): EventSink {
    return withEmit(sink, (event) => {
      this.#note(event);
      sink.emit(event);
    });
  }

  /**
   * Takes what the server says.
   *
   * @param connected Whether there is a connection, which knows better.
   */
  said(name: string, status: PresenceStatus | undefined, connected: boolean): void {
    this.#forget(name);
    // The server goes on telling until the registration is taken back.
    if (this.#stopped || connected || status === undefined) return;
    const here = status === "online";
    // A client that is only registered is not heard from: it is known only that it has gone if it was here.
    if (status === "registered" && !this.#here.get(name)) return;
    if (here === this.#here.get(name)) return;
    const { clock } = this.#options;
    if (here) {
      const leftAtMs = this.#leftAtMs.get(name) ?? -Infinity;
      const stillMs = leftAtMs + leavingMs - clock.now();
      return stillMs <= 0 ? this.#tell(name, true) : this.#tellAfter(stillMs, name, true);
    }
    // The user is told that somebody is away only if they were said to be here.
    if (this.#here.get(name) === undefined) return this.#here.set(name, false);
    this.#tellAfter(goneAfterMs, name, false);
  }

  /** Nothing is told any more. */
  stop(): void {
    this.#stopped = true;
    for (const name of [...this.#untold.keys()]) this.#forget(name);
  }

  #note(event: ClientEvent): void {
    if (event.type === "opened") {
      this.#forget(event.name);
      this.#leftAtMs.delete(event.name);
      this.#here.set(event.name, true);
    } else if (event.type === "closed" && event.reason !== "you-left") {
      this.#here.set(event.name, false);
      if (event.reason === "peer-left") this.#leftAtMs.set(event.name, this.#options.clock.now());
    }
  }

  #forget(name: string): void {
    this.#untold.get(name)?.();
    this.#untold.delete(name);
  }

  #tellAfter(ms: number, name: string, here: boolean): void {
    const cancel = this.#options.clock.after(ms, () => {
      this.#untold.delete(name);
      this.#tell(name, here);
    });
    this.#untold.set(name, cancel);
  }

  #tell(name: string, here: boolean): void {
    this.#here.set(name, here);
    this.#options.sink.emit({ type: "presence", name, here });
  }
}
