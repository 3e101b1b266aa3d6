/**
 * Requests to a peer that wait for their answers, which name them by their Ids.
 *
 * @module
 */

import type { TimerClock } from "../../shared/time/clock.ts";
import { pendingRequestsMax, replyTimeoutMs } from "../../shared/protocol/limits.ts";
import { header, type Message } from "../../shared/protocol/message.ts";
import type { LinkProblem } from "../problems/link_problem.ts";
import { UserError } from "../user_error.ts";
import { saidReason } from "./reason.ts";

interface PendingRequest {
  readonly answered: PromiseWithResolvers<Message>;
  readonly cancel: () => void;
}

/** The requests on one link. */
export class PendingRequests {
  readonly #clock: TimerClock;
  readonly #send: (request: Message) => void;
  /** By their Ids, oldest first. */
  readonly #pending = new Map<string, PendingRequest>();

  /** @param send Sends a request. */
  constructor(clock: TimerClock, send: (request: Message) => void) {
    this.#clock = clock;
    this.#send = send;
  }

  /**
   * Sends a request and waits for its answer.
   *
   * @param request Has an Id that no other pending one has.
   * @throws {UserError} If no answer comes within `replyTimeoutMs`, the peer refuses, the link ends, or
   * `pendingRequestsMax` requests wait already.
   */
  async ask(request: Message): Promise<Message> {
    const id = header(request, "Id");
    if (id === undefined || this.#pending.has(id)) {
      throw new TypeError(`Cannot ask ${request.verb}: it has no Id of its own`);
    }
    if (this.#pending.size >= pendingRequestsMax) {
      throw new UserError({ code: "too-many-requests", max: pendingRequestsMax });
    }
    const answered = Promise.withResolvers<Message>();
    const cancel = this.#clock.after(replyTimeoutMs, () => {
      const seconds = replyTimeoutMs / 1_000;
      this.#reject(id, { code: "peer-no-reply", verb: request.verb, seconds });
    });
    this.#pending.set(id, { answered, cancel });
    this.#send(request);
    return await answered.promise;
  }

  /** Takes an answer. One that nobody waits for is ignored. */
  take(answer: Message): void {
    this.#close(header(answer, "Id")!)?.resolve(answer);
  }

  /** Takes an ERROR. It names no request: the peer answers them in order, so it is about the oldest. */
  refuse(error: Message): void {
    const [oldest] = this.#pending.keys();
    if (oldest === undefined) return;
    this.#reject(oldest, { code: "peer-refused", said: saidReason(error) });
  }

  /** Rejects every request: the link is over. */
  end(): void {
    for (const id of this.#pending.keys()) {
      this.#reject(id, { code: "link-ended-before-reply" });
    }
  }

  #reject(id: string, why: LinkProblem): void {
    this.#close(id)?.reject(new UserError(why));
  }

  #close(id: string): PromiseWithResolvers<Message> | undefined {
    const request = this.#pending.get(id);
    this.#pending.delete(id);
    request?.cancel();
    return request?.answered;
  }
}
