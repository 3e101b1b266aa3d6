/**
 * Taking what a peer sends: into the store, then to the front end, and then it may be acknowledged.
 *
 * @module
 */

import type { TimerClock } from "../../shared/time/clock.ts";
import { unknownSenderMessagesMax } from "../../shared/protocol/limits.ts";
import type { ChatMessage } from "../../shared/protocol/message_stream.ts";
import type { EventSink, PeerRef } from "../events.ts";
import type { ConversationId, Receipt, Store } from "../store/store.ts";

/** What an intake needs. */
export interface MessageIntakeOptions {
  readonly ref: PeerRef;
  /** The conversation in the store. */
  readonly stored: ConversationId;
  readonly store: Pick<Store, "incoming" | "digests">;
  readonly clock: Pick<TimerClock, "timeOfDay">;
  readonly sink: EventSink;
  /** Whether the user has never called or answered the peer. */
  readonly isUnknownSender: () => boolean;
  /** Told that the store has failed, and at what. */
  readonly onStoreError: (doing: "receive" | "mark-shown", error: unknown) => void;
}

/** What came of messages. */
export interface Reception {
  /** Messages that are safe here, and so is everything before them in their streams. */
  readonly safe: readonly ChatMessage[];
  /** Streams that do not fit what is here: the peer has to begin others. */
  readonly conflicts: readonly string[];
  /** Whether nothing among them has to come again. */
  readonly complete: boolean;
  /** Whether they were not taken, since the peer has sent too much that the user has not answered. */
  readonly tooMany: boolean;
}

const nothing: Reception = { safe: [], conflicts: [], complete: false, tooMany: false };

/** The intake of one conversation. */
export class MessageIntake {
  readonly #options: MessageIntakeOptions;
  /** Messages of an unknown sender that have not been answered. */
  #unanswered: number | undefined;
  #toldOfTooMany = false;

  constructor(options: MessageIntakeOptions) {
    this.#options = options;
  }

  /** Takes messages: all that came at once, in their order. Never throws. */
  receive(messages: readonly ChatMessage[]): Reception {
    const { store, stored, ref, clock, sink, onStoreError } = this.#options;
    let receipts: Receipt[];
    try {
      if (this.#isTooMuch(messages.length)) return { ...nothing, tooMany: true };
      receipts = store.incoming.receive(stored, messages, clock.timeOfDay());
    } catch (error) {
      onStoreError("receive", error);
      // A peer that has no key does not send it again.
      if (ref.device === undefined) { for (const message of messages) this.#show(message); }
      return nothing;
    }
    const safe: ChatMessage[] = [];
    const conflicts = new Set<string>();
    let complete = true;
    let row: number | undefined;
    for (const [i, receipt] of receipts.entries()) {
      const message = messages[i]!;
      switch (receipt.outcome) {
        case "stored":
          if (receipt.missed > 0) sink.emit({ ...ref, type: "missed", count: receipt.missed });
          this.#show(message);
          row = receipt.row;
          safe.push(message);
          break;
        case "duplicate":
          safe.push(message);
          break;
        case "conflict":
          conflicts.add(message.position!.stream);
          break;
        case "gap":
          complete = false;
      }
    }
    if (row !== undefined) this.#markShown(row);
    return { safe, conflicts: [...conflicts], complete, tooMany: false };
  }

  #show({ id, position, text, sentAtMs }: ChatMessage): void {
    const { ref, sink } = this.#options;
    sink.emit({
      ...ref,
      type: "message",
      id,
      stream: position?.stream,
      seq: position?.seq,
      kind: "text",
      plaintext: ref.device === undefined,
      text,
      sentAtMs,
    });
  }

  /** Notes that what came is on the screen, once it is. */
  #markShown(row: number): void {
    const { store, stored, sink, onStoreError } = this.#options;
    const mark = () => {
      try {
        store.incoming.markShown(stored, row);
      } catch (error) {
        onStoreError("mark-shown", error);
      }
    };
    const shown = sink.shown();
    if (shown === undefined) mark();
    else shown.then(mark, () => {});
  }

  /** Whether somebody that the user has never answered has sent as much as is kept. */
  #isTooMuch(more: number): boolean {
    const { store, stored, sink, ref, isUnknownSender } = this.#options;
    if (!isUnknownSender()) return false;
    this.#unanswered ??= store.digests.streams(stored)
      .filter(({ direction }) => direction === "received")
      .reduce((sum, { last }) => sum + last, 0);
    this.#unanswered += more;
    if (this.#unanswered - more < unknownSenderMessagesMax) return false;
    if (!this.#toldOfTooMany) {
      const count = unknownSenderMessagesMax;
      sink.emit({
        type: "problem",
        problem: { code: "too-many-unanswered", name: ref.name, count },
      });
    }
    this.#toldOfTooMany = true;
    return true;
  }
}
