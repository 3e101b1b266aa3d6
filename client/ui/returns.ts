/**
 * Somebody's return as one line. Who comes back is there, calls or is called, and gets what waited for them: these
 * are several events within a moment, and one thing for the user. Only contacts return so: what opens with anybody
 * else, or in plaintext, is shown as it is.
 *
 * @module
 */

import { BoundedMap } from "../../shared/collections/bounded_map.ts";
import { systemClock, type TimerClock } from "../../shared/time/clock.ts";
import type { Shown } from "./wording/wording.ts";

/** How long the rest of a return is waited for, in milliseconds: if nothing waits for them, and if something does. */
const callMs = 500;
const deliveryMs = 3_000;

/** Deliveries to somebody who was said to be gone that are kept back, at most, until it is seen that they are back. */
const keptBackMax = 64;
/** Returns that are gathered at once, and people of whom it is remembered whether they are there, at most. */
const gatheredMax = 64;
const rememberedMax = 1_024;

type Presence = Extract<Shown, { type: "presence" }>;
type Opened = Extract<Shown, { type: "opened" }>;
type Delivered = Extract<Shown, { type: "delivered" }>;

/** A return, as far as it has come. */
interface Return {
  /** That they are there; undefined if they were said to be before, or if only deliveries tell so. */
  readonly presence: Presence | undefined;
  readonly opened: Opened | undefined;
  readonly delivered: number;
  /** What was delivered, as long as nothing else tells of a return. */
  readonly keptBack: readonly Delivered[];
  /** How many deliveries end this once a link is open. */
  readonly owed: number;
  /** Messages that they still lack. */
  readonly waiting: number;
  readonly cancel: () => void;
}

/** Gathers what belongs to a return. */
export class Returns {
  readonly #show: (shown: Shown) => void;
  readonly #clock: Pick<TimerClock, "after">;
  /** By the names of those who return. */
  readonly #gathered = new Map<string, Return>();
  /** Whom the user was told to be there, or gone. */
  readonly #here = new BoundedMap<string, boolean>(rememberedMax);
  /** How many messages they lack, as far as the user was told: a conversation that only waits may not be open. */
  readonly #lacking = new BoundedMap<string, number>(rememberedMax);
  #hasEnded = false;

  /** @param show Takes what is to be shown, in order. */
  constructor(show: (shown: Shown) => void, clock: Pick<TimerClock, "after"> = systemClock) {
    this.#show = show;
    this.#clock = clock;
  }

  /** Takes something to show: shows it at once, or gathers it. */
  take(shown: Shown): void {
    const name = "name" in shown ? shown.name : undefined;
    if (name === undefined || this.#hasEnded) return this.#show(shown);
    if (!this.#gathers(name, shown)) {
      if (!passes(shown)) this.#end(name);
      this.#show(shown);
    }
    this.#remember(name, shown);
  }

  /** Shows what is gathered, and from then on everything at once. */
  end(): void {
    this.#hasEnded = true;
    for (const name of [...this.#gathered.keys()]) this.#end(name);
  }

  /** Gathers something if it is part of a return. @returns Whether it is. */
  #gathers(name: string, shown: Shown): boolean {
    const before = this.#gathered.get(name);
    switch (shown.type) {
      case "presence":
        if (!shown.here || before?.presence !== undefined) return false;
        this.#gather(name, {
          presence: shown,
          waiting: before?.waiting ?? (shown.waiting || (this.#lacking.get(name) ?? 0)),
        });
        return true;
      case "opened": {
        if (!isReturn(shown) || before?.opened !== undefined) return false;
        // It is one line by itself.
        if (before === undefined && shown.waiting === 0) return false;
        const owed = (before?.delivered ?? 0) + shown.waiting;
        this.#gather(name, { opened: shown, waiting: shown.waiting, owed });
        if (shown.waiting === 0) this.#end(name);
        return true;
      }
      case "delivered": {
        // What was at the mailbox is told of as soon as they have fetched it: that may come before anything else of
        // their return, and all else if they were gone for so short a time that the server says nothing of it.
        const isGone = this.#here.get(name) === false;
        if (before === undefined && !isGone) return false;
        const delivered = (before?.delivered ?? 0) + 1;
        const isKnown = before?.presence !== undefined || before?.opened !== undefined;
        const keptBack = isKnown ? [] : [...before?.keptBack ?? [], shown];
        this.#gather(name, { delivered, keptBack, waiting: shown.waiting });
        // One acknowledgement may bring several of these, and none of them waits then.
        const isWhole = before?.opened !== undefined && delivered >= before.owed;
        if (isWhole || keptBack.length >= keptBackMax) this.#end(name);
        return true;
      }
      default:
        return false;
    }
  }

  /** Adds to somebody's return, and begins it if there is none. */
  #gather(name: string, part: Partial<Return> & Pick<Return, "waiting">): void {
    const before = this.#gathered.get(name);
    if (before !== undefined) return void this.#gathered.set(name, { ...before, ...part });
    const [oldest] = this.#gathered.keys();
    if (this.#gathered.size >= gatheredMax) this.#end(oldest!);
    const mayComeMore = part.waiting > 0 || part.delivered !== undefined;
    const cancel = this.#clock.after(mayComeMore ? deliveryMs : callMs, () => this.#end(name));
    const nothing = { presence: undefined, opened: undefined, delivered: 0, keptBack: [], owed: 0 };
    this.#gathered.set(name, { ...nothing, ...part, cancel });
  }

  /** Shows somebody's return, as far as it has come. */
  #end(name: string): void {
    const gathered = this.#gathered.get(name);
    if (gathered === undefined) return;
    this.#gathered.delete(name);
    const { presence, opened, delivered, keptBack, waiting, cancel } = gathered;
    cancel();
    if (presence === undefined && opened === undefined) {
      // Who has fetched their messages and gone again is not here.
      for (const one of keptBack) this.#show(one);
      return;
    }
    const wasHere = this.#here.get(name);
    this.#here.set(name, true);
    if (presence !== undefined && opened === undefined && delivered === 0) {
      return this.#show(presence);
    }
    const { cause, isCurrent = false } = opened ?? {};
    const isNews = presence !== undefined || wasHere !== true;
    const isAgain = wasHere === false;
    const hasCalled = cause === "call";
    this.#show({
      type: "returned",
      ...{ name, isNews, isAgain, hasCalled, isCurrent, delivered, waiting },
    });
  }

  #remember(name: string, shown: Shown): void {
    if (shown.type === "waiting") this.#lacking.set(name, shown.count);
    else if (shown.type === "delivered") this.#lacking.set(name, shown.waiting);
    if (shown.type === "opened" && !this.#gathered.has(name)) this.#here.set(name, true);
    const isGone = shown.type === "presence"
      ? !shown.here
      : shown.type === "closed" && shown.reason !== "you-left";
    if (isGone) this.#here.set(name, false);
  }
}

/** Whether a link that opens may be somebody's return: what else there is to say of one is always said. */
function isReturn({ cause, contact, security, similarTo }: Opened): boolean {
  return cause !== "chat" && contact && security !== "plaintext" && similarTo === undefined;
}

/** Whether something about somebody is shown beside their return, and not behind it. */
function passes({ type }: Shown): boolean {
  return type === "waiting" || type === "deposited";
}
