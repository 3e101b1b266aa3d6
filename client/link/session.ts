/**
 * A session: one side of what is said on an open link, in whichever dialect.
 *
 * @module
 */

import type { CloseReason } from "../events.ts";
import type { Problem } from "../user_error.ts";
import type { Framing } from "./legacy/legacy_framing.ts";
import type { Receiver } from "./link_events.ts";

/** What a session needs of its link. */
export interface SessionLink {
  /** Whether nothing more is taken from the peer. */
  readonly isOver: () => boolean;
  /** Ends the link. */
  readonly end: (reason: CloseReason, detail: Problem | undefined) => void;
  /** Ends the link once everything that was sent, with the reason in it, is on its way. */
  readonly endOnceTold: (reason: CloseReason, detail: Problem | undefined) => void;
}

/** One side of what is said on one open link. */
export interface Session {
  /** Begins to take what the peer says. */
  begin(receiver: Receiver): void;
  /** Takes what one read brought, decrypted. */
  take(contents: readonly Uint8Array[]): Promise<void>;
  /** Takes what has come as all that will come. */
  finish(): void;
  /** Gives the receiver at once what it would otherwise get at the end of a read. */
  handOver(): void;
  /**
   * Sends a text to a peer without a key. Done when it is on its way, which takes a while if the peer is
   * slow.
   *
   * @param framing How a legacy program frames its texts, if that has been seen elsewhere than on this link.
   * @returns Its id, which {@linkcode Inbox.delivered} names; undefined if the dialect has no
   * acknowledgements.
   * @throws {UserError} If the link ends before the text is sent.
   * @throws {RangeError} If the text is longer than a message takes.
   */
  sendText(text: string, framing?: Framing): Promise<string | undefined>;
  /** Texts that were sent to a peer without a key and not acknowledged, oldest first. */
  readonly unacknowledged: readonly string[];
  /** Done when a peer without a key has acknowledged all texts, or the link is over. */
  allAcknowledged(): Promise<void>;
  /** Tells the peer that we leave, and why if its dialect has words for that. */
  sayGoodbye(reason?: string): void;
  /** Ends every wait: the link is over. */
  end(): void;
}
