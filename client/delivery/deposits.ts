/**
 * Leaving at the server's mailbox what a peer that is away does not get.
 *
 * @module
 */

import type { TimerClock } from "../../shared/time/clock.ts";
import type { NumberedMessage } from "../../shared/protocol/message_stream.ts";
import type { Deposit } from "../mailbox/mailbox.ts";
import type { ConversationId, Store } from "../store/store.ts";
import type { StreamProgress } from "./stream_progress.ts";

/** Messages that are read from the store at once. */
const batch = 256;

/** A deposit that was not taken. */
type DepositRefusal = Exclude<Deposit, { deposited: number }>;

/** What deposits need. */
export interface DepositsOptions {
  readonly conversation: ConversationId;
  readonly store: Pick<Store, "conversations" | "outgoing">;
  readonly progress: StreamProgress;
  readonly clock: Pick<TimerClock, "now" | "timeOfDay">;
  /** Leaves messages with the server; undefined if it keeps none for this peer. Never throws. */
  readonly deposit: (messages: readonly NumberedMessage[]) => Promise<Deposit> | undefined;
  /** Told that so many more messages are at the mailbox. */
  readonly onDeposited: (count: number) => void;
  /** Told why the mailbox takes none of them. */
  readonly onRefused: (refusal: DepositRefusal) => void;
}

/** The deposits for one peer. */
export class Deposits {
  readonly #options: DepositsOptions;
  #underWay = false;
  /** Whether there was no mailbox, or the store failed: that is tried again after the next search. */
  #tried = false;
  /** When a mailbox that has refused may be asked again. */
  #notBeforeMs: number | undefined;

  constructor(options: DepositsOptions) {
    this.#options = options;
  }

  /** Whether a deposit is under way. */
  get underWay(): boolean {
    return this.#underWay;
  }

  /** Whether it is time to ask the mailbox. */
  get due(): boolean {
    return !this.#tried &&
      (this.#notBeforeMs === undefined || this.#options.clock.now() >= this.#notBeforeMs);
  }

  /** When a mailbox that has refused is asked again; undefined if none has, or a search comes first. */
  get dueAtMs(): number | undefined {
    return this.#tried || this.due ? undefined : this.#notBeforeMs;
  }

  /** The peer has been looked for and not found. */
  searched(): void {
    this.#tried = false;
  }

  /** The server is back, or has another mailbox: its refusal does not count any more. */
  wake(): void {
    this.#tried = false;
    this.#notBeforeMs = undefined;
  }

  /**
   * Leaves everything that the mailbox takes.
   *
   * @param wanted Whether to go on, asked before each mail.
   * @throws {UserError} If the store cannot be read or written.
   */
  async run(wanted: () => boolean): Promise<void> {
    this.#underWay = true;
    // Unless all goes well there is nothing to be tried again before the next search.
    this.#tried = true;
    try {
      const { progress } = this.#options;
      while (!progress.allDeposited && wanted()) if (!await this.#depositOnce(wanted)) return;
      this.#tried = false;
    } finally {
      this.#underWay = false;
    }
  }

  /** @returns Whether more may be left. */
  async #depositOnce(wanted: () => boolean): Promise<boolean> {
    const { store, conversation, progress, clock, deposit, onDeposited, onRefused } = this.#options;
    const messages = store.outgoing.unacknowledged(conversation, progress.deposited, batch);
    if (messages.length === 0) {
      progress.reload();
      return false;
    }
    const { stream } = messages[0]!.position;
    const outcome = await deposit(messages);
    if (outcome === undefined) return false;
    if ("refused" in outcome) {
      this.#tried = false;
      this.#notBeforeMs = clock.now() + outcome.retryAfterMs;
      // Nobody wants to hear of a connection that is closed because we stop.
      if (wanted()) onRefused(outcome);
      return false;
    }
    // Meanwhile a new stream may have started.
    const isSame = store.conversations.get(conversation).outgoing.stream === stream;
    if (isSame) {
      const upTo = messages[outcome.deposited - 1]!.position.seq;
      store.outgoing.markDeposited(conversation, upTo, clock.timeOfDay());
    }
    progress.reload();
    if (isSame) onDeposited(outcome.deposited);
    return true;
  }
}
