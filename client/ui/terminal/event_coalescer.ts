/**
 * Events that come many at a time are shown as one: if a hundred messages wait for somebody who comes back,
 * a person wants one line about it and not a hundred.
 *
 * @module
 */

import { systemClock, type TimerClock } from "../../../shared/time/clock.ts";
import type { ArrivedEvent, Shown } from "../wording/wording.ts";

/** Events of the same type and conversation are shown as one. */
type Counted = ArrivedEvent | Extract<Shown, { type: "waiting" | "deposited" | "read" }>;

/** How long more of the same is waited for, in milliseconds. */
const gatheringMs = 50;

/** Gathers events. */
export class EventCoalescer {
  readonly #show: (shown: Shown) => void;
  readonly #clock: TimerClock;
  readonly #gathered = new Map<string, Counted>();
  #cancel = () => {};

  /** @param show Takes what is to be shown, in the order in which each kind of it began. */
  constructor(show: (shown: Shown) => void, clock = systemClock) {
    this.#show = show;
    this.#clock = clock;
  }

  /** Takes something to show: shows it at once, behind what is gathered, or gathers it. */
  take(shown: Shown): void {
    const counted = countedOf(shown);
    if (counted === undefined) {
      // A delivery that nobody waited for shows nothing, so nothing has to come before it.
      if (shown.type !== "delivered") this.flush();
      this.#show(shown);
      return;
    }
    if (this.#gathered.size === 0) {
      this.#cancel = this.#clock.after(gatheringMs, () => this.flush());
    }
    const key = `${counted.type} ${counted.conversation}`;
    const before = this.#gathered.get(key);
    // The count of those that wait is of all; the other counts are of what is new.
    const count = counted.count + (counted.type === "waiting" ? 0 : before?.count ?? 0);
    this.#gathered.set(key, { ...counted, count });
  }

  /** Shows what is gathered. */
  flush(): void {
    this.#cancel();
    const events = [...this.#gathered.values()];
    this.#gathered.clear();
    for (const event of events) this.#show(event);
  }
}

function countedOf(shown: Shown): Counted | undefined {
  switch (shown.type) {
    case "waiting":
    case "deposited":
    case "read":
      return shown;
    case "delivered": {
      if (!shown.wasWaiting) return undefined;
      const { conversation, name } = shown;
      return { type: "arrived", conversation, name, count: 1 };
    }
    default:
      return undefined;
  }
}
