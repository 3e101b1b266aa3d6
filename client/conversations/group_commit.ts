/**
 * Writing down what the user sends: all that comes in one turn of the event loop goes to the disk at once,
 * so that a burst costs one flush and not one a message.
 *
 * @module
 */

import type { TimerClock } from "../../shared/time/clock.ts";
import { randomId } from "../../shared/protocol/random_id.ts";
import { reasonOf, UserError } from "../user_error.ts";
import type { Conversation } from "./conversation.ts";
import type { Journal } from "../store/journal.ts";

/** What posting needs to know. */
export interface GroupCommitOptions {
  readonly journal: Journal;
  readonly clock: TimerClock;
}

/** Messages that follow each other within this time are a burst. */
const burstMs = 5;

interface Post {
  readonly conversation: Conversation;
  readonly text: string;
  readonly sentAtMs: number;
  readonly kept: PromiseWithResolvers<void>;
}

/** Puts messages on the disk. */
export class GroupCommit {
  readonly #options: GroupCommitOptions;
  #posts: Post[] = [];
  #keptAtMs = -Infinity;
  #last: Promise<void> = Promise.resolve();

  constructor(options: GroupCommitOptions) {
    this.#options = options;
  }

  /**
   * Takes a message for a peer. Done when it is on the disk, from where it goes on by itself.
   *
   * @throws {UserError} Where the disk does not take it; then it goes nowhere.
   */
  post(conversation: Conversation, text: string): Promise<void> {
    const { clock } = this.#options;
    const kept = Promise.withResolvers<void>();
    if (this.#posts.length === 0) this.#schedule();
    this.#posts.push({ conversation, text, sentAtMs: clock.timeOfDay(), kept });
    this.#last = kept.promise;
    return kept.promise;
  }

  /** What comes alone is written at once; what comes close behind it, with all that comes meanwhile. */
  #schedule(): void {
    const { clock } = this.#options;
    if (clock.now() - this.#keptAtMs < burstMs) clock.after(0, () => this.#keep());
    else queueMicrotask(() => this.#keep());
  }

  /** Done when all that was posted is on the disk, or refused. */
  async allKept(): Promise<void> {
    await this.#last.catch(() => {});
  }

  #keep(): void {
    const posts = this.#posts;
    this.#posts = [];
    this.#keptAtMs = this.#options.clock.now();
    try {
      this.#options.journal.accept(posts.map(({ conversation, text, sentAtMs }) => ({
        conversation: conversation.id,
        id: randomId(),
        sentAtMs,
        text,
        numbered: conversation.key !== undefined,
      })));
    } catch (cause) {
      const reason = reasonOf(cause);
      const error = new UserError(`Cannot keep the message: ${reason}. It was not sent`, { cause });
      for (const { kept } of posts) kept.reject(error);
      return;
    }
    for (const { kept } of posts) kept.resolve();
    for (const conversation of new Set(posts.map(({ conversation }) => conversation))) {
      conversation.accepted();
    }
  }
}
