/**
 * How far the messages of a conversation have come, as the store has it.
 *
 * @module
 */

import type { TimerClock } from "../../shared/time/clock.ts";
import type { NumberedMessage } from "../../shared/protocol/message_stream.ts";
import { mailTtlMs } from "../../shared/protocol/limits.ts";
import type { ConversationId, OutgoingStream, Store } from "../store/store.ts";

/** By how much a clock may be set back without having been wrong before, in milliseconds. */
const clockStepMs = 24 * 60 * 60_000;

/** The numbers of the present stream. What is at the mailbox or acknowledged is so from the front on. */
export class StreamProgress {
  readonly #conversation: ConversationId;
  readonly #store: Pick<Store, "conversations" | "outgoing">;
  readonly #clock: Pick<TimerClock, "timeOfDay">;
  #outgoing: OutgoingStream;

  /** @throws {UserError} If the store cannot be read. */
  constructor(
    conversation: ConversationId,
    store: Pick<Store, "conversations" | "outgoing">,
    clock: Pick<TimerClock, "timeOfDay">,
  ) {
    this.#conversation = conversation;
    this.#store = store;
    this.#clock = clock;
    this.#outgoing = store.conversations.get(conversation).outgoing;
  }

  /** The stream's id. */
  get stream(): string {
    return this.#outgoing.stream;
  }

  /** The number of the last message. */
  get last(): number {
    return this.#outgoing.last;
  }

  /** The number up to which the peer has everything. */
  get acknowledged(): number {
    return this.#outgoing.acknowledged;
  }

  /** How many messages the peer lacks. */
  get waiting(): number {
    return this.last - this.acknowledged;
  }

  /** The number up to which the peer or the mailbox has everything. */
  get deposited(): number {
    return Math.max(this.acknowledged, this.#outgoing.deposited);
  }

  /** Whether the peer or the mailbox has everything. */
  get allDeposited(): boolean {
    return this.deposited >= this.last;
  }

  /** Takes note of messages that have just been stored. @returns False if they are not the next ones. */
  accepted(messages: readonly NumberedMessage[]): boolean {
    let { last } = this;
    for (const { position: { stream, seq } } of messages) {
      if (stream !== this.stream || seq !== ++last) return false;
    }
    this.#outgoing = { ...this.#outgoing, last };
    return true;
  }

  /**
   * Reads it again: another program may have written, too.
   *
   * @returns Whether it is another stream now.
   * @throws {UserError} If the store cannot be read or written.
   */
  reload(): boolean {
    const before = this.stream;
    this.#outgoing = this.#store.conversations.get(this.#conversation).outgoing;
    if (this.#mailIsForgotten) {
      this.#store.outgoing.forgetDeposited(this.#conversation);
      this.#outgoing = this.#store.conversations.get(this.#conversation).outgoing;
    }
    return this.stream !== before;
  }

  /** Whether the mailbox has thrown away what nobody fetched. */
  get #mailIsForgotten(): boolean {
    const { deposited, acknowledged, depositedAtMs } = this.#outgoing;
    if (depositedAtMs === undefined || deposited <= acknowledged) return false;
    const ageMs = this.#clock.timeOfDay() - depositedAtMs;
    // A time in the future says that the clock was wrong, and not how old the mail is. The mailbox, and the
    // peer, know again what comes twice.
    return ageMs > mailTtlMs || ageMs < -clockStepMs;
  }
}
