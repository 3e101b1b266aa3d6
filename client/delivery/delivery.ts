/**
 * Getting messages to one peer: what is on the disk and not acknowledged goes out over the best link that
 * there is, in order; where there is none the peer is looked for, and what waits goes to the server's
 * mailbox meanwhile. Nothing here is lost with the program: what has been reached stands in the journal,
 * and the rest is found out again.
 *
 * @module
 */

import { Backoff } from "../../shared/time/backoff.ts";
import { type TimerClock, wait } from "../../shared/time/clock.ts";
import type { NumberedMessage } from "../../shared/protocol/message_stream.ts";
import { mailTtlMs, unacknowledgedMax } from "../../shared/protocol/limits.ts";
import { UserError } from "../user_error.ts";
import type { Deposit } from "../mailbox/mailbox.ts";
import type { ConversationId, Journal, Outgoing } from "../store/journal.ts";

/** What a delivery needs of a link. */
export interface Carrier {
  /** Puts letters on their way, in order. @throws {UserError} Where it is over, or about to be. */
  transmit(messages: readonly NumberedMessage[]): void;
  /** Done when it takes more. */
  drained(): Promise<void>;
}

/** What a delivery needs to know. */
export interface DeliveryOptions {
  readonly conversation: ConversationId;
  readonly journal: Journal;
  readonly clock: TimerClock;
  readonly random: () => number;
  /** Looks for the peer, and opens a link if it is there. Done when that is over, either way. Never throws. */
  readonly seek: () => Promise<void>;
  /** Leaves letters with the server; undefined where it keeps none for this peer. Never throws. */
  readonly deposit: (letters: readonly NumberedMessage[]) => Promise<Deposit> | undefined;
  /** Told that so many more letters are at the mailbox. */
  readonly onDeposited: (count: number) => void;
  /** Told why the mailbox takes none of them. */
  readonly onRefused: (refusal: Exclude<Deposit, { deposited: number }>) => void;
  /** Told that the journal cannot be written or read. */
  readonly onTrouble: (error: unknown) => void;
}

/** Letters that are read from the journal at once. */
const batch = 256;
/** How long nothing is acknowledged before all of it is sent again, at first and at last. */
const repeatFirstMs = 10_000;
const repeatMaxMs = 120_000;
/** How long from one search for the peer to the next, at first and at last. */
const seekFirstMs = 1_000;
const seekMaxMs = 60_000;
/** However often the peer is said to be back, it is not looked for more often than this. */
const seekPauseMs = 1_000;
/** However often the peer asks for a new stream, it does not get one more often than this. */
const restartPauseMs = 10_000;
/** When a journal that failed is tried again. */
const troubleMs = 10_000;

/** The way of one peer's messages. */
export class Delivery {
  readonly #options: DeliveryOptions;
  readonly #carriers: Carrier[] = [];
  readonly #stopping = new AbortController();
  readonly #seekBackoff: Backoff;
  readonly #repeatBackoff: Backoff;
  #stream: string;
  #last: number;
  #acknowledged: number;
  #deposited: number;
  /** Up to where the current link has been given. */
  #carried = 0;
  /** Those that are being given letters, or take no more at the moment. */
  readonly #carrying = new Set<Carrier>();
  /** When something was acknowledged last, or something was sent while nothing was on its way. */
  #progressAtMs = 0;
  #repeatAfterMs = 0;
  #cancelRepeat: (() => void) | undefined;
  #cancelTroubled: (() => void) | undefined;
  #seeking = false;
  /** Ends the pause between two searches; undefined where there is none. */
  #wakeUp: AbortController | undefined;
  /** Whether the peer is to be looked for again, though all may be at the mailbox. */
  #woken = false;
  #soughtAtMs = -Infinity;
  /** Before that the peer is not looked for again. */
  #seekDueAtMs = 0;
  /** Before that the mailbox, which has refused, is not asked again. */
  #depositDueAtMs = 0;
  #restartDueAtMs = 0;
  #rested = Promise.withResolvers<void>();

  constructor(options: DeliveryOptions) {
    this.#options = options;
    const { clock, journal, conversation, random } = options;
    this.#seekBackoff = new Backoff({ firstMs: seekFirstMs, maxMs: seekMaxMs, random });
    this.#repeatBackoff = new Backoff({ firstMs: repeatFirstMs, maxMs: repeatMaxMs, random });
    this.#progressAtMs = clock.now();
    const { stream, last, acknowledged, deposited } = journal.get(conversation).outgoing;
    this.#stream = stream;
    this.#last = last;
    this.#acknowledged = acknowledged;
    this.#deposited = deposited;
  }

  /** Messages that the peer does not have, as far as is known. */
  get waiting(): number {
    return this.#last - this.#acknowledged;
  }

  /** Whether there is a link. */
  get connected(): boolean {
    return this.#carriers.length > 0;
  }

  /** Whether all that waits is at the mailbox. */
  get isDeposited(): boolean {
    return Math.max(this.#acknowledged, this.#deposited) >= this.#last;
  }

  /** Takes note of what has been accepted since, and sees to it that it goes out. */
  refresh(): void {
    if (this.#stopping.signal.aborted) return;
    const wasDeposited = this.isDeposited;
    this.#look();
    // A mailbox that has taken all so far is not to be kept waiting.
    if (wasDeposited && !this.isDeposited) this.#endPause();
    this.#settle();
    if (this.waiting <= 0) return;
    if (this.connected) this.#carry();
    else this.#seekOn();
  }

  /** Looks for the peer at once, as when it is said to be back, or the server is. */
  wake(): void {
    if (this.#stopping.signal.aborted) return;
    this.#seekBackoff.reset();
    this.#seekDueAtMs = this.#soughtAtMs + seekPauseMs;
    this.#depositDueAtMs = 0;
    this.#woken = true;
    this.#endPause();
    this.refresh();
  }

  /** A link to the peer is open. */
  attach(carrier: Carrier): void {
    this.#carriers.push(carrier);
    this.#endPause();
    if (this.#carriers.length === 1) this.#begin();
    this.refresh();
  }

  /** A link to the peer is over. */
  detach(carrier: Carrier): void {
    const at = this.#carriers.indexOf(carrier);
    if (at < 0) return;
    this.#carriers.splice(at, 1);
    if (at === 0) this.#begin();
    // Lest a link that breaks whenever it opens is opened without a pause.
    if (!this.connected) {
      this.#seekDueAtMs = this.#options.clock.now() + this.#seekBackoff.next();
    }
    this.refresh();
  }

  /** The peer has acknowledged. @returns The ids of the messages that are known to be delivered now. */
  take(id: string): string[] {
    const { journal, conversation, clock } = this.#options;
    const ids = journal.acknowledge(conversation, id);
    if (ids.length === 0) return ids;
    this.#progressAtMs = clock.now();
    this.#seekBackoff.reset();
    this.#repeatBackoff.reset();
    this.#repeatAfterMs = this.#repeatBackoff.next();
    this.refresh();
    return ids;
  }

  /**
   * The peer cannot make sense of the stream: all that it does not have begins a new one. Whoever asks for
   * that again at once is asked to wait: what is repeated then has it ask once more.
   */
  restart(stream: string): void {
    const { journal, conversation, clock } = this.#options;
    if (clock.now() < this.#restartDueAtMs) return;
    if (journal.get(conversation).outgoing.stream !== stream) return;
    this.#restartDueAtMs = clock.now() + restartPauseMs;
    journal.renumber(conversation);
    this.refresh();
  }

  /**
   * Done when the peer, or the mailbox, has everything; or when neither can be had at the moment, and what
   * waits stays on the disk.
   */
  async atRest(): Promise<void> {
    while (this.waiting > 0 && !this.isDeposited && !this.#isIdle) await this.#rested.promise;
  }

  /** Done when the peer has everything. */
  async allAcknowledged(): Promise<void> {
    while (this.waiting > 0 && !this.#stopping.signal.aborted) await this.#rested.promise;
  }

  /** Stops. What waits stays on the disk. */
  stop(): void {
    this.#stopping.abort();
    this.#endPause();
    this.#cancelRepeat?.();
    this.#cancelTroubled?.();
    this.#settle(true);
  }

  /** Whether nothing is under way. */
  get #isIdle(): boolean {
    if (this.#stopping.signal.aborted) return true;
    return !this.connected && (!this.#seeking || this.#wakeUp !== undefined);
  }

  /** Takes note of where the journal stands, which another program may have written, too. */
  #look(): void {
    try {
      const { journal, conversation } = this.#options;
      let { outgoing } = journal.get(conversation);
      if (this.#isForgotten(outgoing)) {
        journal.forgetDeposited(conversation);
        ({ outgoing } = journal.get(conversation));
      }
      const { stream, last, acknowledged, deposited } = outgoing;
      const isNew = stream !== this.#stream;
      this.#stream = stream;
      this.#last = last;
      this.#acknowledged = acknowledged;
      this.#deposited = deposited;
      this.#carried = Math.max(this.#carried, acknowledged);
      if (isNew) this.#begin();
    } catch (error) {
      this.#trouble(error);
    }
  }

  /** Whether the mailbox, which forgets what nobody fetches, has forgotten. */
  #isForgotten({ deposited, acknowledged, depositedAtMs }: Outgoing): boolean {
    return depositedAtMs !== undefined && deposited > acknowledged &&
      this.#options.clock.timeOfDay() - depositedAtMs > mailTtlMs;
  }

  /** The journal has failed: later all that waits is tried again. */
  #trouble(error: unknown): void {
    if (this.#stopping.signal.aborted) return;
    const { onTrouble, clock } = this.#options;
    onTrouble(error);
    this.#cancelTroubled ??= clock.after(troubleMs, () => {
      this.#cancelTroubled = undefined;
      this.refresh();
    });
  }

  /** The link that is used is another one, or none. */
  #begin(): void {
    this.#carried = this.#acknowledged;
    this.#progressAtMs = this.#options.clock.now();
    this.#repeatBackoff.reset();
    this.#repeatAfterMs = this.#repeatBackoff.next();
  }

  /** Gives letters to the first of the links, unless it takes no more. */
  async #carry(): Promise<void> {
    const [carrier] = this.#carriers;
    if (carrier === undefined || this.#carrying.has(carrier)) return;
    this.#carrying.add(carrier);
    this.#watch();
    try {
      while (carrier === this.#carriers[0] && !this.#stopping.signal.aborted) {
        const room = unacknowledgedMax - (this.#carried - this.#acknowledged);
        const letters = room > 0 && this.#carried < this.#last ? this.#read(room) : [];
        if (letters.length === 0) break;
        if (this.#carried === this.#acknowledged) this.#progressAtMs = this.#options.clock.now();
        this.#carried = letters.at(-1)!.position.seq;
        try {
          carrier.transmit(letters);
        } catch (error) {
          // A link that is over, or about to be left: then all that is not acknowledged goes out anew.
          if (error instanceof UserError) break;
          throw error;
        }
        await carrier.drained();
      }
    } catch (error) {
      this.#trouble(error);
    } finally {
      this.#carrying.delete(carrier);
    }
  }

  #read(limit: number): NumberedMessage[] {
    const { journal, conversation } = this.#options;
    return journal.unacknowledged(conversation, this.#carried, Math.min(limit, batch));
  }

  /** Sees to it that what waits is sent again where nothing of it is acknowledged. */
  #watch(): void {
    if (this.#cancelRepeat !== undefined || this.#stopping.signal.aborted) return;
    if (!this.connected || this.waiting <= 0) return;
    const { clock } = this.#options;
    const dueInMs = this.#progressAtMs + this.#repeatAfterMs - clock.now();
    this.#cancelRepeat = clock.after(Math.max(0, dueInMs), () => {
      this.#cancelRepeat = undefined;
      if (clock.now() < this.#progressAtMs + this.#repeatAfterMs) return this.#watch();
      if (this.connected && this.waiting > 0) this.#repeat();
    });
  }

  #repeat(): void {
    this.#progressAtMs = this.#options.clock.now();
    this.#repeatAfterMs = this.#repeatBackoff.next();
    this.#carried = this.#acknowledged;
    // Where there are several links, this one may be the one that does not work.
    const [first] = this.#carriers.splice(0, 1);
    if (first !== undefined) this.#carriers.push(first);
    this.refresh();
    this.#watch();
  }

  /** Looks for the peer and leaves with the mailbox what it does not get, until nothing is left to do. */
  async #seekOn(): Promise<void> {
    const { signal } = this.#stopping;
    if (this.#seeking || signal.aborted) return;
    this.#seeking = true;
    const { clock, seek } = this.#options;
    try {
      while (!signal.aborted && !this.connected && this.waiting > 0) {
        // Whoever could not be reached a moment ago is not waited for again with each message.
        if (clock.now() >= this.#seekDueAtMs) {
          this.#woken = false;
          this.#soughtAtMs = clock.now();
          this.#seekDueAtMs = Infinity;
          await seek();
          if (this.connected || signal.aborted) break;
          // Unless it has been woken meanwhile.
          if (this.#seekDueAtMs === Infinity) {
            this.#seekDueAtMs = clock.now() + this.#seekBackoff.next();
          }
        }
        await this.#depositAll();
        if (this.connected || signal.aborted || (this.isDeposited && !this.#woken)) break;
        this.#wakeUp = new AbortController();
        this.#settle(true);
        await wait(this.#pauseMs, this.#wakeUp.signal, clock);
        this.#endPause();
      }
    } finally {
      this.#seeking = false;
    }
    this.#settle(true);
  }

  #endPause(): void {
    this.#wakeUp?.abort();
    this.#wakeUp = undefined;
  }

  /** How long there is nothing to be tried. */
  get #pauseMs(): number {
    const now = this.#options.clock.now();
    const depositDueAtMs = this.#depositDueAtMs > now ? this.#depositDueAtMs : Infinity;
    return Math.max(0, Math.min(this.#seekDueAtMs, depositDueAtMs) - now);
  }

  /** Leaves with the mailbox all that it takes. */
  async #depositAll(): Promise<void> {
    const { journal, conversation, deposit, clock, onDeposited, onRefused } = this.#options;
    if (clock.now() < this.#depositDueAtMs) return;
    try {
      while (!this.isDeposited && !this.connected && !this.#stopping.signal.aborted) {
        const after = Math.max(this.#acknowledged, this.#deposited);
        const letters = journal.unacknowledged(conversation, after, batch);
        if (letters.length === 0) return this.#look();
        const { stream } = letters[0]!.position;
        const outcome = await deposit(letters);
        if (outcome === undefined) return;
        if ("refused" in outcome) {
          this.#depositDueAtMs = clock.now() + outcome.retryAfterMs;
          // Nobody wants to hear of a line that is closed because we stop.
          if (!this.#stopping.signal.aborted) onRefused(outcome);
          return;
        }
        // Meanwhile the stream may have begun anew.
        const isSame = journal.get(conversation).outgoing.stream === stream;
        if (isSame) {
          const upTo = letters[outcome.deposited - 1]!.position.seq;
          journal.markDeposited(conversation, upTo, clock.timeOfDay());
          this.#deposited = upTo;
        }
        this.#look();
        if (isSame) onDeposited(outcome.deposited);
      }
    } catch (error) {
      this.#trouble(error);
    }
  }

  /** Lets those go on who wait for nothing to be on its way. */
  #settle(force = false): void {
    if (!force && this.waiting > 0 && !this.isDeposited) return;
    this.#rested.resolve();
    this.#rested = Promise.withResolvers();
  }
}
