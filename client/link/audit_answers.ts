/**
 * A peer's questions about what both sides have (AUDIT), answered one in a turn, so that whatever a peer asks
 * nobody else waits for more than one answer.
 *
 * @module
 */

import type { TimerClock } from "../../shared/time/clock.ts";
import { pendingRequestsMax } from "../../shared/protocol/limits.ts";
import type { Message } from "../../shared/protocol/message.ts";
import { peerFaults } from "../../shared/protocol/reasons.ts";
import type { Fault } from "../../shared/protocol/status.ts";

/** What answering needs. */
export interface AuditAnswersOptions {
  readonly clock: Pick<TimerClock, "after">;
  /** Answers a question over the link. */
  readonly answer: (question: Message) => void;
  /** For how long the peer gets no more answers, in milliseconds; 0 if it may have one. */
  readonly pauseMs: () => number;
  /** Told that an answer could not be given. */
  readonly onError: () => void;
}

/** The questions of one link that wait for their answers. */
export class AuditAnswers {
  readonly #options: AuditAnswersOptions;
  readonly #questions: Message[] = [];
  /** Ends the wait for the next turn; undefined if an answer may be given in this one. */
  #cancelTurn: (() => void) | undefined;

  constructor(options: AuditAnswersOptions) {
    this.#options = options;
  }

  /** Takes a question. @returns Why not, if the peer has too many waiting. */
  take(question: Message): Fault | undefined {
    if (this.#questions.length >= pendingRequestsMax) return peerFaults.tooManyQuestions;
    this.#questions.push(question);
    if (this.#cancelTurn === undefined) this.#go();
    return undefined;
  }

  /** Answers nothing more. */
  end(): void {
    this.#questions.length = 0;
    this.#cancelTurn?.();
  }

  /** Answers the oldest question, unless the peer has to wait. */
  #go(): void {
    const { clock, answer, pauseMs, onError } = this.#options;
    this.#cancelTurn = undefined;
    if (this.#questions.length === 0) return;
    if (pauseMs() === 0) answer(this.#questions.shift()!);
    this.#cancelTurn = clock.after(pauseMs(), () => {
      try {
        this.#go();
      } catch {
        onError();
      }
    });
  }
}
