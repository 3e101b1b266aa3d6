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
  readonly clock: Pick<TimerClock, "after">;
  readonly sink: Pick<EventSink, "emit">;
}

/** Somebody who is back within this time has not gone: their connection to the server broke. */
const goneAfterMs = 5_000;
/** Of so many it is kept whether they are here. */
const knownMax = 1_024;

/** Who is there, as the user has been told. */
export class PresenceNotices {
  readonly #options: PresenceNoticesOptions;
  readonly #here = new BoundedMap<string, boolean>(knownMax);
  /** Those who seem to have gone, which is not told yet. */
  readonly #going = new Map<string, () => void>();
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
    this.#stay(name);
    // The server goes on telling until the registration is taken back.
    if (this.#stopped || connected || status === undefined) return;
    const here = status === "online";
    // A client that is only registered is not heard from: it is known only that it has gone if it was here.
    if (status === "registered" && !this.#here.get(name)) return;
    if (here === this.#here.get(name)) return;
    if (here) return this.#tell(name, true);
    // The user is told that somebody is away only if they were said to be here.
    if (this.#here.get(name) === undefined) return this.#here.set(name, false);
    const { clock } = this.#options;
    this.#going.set(
      name,
      clock.after(goneAfterMs, () => {
        this.#going.delete(name);
        this.#tell(name, false);
      }),
    );
  }

  /** Nothing is told any more. */
  stop(): void {
    this.#stopped = true;
    for (const name of [...this.#going.keys()]) this.#stay(name);
  }

  #note(event: ClientEvent): void {
    if (event.type === "opened") {
      this.#stay(event.name);
      this.#here.set(event.name, true);
    } else if (event.type === "closed" && event.reason !== "you-left") {
      this.#here.set(event.name, false);
    }
  }

  #stay(name: string): void {
    this.#going.get(name)?.();
    this.#going.delete(name);
  }

  #tell(name: string, here: boolean): void {
    this.#here.set(name, here);
    this.#options.sink.emit({ type: "presence", name, here });
  }
}
