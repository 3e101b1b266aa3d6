/**
 * What people cause whom the user does not know: calls, new keys, mail that cannot be read. The first of it is
 * shown as it is. If there is more within a minute, it is gathered into one line, so that nobody fills the screen.
 *
 * @module
 */

import { BoundedMap } from "../../shared/collections/bounded_map.ts";
import type { Fingerprint } from "../../shared/crypto/public_key.ts";
import type { TimerClock } from "../../shared/time/clock.ts";
import type { ClientEvent } from "../events.ts";
import type { GatheredEvent } from "./wording/wording.ts";

/** How long is gathered, in milliseconds. */
const windowMs = 60_000;
/** Events in that time that are shown as they are: in all, and of one person. */
const shownMax = 9;
const shownOfOneMax = 6;
/** Conversations with strangers that are remembered, and people of whom events are counted. */
const rememberedMax = 1_024;

type Kind = "calls" | "keys" | "mails";

/** What an event is about. */
interface Subject {
  readonly kind: Kind;
  /** Who has caused it, as far as that is known. */
  readonly who: string;
  readonly fingerprint: Fingerprint | undefined;
  readonly count: number;
}

/** Gathers such events. */
export class StrangerNotices {
  readonly #show: (event: GatheredEvent) => void;
  readonly #clock: Pick<TimerClock, "now" | "after">;
  /** The conversations that strangers have opened, and whether the user was told of it. */
  readonly #conversations = new BoundedMap<string, boolean>(rememberedMax);
  #beganAtMs = -Infinity;
  #shown = 0;
  #shownOf = new BoundedMap<string, number>(rememberedMax);
  readonly #counts: Record<Kind, number> = { calls: 0, keys: 0, mails: 0 };
  #countsOf = new BoundedMap<Fingerprint, number>(rememberedMax);
  #cancel: (() => void) | undefined;

  /** @param show Takes the line about what was gathered. */
  constructor(show: (event: GatheredEvent) => void, clock: Pick<TimerClock, "now" | "after">) {
    this.#show = show;
    this.#clock = clock;
  }

  /**
   * Takes an event.
   *
   * @returns Whether it is to be shown as it is; else it is gathered.
   */
  take(event: ClientEvent): boolean {
    // The end of a call that was not shown is none either.
    if (event.type === "closed") return this.#conversations.get(event.conversation) ?? true;
    const subject = this.#subjectOf(event);
    if (subject === undefined) return true;
    const isShown = this.#mayShow(subject);
    if (event.type === "opened") this.#conversations.set(event.conversation, isShown);
    if (!isShown) this.#gather(subject);
    return isShown;
  }

  /** Shows what is gathered. */
  end(): void {
    this.#cancel?.();
    this.#cancel = undefined;
    const counts = { ...this.#counts };
    const [fingerprint] = this.#most();
    this.#counts.calls = this.#counts.keys = this.#counts.mails = 0;
    this.#countsOf = new BoundedMap(rememberedMax);
    if (counts.calls + counts.keys + counts.mails === 0) return;
    this.#show({ type: "gathered", ...counts, fingerprint });
  }

  /** Begins another while. */
  #begin(): void {
    this.#beganAtMs = this.#clock.now();
    this.#shown = 0;
    this.#shownOf = new BoundedMap(rememberedMax);
  }

  #mayShow({ who }: Subject): boolean {
    if (this.#clock.now() - this.#beganAtMs >= windowMs) this.#begin();
    const ofOne = this.#shownOf.get(who) ?? 0;
    if (this.#shown >= shownMax || ofOne >= shownOfOneMax) return false;
    this.#shown++;
    this.#shownOf.set(who, ofOne + 1);
    return true;
  }

  #gather({ kind, fingerprint, count }: Subject): void {
    const restMs = this.#beganAtMs + windowMs - this.#clock.now();
    this.#cancel ??= this.#clock.after(restMs, () => this.end());
    this.#counts[kind] += count;
    if (fingerprint === undefined) return;
    this.#countsOf.set(fingerprint, (this.#countsOf.get(fingerprint) ?? 0) + count);
  }

  /** The key with the most part in what is gathered. */
  #most(): readonly [Fingerprint | undefined, number] {
    return [...this.#countsOf.entries()].reduce<readonly [Fingerprint | undefined, number]>(
      (most, one) => one[1] > most[1] ? one : most,
      [undefined, 0],
    );
  }

  /** Undefined for what is no stranger's doing. */
  #subjectOf(event: ClientEvent): Subject | undefined {
    switch (event.type) {
      case "opened": {
        const { cause, contact, person, name } = event;
        if (cause !== "call" || contact) return undefined;
        return { kind: "calls", who: person ?? name, fingerprint: person, count: 1 };
      }
      case "first-contact": {
        const { unasked, fingerprint } = event;
        return unasked && { kind: "keys", who: fingerprint, fingerprint, count: 1 };
      }
      case "verification-asked": {
        const { conversation, person: fingerprint, name } = event;
        if (this.#conversations.get(conversation) === undefined) return undefined;
        return { kind: "calls", who: fingerprint ?? name, fingerprint, count: 1 };
      }
      case "turned-away": {
        const { why } = event;
        const fingerprint = "person" in why ? why.person : undefined;
        return { kind: "calls", who: fingerprint ?? why.code, fingerprint, count: 1 };
      }
      case "problem":
        return problemSubject(event.problem);
      default:
        return undefined;
    }
  }
}

function problemSubject(problem: (ClientEvent & { type: "problem" })["problem"]) {
  switch (problem.code) {
    case "mail-unreadable":
      return { kind: "mails", who: "mail", fingerprint: undefined, count: problem.count } as const;
    case "too-many-unanswered":
    case "too-many-unanswered-of-all":
      return { kind: "calls", who: problem.name, fingerprint: undefined, count: 1 } as const;
    default:
      return undefined;
  }
}
