/**
 * Taking what a peer sends: into the store, then to the front end, and then it may be acknowledged.
 *
 * @module
 */

import type { TimerClock } from "../../shared/time/clock.ts";
import type { ChatMessage } from "../../shared/protocol/message_stream.ts";
import type { EventSink, PeerRef } from "../events.ts";
import type { ConversationId, Receipt, Store } from "../store/store.ts";

/** What an intake needs. */
export interface MessageIntakeOptions {
  readonly ref: PeerRef;
  /** The conversation in the store. */
  readonly stored: ConversationId;
  readonly store: Pick<Store, "incoming">;
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
  /** If some were not taken, since too much has come that the user has not answered. */
  readonly tooMuch: TooMuch | undefined;
}

type TooMuch = Extract<Receipt, { outcome: "too-much" }>;

const nothing: Reception = { safe: [], conflicts: [], complete: false, tooMuch: undefined };

/** The intake of one conversation. */
export class MessageIntake {
  readonly #options: MessageIntakeOptions;
  #toldOfTooMuch = false;

  constructor(options: MessageIntakeOptions) {
    this.#options = options;
  }

  /** Takes messages: all that came at once, in their order. Never throws. */
  receive(messages: readonly ChatMessage[]): Reception {
    const { store, stored, ref, clock, sink, isUnknownSender, onStoreError } = this.#options;
    let receipts: Receipt[];
    try {
      const isUnknown = isUnknownSender();
      receipts = store.incoming.receive(stored, messages, clock.timeOfDay(), isUnknown);
    } catch (error) {
      onStoreError("receive", error);
      // A peer that has no key does not send it again.
      if (ref.device === undefined) { for (const message of messages) this.#show(message); }
      return nothing;
    }
    const safe: ChatMessage[] = [];
    const conflicts = new Set<string>();
    let complete = true;
    let tooMuch: TooMuch | undefined;
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
        case "too-much":
          tooMuch ??= receipt;
          complete = false;
          break;
        case "gap":
          complete = false;
      }
    }
    if (row !== undefined) this.#markShown(row);
    if (tooMuch !== undefined) this.#tellOfTooMuch(tooMuch);
    return { safe, conflicts: [...conflicts], complete, tooMuch };
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

  /** Notes that what came is on the screen, once it is; unless whoever reads it says so. */
  #markShown(row: number): void {
    const { store, stored, sink, onStoreError } = this.#options;
    if (sink.acknowledges) return;
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

  /** Tells the user once that somebody has sent more than is taken. */
  #tellOfTooMuch({ why, unanswered: count }: TooMuch): void {
    const { sink, ref: { name } } = this.#options;
    if (this.#toldOfTooMuch) return;
    this.#toldOfTooMuch = true;
    const problem = why === "of-sender"
      ? { code: "too-many-unanswered", name, count } as const
      : { code: "too-many-unanswered-of-all", name } as const;
    sink.emit({ type: "problem", problem });
  }
}
