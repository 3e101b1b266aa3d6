/**
 * Questions to a peer that wait for their answers, which name them by their Ids.
 *
 * @module
 */

import type { TimerClock } from "../../shared/time/clock.ts";
import { pendingRequestsMax, replyTimeoutMs } from "../../shared/protocol/limits.ts";
import { header, type Message } from "../../shared/protocol/message.ts";
import { UserError } from "../user_error.ts";
import { saidReason } from "./reason.ts";

interface Question {
  readonly answered: PromiseWithResolvers<Message>;
  readonly cancel: () => void;
}

/** The questions that are asked on one link. */
export class PendingRequests {
  readonly #clock: TimerClock;
  readonly #say: (question: Message) => void;
  /** By their Ids, the oldest first. */
  readonly #open = new Map<string, Question>();

  /** @param say Sends a question. */
  constructor(clock: TimerClock, say: (question: Message) => void) {
    this.#clock = clock;
    this.#say = say;
  }

  /**
   * Asks.
   *
   * @param question Has an Id of its own.
   * @returns The answer.
   * @throws {UserError} Where none comes within `replyTimeoutMs`, the peer refuses, the link ends, or
   * `questionsMax` are waiting already.
   */
  async ask(question: Message): Promise<Message> {
    const id = header(question, "Id");
    if (id === undefined || this.#open.has(id)) {
      throw new TypeError(`Cannot ask ${question.verb}: it has no Id of its own`);
    }
    if (this.#open.size >= pendingRequestsMax) {
      throw new UserError(`Cannot ask more: ${pendingRequestsMax} questions wait for an answer`);
    }
    const answered = Promise.withResolvers<Message>();
    const cancel = this.#clock.after(replyTimeoutMs, () => {
      this.#reject(id, `The peer did not answer ${question.verb} in ${replyTimeoutMs / 1_000} s`);
    });
    this.#open.set(id, { answered, cancel });
    this.#say(question);
    return await answered.promise;
  }

  /** Takes an answer; one that nobody waits for is no answer. */
  take(answer: Message): void {
    this.#close(header(answer, "Id")!)?.resolve(answer);
  }

  /** Takes an ERROR. It names no question: answers come in the order of what they answer. */
  refuse(error: Message): void {
    const [oldest] = this.#open.keys();
    if (oldest === undefined) return;
    this.#reject(oldest, `The peer does not answer: ${saidReason(error) ?? "it gives no reason"}`);
  }

  /** Nothing more is answered. */
  end(): void {
    for (const id of this.#open.keys()) {
      this.#reject(id, "The connection ended before the peer had answered");
    }
  }

  #reject(id: string, why: string): void {
    this.#close(id)?.reject(new UserError(why));
  }

  #close(id: string): PromiseWithResolvers<Message> | undefined {
    const question = this.#open.get(id);
    this.#open.delete(id);
    question?.cancel();
    return question?.answered;
  }
}
