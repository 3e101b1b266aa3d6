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

/** How much longer a responder is silent before it pings, in milliseconds: so the two do not both ask and both answer. */
const responderWaitsMs = 1_000;

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
 * @param role Our own.
 */
export function usualTimes(
  allowPlaintext: boolean,
  role: "initiator" | "responder",
): LinkTimes {
  return {
    openingMs: openingTimeoutMs,
    chatackMs: allowPlaintext ? chatackTimeoutMs : chatackPatienceMs,
    pingMs: role === "initiator" ? linkPingMs : linkPingMs + responderWaitsMs,
    pongMs: linkPongTimeoutMs,
  };
}
