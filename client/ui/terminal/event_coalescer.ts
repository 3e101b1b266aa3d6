/**
 * What happens many times at once, said once: when somebody comes back for whom a hundred messages wait,
 * a person wants one line of it and not a hundred.
 *
 * @module
 */

import { systemClock, type TimerClock } from "../../../shared/time/clock.ts";
import type { ChatEvent } from "../../events.ts";
import type { ArrivedEvent, ShownEvent } from "../wording/wording.ts";

/** Of the same kind and about the same peer, what came before and what comes now are one. */
type Counted = ArrivedEvent | Extract<ChatEvent, { type: "kept" | "deposited" | "read" }>;

/** For how long more of the same is waited for. */
const gatheringMs = 50;

/** Gathers events. */
export class EventCoalescer {
  readonly #show: (event: ShownEvent) => void;
  readonly #clock: TimerClock;
  readonly #gathered = new Map<string, Counted>();
  #cancel = () => {};

  /** @param show Takes what is to be shown, in the order in which each kind of it began. */
  constructor(show: (event: ShownEvent) => void, clock = systemClock) {
    this.#show = show;
    this.#clock = clock;
  }

  /** Takes an event: shows it at once, behind what is gathered, or gathers it. */
  readonly take = (event: ChatEvent): void => {
    const counted = countedOf(event);
    if (counted === undefined) {
      // A delivery that nobody waited for says nothing, so that nothing has to come before it.
      if (event.type !== "delivered") this.flush();
      this.#show(event);
      return;
    }
    if (this.#gathered.size === 0) {
      this.#cancel = this.#clock.after(gatheringMs, () => this.flush());
    }
    const key = `${counted.type} ${counted.name}`;
    const before = this.#gathered.get(key);
    // How many are kept is said of all; the others are said of what is new.
    const count = counted.count + (counted.type === "kept" ? 0 : before?.count ?? 0);
    this.#gathered.set(key, { ...counted, count });
  };

  /** Shows what is gathered. */
  flush(): void {
    this.#cancel();
    const events = [...this.#gathered.values()];
    this.#gathered.clear();
    for (const event of events) this.#show(event);
  }
}

function countedOf(event: ChatEvent): Counted | undefined {
  switch (event.type) {
    case "kept":
    case "deposited":
    case "read":
      return event;
    case "delivered":
      return event.late ? { type: "arrived", name: event.name, count: 1 } : undefined;
    default:
      return undefined;
  }
}
