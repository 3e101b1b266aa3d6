/**
 * Sending what a peer lacks over the links that there are, in order: over one of them, and over the next
 * one if nothing of it is acknowledged in time.
 *
 * @module
 */

import { insertByRank } from "../../shared/collections/ranked.ts";
import { Backoff } from "../../shared/time/backoff.ts";
import { leftForOtherLink } from "../../shared/protocol/bye_reasons.ts";
import type { TimerClock } from "../../shared/time/clock.ts";
import { unacknowledgedMax } from "../../shared/protocol/limits.ts";
import type { NumberedMessage } from "../../shared/protocol/message_stream.ts";
import type { ConversationId, Store } from "../store/store.ts";
import { UserError } from "../user_error.ts";
import type { StreamProgress } from "./stream_progress.ts";

/** What a delivery needs of a link. */
export interface MessageLink {
  /** Which of several links is used: the one with the lowest. */
  readonly rank: number;
  /** Sends messages, in order. @throws {UserError} If the link is over, or about to be. */
  transmit(messages: readonly NumberedMessage[]): void;
  /** Done when it takes more. */
  drained(): Promise<void>;
  /** Leaves the peer on this link. @param reason What it is told. */
  leave(settled: undefined, reason: string): Promise<void>;
}

/** What a transmission needs. */
export interface TransmissionOptions {
  readonly conversation: ConversationId;
  readonly store: Pick<Store, "conversations" | "outgoing">;
  readonly progress: StreamProgress;
  readonly clock: TimerClock;
  /** Gives numbers from 0 up to 1. */
  readonly random: () => number;
  /** Told that nothing is acknowledged any more: the link in use may carry nothing. */
  readonly onStalled: () => void;
  /** Told that the store cannot be read. */
  readonly onStoreError: (error: unknown) => void;
}

/** Messages that are read from the store at once. */
const batch = 256;
/** How long nothing is acknowledged before another way is looked for, in milliseconds. */
const stalledAfterMs = 1_500;
/** However often the peer is said to be back, another way is not looked for more often than this. */
const leastMs = 1_000;
/** How long nothing is acknowledged before all of it is sent again, at first and at most. */
const againMs = { firstMs: 10_000, maxMs: 120_000 };

/** The links to one peer, and how far the one in use has got. */
export class Transmission {
  readonly #options: TransmissionOptions;
  readonly #backoff: Backoff;
  /** The first is in use. */
  readonly #links: MessageLink[] = [];
  /** Links that are being given messages, or take no more at the moment. */
  readonly #sending = new Set<MessageLink>();
  /** The number up to which the link in use has been given everything. */
  #transmitted = 0;
  /** Messages behind that which were accepted just now: they need not be read back from the store. */
  #fresh: NumberedMessage[] = [];
  /** When something was acknowledged last, or something was sent while nothing was on its way. */
  #progressAtMs: number;
  #againAfterMs = 0;
  #cancelAgain: (() => void) | undefined;
  /** Whether the links that there are seem to carry nothing. */
  #stalled = false;
  /** When that was told last. */
  #stalledAtMs = -Infinity;
  /** The same links, the newest last. */
  readonly #byAge = new Set<MessageLink>();
  /** Links on which nothing was acknowledged, and which others are used instead of. */
  readonly #silent = new Set<MessageLink>();
  #stopped = false;

  constructor(options: TransmissionOptions) {
    this.#options = options;
    this.#backoff = new Backoff({ ...againMs, random: options.random });
    this.#progressAtMs = options.clock.now();
  }

  /** Whether there is a link. */
  get connected(): boolean {
    return this.#links.length > 0;
  }

  /** Adds a link. It is used if there is none as good, or once those before it are over or fail. */
  attach(link: MessageLink): void {
    this.#byAge.add(link);
    // One that is found because the others carry nothing is used, however it goes.
    if (this.#stalled) this.#links.unshift(link);
    else insertByRank(this.#links, link);
    if (this.#links[0] === link) this.restart();
  }

  /** Takes a link away. @returns Whether it was there. */
  detach(link: MessageLink): boolean {
    const at = this.#links.indexOf(link);
    if (at < 0) return false;
    this.#links.splice(at, 1);
    this.#byAge.delete(link);
    this.#silent.delete(link);
    if (at === 0) this.restart();
    return true;
  }

  /** The link in use, or the stream, is another one: everything unacknowledged is sent again. */
  restart(): void {
    this.#transmitted = this.#options.progress.acknowledged;
    this.#fresh = [];
    this.#begin();
  }

  /** The peer has acknowledged something new. */
  acknowledged(): void {
    this.#transmitted = Math.max(this.#transmitted, this.#options.progress.acknowledged);
    this.#leaveSilent();
    this.#begin();
  }

  /** Takes note of messages that have just been accepted: if they are the next to go out, they are at hand. */
  accepted(messages: readonly NumberedMessage[]): void {
    const { stream, seq } = messages[0]!.position;
    if (!this.connected || stream !== this.#options.progress.stream) return;
    if (seq !== this.#transmitted + this.#fresh.length + 1) return;
    this.#fresh.push(...messages.slice(0, unacknowledgedMax - this.#fresh.length));
  }

  /** Gives messages to the link in use, unless it takes no more. Never throws. */
  async transmit(): Promise<void> {
    const [link] = this.#links;
    if (link === undefined || this.#sending.has(link) || this.#stopped) return;
    this.#sending.add(link);
    this.#watch();
    try {
      while (link === this.#links[0] && !this.#stopped) {
        const messages = this.#next();
        if (messages.length === 0) break;
        const { progress, clock } = this.#options;
        if (this.#transmitted === progress.acknowledged) this.#progressAtMs = clock.now();
        this.#transmitted = messages.at(-1)!.position.seq;
        try {
          link.transmit(messages);
        } catch (error) {
          // The link is over or about to be left: then everything unacknowledged is sent again on the next.
          if (error instanceof UserError) break;
          throw error;
        }
        await link.drained();
      }
    } catch (error) {
      this.#options.onStoreError(error);
    } finally {
      this.#sending.delete(link);
    }
  }

  /** The peer, or the server, is said to be back: while the links that there are carry nothing another may be found. */
  wake(): void {
    const { clock, onStalled } = this.#options;
    if (!this.#stalled || this.#stopped || clock.now() < this.#stalledAtMs + leastMs) return;
    this.#stalledAtMs = clock.now();
    onStalled();
  }

  /** Nothing is sent any more. */
  stop(): void {
    this.#stopped = true;
    this.#cancelAgain?.();
  }

  /** The next messages for the link in use, as many as may be on their way at once. */
  #next(): NumberedMessage[] {
    const { conversation, store, progress } = this.#options;
    const room = unacknowledgedMax - (this.#transmitted - progress.acknowledged);
    if (room <= 0 || this.#transmitted >= progress.last) return [];
    const fresh = this.#fresh.splice(0, Math.min(room, batch));
    if (fresh[0]?.position.seq === this.#transmitted + 1) return fresh;
    this.#fresh = [];
    return store.outgoing.unacknowledged(conversation, this.#transmitted, Math.min(room, batch));
  }

  /** Begins anew to wait for what is on its way. */
  #begin(): void {
    if (this.#stalled) {
      // In a stall it was waited for much longer.
      this.#cancelAgain?.();
      this.#cancelAgain = undefined;
    }
    this.#stalled = false;
    this.#progressAtMs = this.#options.clock.now();
    this.#backoff.reset();
    this.#againAfterMs = this.#backoff.next();
    this.#watch();
  }

  /** Has everything sent again if nothing of it is acknowledged in time. */
  #watch(): void {
    if (this.#cancelAgain !== undefined || this.#stopped || !this.#isOnItsWay) return;
    const { clock } = this.#options;
    const afterMs = this.#stalled ? this.#againAfterMs : stalledAfterMs;
    const dueInMs = Math.max(0, this.#progressAtMs + afterMs - clock.now());
    this.#cancelAgain = clock.after(dueInMs, () => {
      this.#cancelAgain = undefined;
      const silentMs = clock.now() - this.#progressAtMs;
      if (this.#isOnItsWay && !this.#stalled && silentMs >= stalledAfterMs) this.#stall();
      else if (this.#isOnItsWay && silentMs >= this.#againAfterMs) this.#sendAgain();
      else this.#watch();
    });
  }

  /** Goes over to another link, or has one looked for. */
  #stall(): void {
    this.#silent.add(this.#links[0]!);
    if (this.#silent.size < this.#links.length) return this.#sendAgain();
    this.#stalled = true;
    this.#stalledAtMs = this.#options.clock.now();
    this.#options.onStalled();
    this.#watch();
  }

  /**
   * The peer is there, and has not heard us on some links: these are left. So are those that are as old and were
   * not tried, since what has happened to one of them has most likely happened to all.
   */
  #leaveSilent(): void {
    const [inUse] = this.#links;
    const isOnlySlow = inUse === undefined || this.#silent.has(inUse);
    const older = isOnlySlow || this.#silent.size === 0 ? [] : upTo(inUse, this.#byAge);
    for (const link of new Set([...this.#silent, ...older])) {
      if (link !== inUse) link.leave(undefined, leftForOtherLink);
    }
    this.#silent.clear();
  }

  /** Of several links this one may be the one that does not work. The newest has carried something the latest. */
  #turnToAnother(): void {
    this.#links.push(this.#links.shift()!);
    const newest = [...this.#byAge].findLast((link) => !this.#silent.has(link));
    if (newest === undefined) return;
    this.#links.splice(this.#links.indexOf(newest), 1);
    this.#links.unshift(newest);
  }

  get #isOnItsWay(): boolean {
    return this.connected && this.#options.progress.waiting > 0;
  }

  #sendAgain(): void {
    const { progress, clock, onStoreError } = this.#options;
    this.#progressAtMs = clock.now();
    this.#againAfterMs = this.#backoff.next();
    this.#turnToAnother();
    try {
      progress.reload();
    } catch (error) {
      onStoreError(error);
    }
    this.#transmitted = progress.acknowledged;
    this.#fresh = [];
    this.transmit();
    this.#watch();
  }
}

/** What stands before an item. */
function upTo<T>(item: T, all: Iterable<T>): T[] {
  const items = [...all];
  return items.slice(0, items.indexOf(item));
}
