/**
 * Why a conversation ends that has several links: a peer that leaves says goodbye on each of them, but one of them may
 * be cut before it is heard there, as when it was only just opening.
 *
 * @module
 */

import { leftForOtherLink } from "../../shared/protocol/bye_reasons.ts";
import type { Clock } from "../../shared/time/clock.ts";
import type { CloseReason } from "../events.ts";
import type { Ending } from "../link/link.ts";

/** A peer that leaves is gone from all links within this time of its first goodbye. */
const leavingMs = 5_000;

/** The goodbyes of peers that other links were left with. */
export class Goodbyes<C extends object> {
  readonly #clock: Clock;
  readonly #said = new WeakMap<C, { readonly atMs: number; readonly ending: Ending }>();

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  /** A link is over, and the conversation has others. */
  onOneLink(conversation: C, ending: Ending): void {
    if (ending.reason !== "peer-left" || isForOtherLink(ending)) return;
    this.#said.set(conversation, { atMs: this.#clock.now(), ending });
  }

  /** The last link is over. @returns Why the conversation is. */
  endingOf(conversation: C, ending: Ending): Ending {
    const said = this.#said.get(conversation);
    this.#said.delete(conversation);
    // The other one has not held.
    if (isForOtherLink(ending)) return { reason: "lost", detail: undefined };
    if (said === undefined || !isLoss(ending.reason)) return ending;
    return this.#clock.now() - said.atMs <= leavingMs ? said.ending : ending;
  }
}

/** Whether the peer has left a link, and not us. */
function isForOtherLink({ detail }: Ending): boolean {
  return detail?.code === "peer-said" && detail.said === leftForOtherLink;
}

function isLoss(reason: CloseReason): boolean {
  return reason === "lost" || reason === "silent";
}
