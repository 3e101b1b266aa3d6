/**
 * Gives up what is too much of the links with one peer: both may have called at once, and what was dialled in vain may
 * open late. Nobody leaves what carries, so they would stay for as long as the two programs run. One of the two decides
 * which they keep: if both did, each might leave the one that the other keeps.
 *
 * @module
 */

import { leftForOtherLink } from "../../shared/protocol/bye_reasons.ts";
import type { TimerClock } from "../../shared/time/clock.ts";
import { ranks } from "../transport/transport.ts";

/** How long there are no other links than before until those that are too many are left, in milliseconds. */
const spareAfterMs = 10_000;

/** A link, as far as it may be one too many. */
export interface SpareLink {
  readonly rank: number;
  /** Words that two people compare belong to one link. Undefined if there are none on it. */
  readonly comparison: { readonly hasBegun: boolean } | undefined;
  /** Leaves the peer on this link. See {@linkcode Link.leave}. */
  leave(settled: undefined, reason: string): Promise<void>;
}

/** What giving up links needs. */
export interface SpareLinksOptions<C> {
  readonly clock: TimerClock;
  /** Whether it is us who decide: of two sides exactly one. */
  readonly decides: (conversation: C) => boolean;
  /** Whether the peer answers on the conversation's best link. Never rejects. */
  readonly isAnswered: (conversation: C) => Promise<boolean>;
}

/** The links that are too many. */
export class SpareLinks<C extends { readonly links: readonly SpareLink[] }> {
  readonly #options: SpareLinksOptions<C>;
  /** What cancels each plan. */
  readonly #plans = new Map<C, () => void>();

  constructor(options: SpareLinksOptions<C>) {
    this.#options = options;
  }

  /** A conversation has other links than before. */
  changed(conversation: C): void {
    this.#plans.get(conversation)?.();
    this.#plans.delete(conversation);
    if (spareOf(conversation).length === 0 || !this.#options.decides(conversation)) return;
    const planned = this.#options.clock.after(spareAfterMs, async () => {
      // The one that is kept has to carry something.
      const isAnswered = await this.#options.isAnswered(conversation);
      if (this.#plans.get(conversation) !== planned) return;
      if (!isAnswered) return this.changed(conversation);
      this.#plans.delete(conversation);
      for (const link of spareOf(conversation)) link.leave(undefined, leftForOtherLink);
    });
    this.#plans.set(conversation, planned);
  }

  /** Gives up nothing any more. */
  stop(): void {
    for (const cancel of this.#plans.values()) cancel();
    this.#plans.clear();
  }
}

/**
 * All but the best, and but a way over the server beside a better one: that is left once the better one is trusted, by
 * either side.
 */
function spareOf({ links: [best, ...others] }: { readonly links: readonly SpareLink[] }) {
  return others.filter(({ rank, comparison }) =>
    comparison?.hasBegun !== true && (rank < ranks.relayed || best!.rank >= ranks.relayed)
  );
}
