/**
 * Telling what comes in to other programs of the user, beside the front end.
 *
 * @module
 */

import { type EventSink, type MessageEvent, withEmit } from "../../events.ts";
import { UserError } from "../../user_error.ts";

/** Programs that listen at once, at most. Others can ask the client something beside them. */
const listenersMax = 4;
/** Messages that wait to be told to one, at most. One that is so far behind is given up. */
const waitingMax = 1_000;

/** Those who listen. */
export class Listeners {
  readonly #queues = new Set<Queue>();

  /** A sink that passes everything on, and has those who listen told of messages. */
  around(sink: EventSink): EventSink {
    return withEmit(sink, (event) => {
      if (event.type === "message") { for (const queue of this.#queues) queue.add(event); }
      sink.emit(event);
    });
  }

  /**
   * Tells what comes in from now on, until the signal.
   *
   * @param name Only what this one writes; undefined for everybody.
   * @throws {UserError} If so many listen already, or so much comes that it cannot be told.
   */
  async listen(
    name: string | undefined,
    tell: (message: MessageEvent) => Promise<void>,
    signal: AbortSignal,
  ): Promise<void> {
    if (this.#queues.size >= listenersMax) {
      throw new UserError({ code: "too-many-listeners", max: listenersMax });
    }
    const queue = new Queue(name);
    this.#queues.add(queue);
    const stop = () => queue.end();
    signal.addEventListener("abort", stop);
    try {
      while (!signal.aborted) {
        const message = await queue.next();
        if (message === "behind") throw new UserError({ code: "listener-behind", max: waitingMax });
        if (message === undefined) return;
        try {
          await tell(message);
        } catch {
          // It is gone.
          return;
        }
      }
    } finally {
      signal.removeEventListener("abort", stop);
      this.#queues.delete(queue);
    }
  }
}

/** What is still to be told to one who listens. */
class Queue {
  readonly #name: string | undefined;
  readonly #waiting: MessageEvent[] = [];
  #isBehind = false;
  #hasEnded = false;
  #changed = Promise.withResolvers<void>();

  constructor(name: string | undefined) {
    this.#name = name;
  }

  add(message: MessageEvent): void {
    if (this.#name !== undefined && message.name !== this.#name) return;
    if (this.#waiting.length >= waitingMax) this.#isBehind = true;
    else this.#waiting.push(message);
    this.#changed.resolve();
  }

  end(): void {
    this.#hasEnded = true;
    this.#changed.resolve();
  }

  /** The next message; undefined at the end, and `behind` if there were too many. */
  async next(): Promise<MessageEvent | "behind" | undefined> {
    while (this.#waiting.length === 0 && !this.#hasEnded && !this.#isBehind) {
      await this.#changed.promise;
      this.#changed = Promise.withResolvers();
    }
    if (this.#hasEnded) return undefined;
    return this.#waiting.shift() ?? "behind";
  }
}
