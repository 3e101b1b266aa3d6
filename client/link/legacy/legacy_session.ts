/**
 * A conversation with a legacy program: texts without ids, without acknowledgements and without a key.
 *
 * @module
 */

import type { TimerClock } from "../../../shared/time/clock.ts";
import type { Receiver } from "../link_events.ts";
import type { Session, SessionLink } from "../session.ts";
import type { WriteQueue } from "../write_queue.ts";
import { LegacyDialect } from "./legacy_dialect.ts";
import type { LegacyItem } from "./legacy_block.ts";
import type { Framing, Speaker } from "./legacy_framing.ts";

/** What a session with a legacy program needs. */
export interface LegacySessionOptions extends SessionLink {
  readonly dialect: "raw" | "lines";
  /** Who we are, which some say with each text. */
  readonly self: Speaker;
  readonly writes: WriteQueue;
  readonly clock: TimerClock;
}

/** One side of a conversation with a legacy program. */
export class LegacySession implements Session {
  readonly #options: LegacySessionOptions;
  readonly #dialect: LegacyDialect;
  #receiver!: Receiver;
  #sending: Promise<void> = Promise.resolve();
  #cancelQuiet = () => {};

  constructor(options: LegacySessionOptions) {
    this.#options = options;
    this.#dialect = new LegacyDialect(options.dialect, options.self);
  }

  begin(receiver: Receiver): void {
    this.#receiver = receiver;
  }

  take(contents: readonly Uint8Array[]): Promise<void> {
    for (const content of contents) this.#takeItems(this.#dialect.push(content));
    return Promise.resolve();
  }

  finish(): void {
    this.#takeItems(this.#dialect.flush());
  }

  /** Nothing is kept back: each text is given to the receiver as it comes. */
  handOver(): void {}

  async sendText(text: string, framing?: Framing): Promise<undefined> {
    const { writes } = this.#options;
    // Each read is one message for the original. A write of its own makes that likely.
    this.#sending = this.#sending.then(async () => {
      writes.add(this.#dialect.written(text, framing));
      await writes.flushed();
    });
    await this.#sending;
  }

  /** Nothing is acknowledged here. */
  get unacknowledged(): readonly string[] {
    return [];
  }

  async allAcknowledged(): Promise<void> {}

  sayGoodbye(): void {
    this.#options.writes.add(this.#dialect.farewell);
  }

  end(): void {
    this.#cancelQuiet();
  }

  #takeItems(items: readonly LegacyItem[]): void {
    const { isOver, end, clock } = this.#options;
    for (const item of items) {
      if (isOver()) return;
      if (item.type === "text") this.#receiver.inbox.text(item.text, this.#dialect.framing);
      else if (item.type === "quit") end("peer-left", undefined);
    }
    this.#cancelQuiet();
    const { flushMs } = this.#dialect;
    if (isOver() || flushMs === undefined) return;
    this.#cancelQuiet = clock.after(flushMs, () => this.finish());
  }
}
