/**
 * Notices soon that a conversation under way goes nowhere any more, also if it is the peer who has something to say: a
 * router that has forgotten us, or a network that we have left, lets nothing in that would tell. So for a while
 * behind each message the way is tried whenever it is silent, and another one is taken if nothing comes back.
 *
 * @module
 */

import { Backoff } from "../../shared/time/backoff.ts";
import { type TimerClock, within } from "../../shared/time/clock.ts";
import type { ClientEvent } from "../events.ts";

/** How long behind a message a conversation counts as under way, in milliseconds. */
const underWayMs = 30_000;
/** How long it is silent before its way is tried. */
const silentMs = 2_000;
/** How long the peer has to answer. */
const answerMs = 1_500;
/** How long a call on another way may take. */
const callMs = 3_000;
/** How long from one such call to the next, at first and at most. */
const againMs = { firstMs: 1_000, maxMs: 8_000 };
/** The same once this machine has moved: it is about to be registered again, and cannot call before. */
const againMovedMs = { firstMs: 250, maxMs: 8_000 };

/** A conversation, as far as it is checked. */
export interface CheckedConversation {
  readonly links: readonly unknown[];
  /** Messages that the peer lacks. */
  readonly waiting: number;
}

/** What checking needs. */
export interface PathChecksOptions<C extends CheckedConversation> {
  readonly clock: TimerClock;
  /** Gives numbers from 0 up to 1. */
  readonly random: () => number;
  /** A conversation whose peer has a key and is a contact; undefined if it is none, or there is none of that id. */
  readonly contactAt: (conversation: string) => C | undefined;
  /** Whether the peer answers on the conversation's best link. Never rejects. */
  readonly isAnswered: (conversation: C) => Promise<boolean>;
  /** Finds out whether the server still knows of us. */
  readonly rendezvous: { check(): void };
  /** Calls the peer on another way. Done when that is over, either way. Never throws. */
  readonly goAround: (conversation: C) => Promise<void>;
}

/** A conversation that is under way. */
interface Talk<C> {
  conversation: C;
  backoff: Backoff;
  /** The link on which nothing came back last. */
  silent: unknown;
  heardAtMs: number;
  /** Whether this machine has moved and nothing has come since. */
  isDoubted: boolean;
  /** Whether there was no message lately: then one answer is enough. */
  isIdle: boolean;
  cancel: () => void;
}

/** Checks the ways of conversations that are under way. */
export class PathChecks<C extends CheckedConversation> {
  readonly #options: PathChecksOptions<C>;
  readonly #talks = new Map<string, Talk<C>>();
  #stopped = false;
  /** Done when nothing is checked any more. */
  readonly #over = Promise.withResolvers<void>();

  constructor(options: PathChecksOptions<C>) {
    this.#options = options;
  }

  /** Takes note of what has happened. */
  note(event: ClientEvent): void {
    if (event.type === "message" || event.type === "delivered") this.#said(event.conversation);
    else if (event.type === "closed") {
      const talk = this.#talks.get(event.conversation);
      if (event.reason !== "lost" && event.reason !== "silent") this.#end(event.conversation);
      else if (talk !== undefined) this.#checkAfter(0, event.conversation, talk);
    }
  }

  /**
   * This machine has moved, so that there is reason to doubt the way of a conversation: it is tried now, whether or not
   * it is under way.
   *
   * @param isDead Whether it is known to carry nothing any more: then another one is taken at once.
   */
  doubt(id: string, isDead: boolean): void {
    const { clock, random } = this.#options;
    const talk = this.#talks.get(id) ?? this.#begin(id);
    if (talk === undefined) return;
    talk.backoff = new Backoff({ ...againMovedMs, random });
    talk.isDoubted = true;
    // As if it had been silent for a while.
    talk.heardAtMs = clock.now() - silentMs;
    talk.silent = isDead ? talk.conversation.links[0] : undefined;
    this.#checkAfter(0, id, talk);
  }

  /** Checks nothing any more. */
  stop(): void {
    this.#stopped = true;
    this.#over.resolve();
    for (const id of [...this.#talks.keys()]) this.#end(id);
  }

  #said(id: string): void {
    const { clock, random } = this.#options;
    const known = this.#talks.get(id);
    if (known === undefined) {
      const talk = this.#begin(id);
      if (talk === undefined) return;
      talk.isIdle = false;
      return this.#checkAfter(silentMs, id, talk);
    }
    known.heardAtMs = clock.now();
    known.silent = undefined;
    known.isIdle = known.isDoubted = false;
    known.backoff = new Backoff({ ...againMs, random });
  }

  #begin(id: string): Talk<C> | undefined {
    const { clock, random, contactAt } = this.#options;
    const conversation = this.#stopped ? undefined : contactAt(id);
    if (conversation === undefined) return undefined;
    const talk: Talk<C> = {
      conversation,
      backoff: new Backoff({ ...againMs, random }),
      silent: undefined,
      heardAtMs: clock.now(),
      isDoubted: false,
      isIdle: true,
      cancel: () => {},
    };
    this.#talks.set(id, talk);
    return talk;
  }

  #end(id: string): void {
    this.#talks.get(id)?.cancel();
    this.#talks.delete(id);
  }

  #checkAfter(ms: number, id: string, talk: Talk<C>): void {
    const { clock } = this.#options;
    talk.cancel();
    const planned = clock.after(ms, async () => {
      if (clock.now() - talk.heardAtMs >= underWayMs) return this.#end(id);
      const nextMs = await this.#check(id, talk);
      // Meanwhile it may have ended, or another check have been planned.
      if (this.#talks.get(id) !== talk || talk.cancel !== planned) return;
      if (nextMs === undefined) this.#end(id);
      else this.#checkAfter(nextMs, id, talk);
    });
    talk.cancel = planned;
  }

  /** @returns How long until the next check, in milliseconds; undefined if there is reason for none. */
  async #check(id: string, talk: Talk<C>): Promise<number | undefined> {
    const { backoff } = talk;
    const { clock, goAround } = this.#options;
    const link = this.#linkOf(id, talk);
    if (link !== undefined) {
      const dueInMs = talk.heardAtMs + silentMs - clock.now();
      if (dueInMs > 0) return dueInMs;
      if (talk.silent !== link && await this.#isHeard(talk)) {
        talk.isDoubted = false;
        return talk.isIdle ? undefined : silentMs;
      }
    }
    if (this.#stopped) return undefined;
    talk.silent = link;
    // Another one may have been found meanwhile. The peer may not hear of a call, and of a later one.
    if (this.#linkOf(id, talk) === link) await this.#wait(callMs, goAround(talk.conversation));
    return this.#linkOf(id, talk) === link ? backoff.next() : silentMs;
  }

  /** The link in use. One who has not answered has another conversation of the same id once they are called again. */
  #linkOf(id: string, talk: Talk<C>): unknown {
    talk.conversation = this.#options.contactAt(id) ?? talk.conversation;
    return talk.conversation.links[0];
  }

  /** Whether anything comes from the peer, who is asked for that unless something is on its way anyway. */
  async #isHeard(talk: Talk<C>): Promise<boolean> {
    const { clock, isAnswered, rendezvous } = this.#options;
    const { conversation } = talk;
    const fromMs = clock.now();
    const never = new Promise<void>(() => {});
    let answers = false;
    // Behind what is on its way an answer would come late. It will be confirmed itself.
    const answered = conversation.waiting > 0
      ? never
      : isAnswered(conversation).then((does) => void (answers = does));
    const isHeard = () => answers || talk.heardAtMs > fromMs;
    const isSoon = await this.#wait(answerMs / 2, answered);
    // What has happened to this way may have happened to the one on which another is asked for.
    if (!isHeard() && !this.#stopped) rendezvous.check();
    // Where there is doubt anyway less silence says enough.
    if (!isSoon && !talk.isDoubted) await this.#wait(answerMs / 2, answered);
    return isHeard();
  }

  /** Waits for something, no longer than it may take, and not after the end. @returns Whether one of these has come. */
  #wait(ms: number, done: Promise<void>): Promise<boolean> {
    return within(ms, Promise.race([done, this.#over.promise]), this.#options.clock);
  }
}
