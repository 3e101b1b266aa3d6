/**
 * Telling the user who comes and goes, once each: connections say so themselves, and what the server says
 * of somebody is told where no connection has.
 *
 * @module
 */

import type { TimerClock } from "../../shared/time/clock.ts";
import type { ChatEvent } from "../events.ts";
import type { PresenceStatus } from "../rendezvous/rendezvous.ts";

/** What telling needs. */
export interface ComingsAndGoingsOptions {
  readonly clock: TimerClock;
  readonly emit: (event: ChatEvent) => void;
}

/** Whoever is back within this time has not gone, as when his line to the server broke. */
const goneAfterMs = 5_000;
/** Of so many it is kept whether they are here; of whom that was learnt longest ago makes room. */
const knownMax = 1_024;

/** Who is there, as the user has been told. */
export class PresenceNotices {
  readonly #options: ComingsAndGoingsOptions;
  readonly #here = new Map<string, boolean>();
  /** Those who seem to have gone, which is not told yet. */
  readonly #going = new Map<string, () => void>();

  constructor(options: ComingsAndGoingsOptions) {
    this.#options = options;
  }

  /** Takes note of what the user is told by connections. */
  note(event: ChatEvent): void {
    if (event.type === "opened") {
      this.#stay(event.name);
      this.#learn(event.name, true);
    } else if (event.type === "closed" && event.reason !== "you-left") {
      this.#learn(event.name, false);
    }
  }

  /**
   * Takes what the server says.
   *
   * @param connected Whether there is a connection, which knows better.
   */
  said(name: string, status: PresenceStatus | undefined, connected: boolean): void {
    this.#stay(name);
    if (connected || status === undefined) return;
    const here = status === "online";
    // Of somebody who is registered, and not heard from, it is known only that he has gone if he was here.
    if (status === "registered" && !this.#here.get(name)) return;
    if (here === this.#here.get(name)) return;
    if (here) return this.#tell(name, true);
    // Nobody is told that somebody is away who was not said to be here.
    if (this.#here.get(name) === undefined) return this.#learn(name, false);
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
    for (const name of [...this.#going.keys()]) this.#stay(name);
  }

  #stay(name: string): void {
    this.#going.get(name)?.();
    this.#going.delete(name);
  }

  #learn(name: string, here: boolean): void {
    this.#here.delete(name);
    this.#here.set(name, here);
    if (this.#here.size > knownMax) this.#here.delete(this.#here.keys().next().value!);
  }

  #tell(name: string, here: boolean): void {
    this.#learn(name, here);
    this.#options.emit({ type: "presence", name, here });
  }
}
