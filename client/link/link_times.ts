/**
 * How long a link waits.
 *
 * @module
 */

import {
  chatackPatienceMs,
  chatackTimeoutMs,
  linkPingMs,
  linkPongTimeoutMs,
  openingTimeoutMs,
} from "../../shared/protocol/limits.ts";

/** How long a link waits, in milliseconds. */
export interface LinkTimes {
  /** For an opening as a whole. */
  readonly openingMs: number;
  /** For the answer to CHAT, before the peer is taken for a legacy program. */
  readonly chatackMs: number;
  /** In silence, before the peer is pinged. */
  readonly pingMs: number;
  /** For an answer to that. */
  readonly pongMs: number;
}

/**
 * The times of the protocol.
 *
 * @param allowPlaintext Whether legacy programs are talked to: they do not answer CHAT, and are not kept
 * waiting as a slow client is.
 */
export function usualTimes(allowPlaintext: boolean): LinkTimes {
  return {
    openingMs: openingTimeoutMs,
    chatackMs: allowPlaintext ? chatackTimeoutMs : chatackPatienceMs,
    pingMs: linkPingMs,
    pongMs: linkPongTimeoutMs,
  };
}
