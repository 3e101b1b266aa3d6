/**
 * Putting on the disk what the user sends: everything that comes in one turn of the event loop goes there
 * at once, and on from there at once, so that a burst costs one flush and not one a message.
 *
 * @module
 */

import type { TimerClock } from "../../shared/time/clock.ts";
import type { NumberedMessage } from "../../shared/protocol/message_stream.ts";
import { randomId } from "../../shared/protocol/random_id.ts";
import type { ConversationId, Draft, Store } from "../store/store.ts";
import { reasonOf, UserError } from "../user_error.ts";

/** What a group commit needs. */
export interface GroupCommitOptions {
  readonly outgoing: Pick<Store["outgoing"], "accept">;
  readonly clock: TimerClock;
}

/** The conversation that messages are for. */
export interface CommitTarget {
  /** The conversation in the store. */
  readonly stored: ConversationId;
  /** Takes those of its messages that are on the disk now and have a place in its stream, in order. Never throws. */
  accepted(messages: readonly NumberedMessage[]): void;
}

/** A message that is on the disk. */
export interface CommittedMessage {
  readonly id: string;
  /** Undefined for a peer that knows no numbers. */
  readonly numbered: NumberedMessage | undefined;
}

/** Messages that follow each other within this time are a burst. */
const burstMs = 5;

interface Pending {
  readonly target: CommitTarget;
  readonly draft: Draft;
  readonly committed: PromiseWithResolvers<CommittedMessage>;
}

/** Puts messages on the disk. */
export class GroupCommit {
  readonly #options: GroupCommitOptions;
  #pending: Pending[] = [];
  #committedAtMs = -Infinity;
  #last: Promise<unknown> = Promise.resolve();

  constructor(options: GroupCommitOptions) {
    this.#options = options;
  }

  /**
   * Takes a message. Done when it is on the disk and `target` has it.
   *
   * @param numbered Whether it gets a place in a message stream.
   * @throws {UserError} If the disk does not take it; then it goes nowhere.
   */
  commit(target: CommitTarget, text: string, numbered: boolean): Promise<CommittedMessage> {
    const sentAtMs = this.#options.clock.timeOfDay();
    const draft = { conversation: target.stored, id: randomId(), sentAtMs, text, numbered };
    const committed = Promise.withResolvers<CommittedMessage>();
    if (this.#pending.length === 0) this.#schedule();
    this.#pending.push({ target, draft, committed });
    this.#last = committed.promise;
    return committed.promise;
  }

  /** Done when everything that was taken is on the disk, or refused. */
  async flushed(): Promise<void> {
    await this.#last.catch(() => {});
  }

  /** What comes alone is written at once; what comes close behind it, with all that comes meanwhile. */
  #schedule(): void {
    const { clock } = this.#options;
    if (clock.now() - this.#committedAtMs < burstMs) clock.after(0, () => this.#commitAll());
    else queueMicrotask(() => this.#commitAll());
  }

  #commitAll(): void {
    const pending = this.#pending;
    this.#pending = [];
    this.#committedAtMs = this.#options.clock.now();
    let numbered: (NumberedMessage | undefined)[];
    try {
      numbered = this.#options.outgoing.accept(pending.map(({ draft }) => draft));
    } catch (cause) {
      const error = new UserError({ code: "not-kept", reason: reasonOf(cause) }, { cause });
      for (const { committed } of pending) committed.reject(error);
      return;
    }
    const accepted = new Map<CommitTarget, NumberedMessage[]>();
    for (const [i, { target, draft: { id }, committed }] of pending.entries()) {
      const message = numbered[i];
      committed.resolve({ id, numbered: message });
      if (message === undefined) continue;
      const messages = accepted.get(target);
      if (messages === undefined) accepted.set(target, [message]);
      else messages.push(message);
    }
    for (const [target, messages] of accepted) target.accepted(messages);
  }
}
