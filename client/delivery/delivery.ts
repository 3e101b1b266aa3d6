/**
 * Getting messages to one peer: what is in the store and not acknowledged goes out over the best link that
 * there is, in order. If there is none the peer is looked for, and what waits goes to the server's mailbox
 * meanwhile. Nothing here is lost with the program: what has been reached stands in the store, and the
 * rest is found out again.
 *
 * @module
 */

import type { TimerClock } from "../../shared/time/clock.ts";
import type { NumberedMessage } from "../../shared/protocol/message_stream.ts";
import type { ConversationId, Store } from "../store/store.ts";
import { type DeliveryState, nextState } from "./delivery_state.ts";
import { Deposits, type DepositsOptions } from "./deposits.ts";
import { PeerSearch, type PeerSearchOptions } from "./peer_search.ts";
import { StreamProgress } from "./stream_progress.ts";
import { type MessageLink, Transmission } from "./transmission.ts";

/** What a delivery needs. */
export interface DeliveryOptions
  extends
    Pick<PeerSearchOptions, "random" | "search">,
    Pick<DepositsOptions, "deposit" | "onDeposited" | "onRefused"> {
  readonly conversation: ConversationId;
  readonly store: Pick<Store, "conversations" | "outgoing">;
  readonly clock: TimerClock;
  /** Told that the links that there are may carry nothing. */
  readonly onStalled: () => void;
  /** Told that the store cannot be written or read. */
  readonly onStoreError: (error: unknown) => void;
}

/** However often the peer asks for a new stream, it does not get one more often than this. */
const renumberPauseMs = 10_000;
/** If much waits, a new stream takes long to make. Then it takes at most one part in so many of the time. */
const renumberParts = 50;
/** When a store that failed is tried again. */
const storePauseMs = 10_000;

/** The way of one peer's messages. */
export class Delivery {
  readonly #options: DeliveryOptions;
  readonly #progress: StreamProgress;
  readonly #transmission: Transmission;
  readonly #search: PeerSearch;
  readonly #deposits: Deposits;
  #state: DeliveryState = "idle";
  /** Ends the pause of the state `waiting`. */
  #cancelPause = () => {};
  #cancelReload: (() => void) | undefined;
  #renumberDueAtMs = -Infinity;
  /** Those who wait for messages to have arrived: each checks again when something has changed. */
  #waiters: (() => void)[] = [];

  /** @throws {UserError} If the store cannot be read. */
  constructor(options: DeliveryOptions) {
    this.#options = options;
    const { conversation, store, clock } = options;
    const progress = this.#progress = new StreamProgress(conversation, store, clock);
    const onStoreError = (error: unknown) => this.#storeFailed(error);
    this.#transmission = new Transmission({ ...options, progress, onStoreError });
    this.#search = new PeerSearch(options);
    this.#deposits = new Deposits({ ...options, progress });
  }

  /** Messages that the peer lacks, as far as is known. */
  get waiting(): number {
    return this.#progress.waiting;
  }

  /** Takes messages that are in the store, in order, and sees to it that they go out. */
  accepted(messages: readonly NumberedMessage[]): void {
    if (this.#state === "stopped") return;
    // Another program may have written, too: then the store is asked.
    if (!this.#progress.accepted(messages)) return this.reload();
    this.#transmission.accepted(messages);
    this.#advance();
  }

  /** Takes note of what is in the store, and sees to it that it goes out. */
  reload(): void {
    if (this.#state === "stopped") return;
    this.#reloadProgress();
    this.#advance();
  }

  /** Looks for the peer at once: it, or the server, is said to be back. */
  wake(): void {
    if (this.#state === "stopped") return;
    this.#search.wake();
    this.#transmission.wake();
    this.#deposits.wake();
    this.reload();
  }

  /** A link to the peer is open. */
  attach(link: MessageLink): void {
    this.#transmission.attach(link);
    this.reload();
  }

  /** A link to the peer is over. */
  detach(link: MessageLink): void {
    if (!this.#transmission.detach(link)) return;
    if (!this.#transmission.connected) this.#search.putOff();
    this.reload();
  }

  /**
   * The peer has acknowledged a message, and so all before it.
   *
   * @returns The ids of the messages that are known to be delivered now.
   * @throws {UserError} If that cannot be stored.
   */
  acknowledged(id: string): string[] {
    const { store, conversation } = this.#options;
    const ids = store.outgoing.acknowledge(conversation, id);
    if (ids.length === 0) return ids;
    this.#search.succeeded();
    this.#reloadProgress();
    this.#transmission.acknowledged();
    this.#advance();
    return ids;
  }

  /**
   * The peer cannot go on with the stream: all that it lacks begins a new one. A peer that asks for that
   * again at once has to wait: what is sent again then has it ask once more.
   *
   * @throws {UserError} If that cannot be stored.
   */
  renumber(stream: string): void {
    const { store, conversation, clock } = this.#options;
    if (clock.now() < this.#renumberDueAtMs) return;
    if (store.conversations.get(conversation).outgoing.stream !== stream) return;
    const beganAtMs = clock.now();
    this.#renumberDueAtMs = beganAtMs + renumberPauseMs;
    store.outgoing.renumber(conversation);
    const endedAtMs = clock.now();
    const restMs = (endedAtMs - beganAtMs) * renumberParts;
    this.#renumberDueAtMs = Math.max(this.#renumberDueAtMs, endedAtMs + restMs);
    this.reload();
  }

  /**
   * Done when the peer or the mailbox has everything; or when neither can be reached at the moment, and
   * what waits stays on the disk.
   */
  async idle(): Promise<void> {
    const isResting = () => this.#state === "idle" || this.#state === "waiting";
    while (!this.#isDone && !this.#progress.allDeposited && !isResting()) await this.#change();
  }

  /** Done when the peer has everything. */
  async allAcknowledged(): Promise<void> {
    while (!this.#isDone) await this.#change();
  }

  /** Stops. What waits stays on the disk. */
  stop(): void {
    this.#transmission.stop();
    this.#cancelReload?.();
    this.#enter("stopped");
  }

  #reloadProgress(): void {
    try {
      if (this.#progress.reload()) this.#transmission.restart();
    } catch (error) {
      this.#storeFailed(error);
    }
  }

  get #isDone(): boolean {
    return this.#state === "stopped" || this.waiting <= 0;
  }

  #change(): Promise<void> {
    return new Promise((resolve) => this.#waiters.push(resolve));
  }

  /** Goes on to what has to be done now. */
  #advance(): void {
    const { connected } = this.#transmission;
    const { waiting, allDeposited } = this.#progress;
    this.#enter(nextState({
      stopped: this.#state === "stopped",
      connected,
      messagesWait: waiting > 0,
      allDeposited,
      search: this.#search,
      deposit: this.#deposits,
    }));
  }

  /** Enters a state, or does in the one that there is what is still to be done. */
  #enter(state: DeliveryState): void {
    this.#state = state;
    this.#cancelPause();
    if (state === "transmitting") this.#transmission.transmit();
    else if (state === "searching") this.#searchOnce();
    else if (state === "depositing") this.#depositAll();
    else if (state === "waiting") this.#pause();
    for (const resolve of this.#waiters.splice(0)) resolve();
  }

  async #searchOnce(): Promise<void> {
    if (this.#search.underWay) return;
    await this.#search.run(() => this.#transmission.connected);
    this.#deposits.searched();
    this.#advance();
  }

  async #depositAll(): Promise<void> {
    if (this.#deposits.underWay) return;
    try {
      await this.#deposits.run(() => this.#state !== "stopped" && !this.#transmission.connected);
    } catch (error) {
      this.#storeFailed(error);
    }
    this.#advance();
  }

  /** Waits until there is something to be tried again. */
  #pause(): void {
    const dues = [this.#search.dueAtMs, this.#deposits.dueAtMs].filter((due) => due !== undefined);
    const { clock } = this.#options;
    if (dues.length === 0) return;
    const ms = Math.max(0, Math.min(...dues) - clock.now());
    this.#cancelPause = clock.after(ms, () => this.#advance());
  }

  /** The store has failed: all that waits is tried again later. */
  #storeFailed(error: unknown): void {
    if (this.#state === "stopped") return;
    const { onStoreError, clock } = this.#options;
    onStoreError(error);
    this.#cancelReload ??= clock.after(storePauseMs, () => {
      this.#cancelReload = undefined;
      this.reload();
    });
  }
}
