/**
 * What two sides that meet through their routers have to know of each other.
 *
 * @module
 */

import { hkdfSync } from "node:crypto";
import { type Address, isSameAddress } from "../../shared/net/address.ts";
import type { PublicKey } from "../../shared/crypto/public_key.ts";
import type { PathOffer } from "../../shared/protocol/paths.ts";
import { punchTokenBytes } from "../../shared/protocol/quic.ts";
import type { TimerClock } from "../../shared/time/clock.ts";
import {
  type DialableAddress,
  isElsewhereReachable,
  type MeetOptions,
  type Network,
  type PeerConn,
} from "../transport/transport.ts";

/** Addresses of this machine that are named, at most. */
const ownMax = 6;
/** Addresses of a peer that are tried, at most. */
const triedMax = 8;

/** The encrypted link over which two sides have told each other where they are. */
export interface MeetingLink {
  readonly peerKey: PublicKey | undefined;
  readonly handshakeHash: Uint8Array | undefined;
}

/** Both sides' part in one try. */
export interface RouterMeeting {
  readonly link: MeetingLink;
  /** The peer's; undefined if it has named none. */
  readonly certificate: Uint8Array | undefined;
  /** Where the peer is, as far as that may be called. */
  readonly candidates: readonly DialableAddress[];
  readonly signal: AbortSignal;
}

/** A connection with a peer through the routers. */
export interface RouterConn {
  readonly conn: PeerConn;
  /** Whether we count as the one who has called. */
  readonly called: boolean;
}

/** Where we can be met through the routers. */
export interface RouterOffer extends PathOffer {
  /** Our port; 0 if there is none. */
  readonly port: number;
  /**
   * Meets a peer that knows of this offer. The side whose key is the greater text calls.
   *
   * @throws {Error} If no connection opens.
   */
  readonly meet: (meeting: RouterMeeting) => Promise<RouterConn>;
}

/** An offer of nothing. */
export const noOffer: RouterOffer = {
  candidates: [],
  port: 0,
  meet: () => Promise.reject(new Deno.errors.NotSupported("no-offer")),
};

/** How long an offer counts, in milliseconds: less than any router keeps a mapping. */
const freshMs = 5_000;

/**
 * Makes offers: the last one, as long as it is fresh. So those who ask each other at the same moment mean the same.
 *
 * @param find Finds out where we can be met now. Never rejects.
 */
export function freshOffers(
  { network, clock }: {
    readonly network: Pick<Network, "interfaces">;
    readonly clock: Pick<TimerClock, "now">;
  },
  find: () => Promise<RouterOffer>,
): () => Promise<RouterOffer> {
  let last: { atMs: number; own: string; offer: Promise<RouterOffer> } | undefined;
  return () => {
    const atMs = clock.now();
    // In another network we are seen elsewhere.
    const own = network.interfaces().map(({ address }) => address).toSorted().join(" ");
    const isFresh = last !== undefined && atMs - last.atMs < freshMs && last.own === own;
    const { offer } = isFresh ? last! : last = { atMs, own, offer: find() };
    return offer;
  };
}

/**
 * The addresses at which somebody may meet us at a port: where the outside sees it, and then at home.
 *
 * @param seen Undefined if that is not known.
 */
export function meetingAddresses(
  network: Pick<Network, "interfaces">,
  port: number,
  seen: Address | undefined,
): Address[] {
  const own = network.interfaces()
    .map(({ address: host }) => ({ host, port }))
    .filter(({ host }) => isElsewhereReachable(host)).slice(0, ownMax);
  const isOwn = own.some((address) => seen !== undefined && isSameAddress(address, seen));
  return seen === undefined || isOwn ? own : [seen, ...own];
}

/**
 * Our part in a try.
 *
 * @param ownKey Our own key.
 * @param tokenLabel What the token is for.
 * @throws {Deno.errors.NotSupported} If the peer is nowhere, or the link is not encrypted.
 */
export function partIn(
  { link: { peerKey, handshakeHash }, candidates, signal }: RouterMeeting,
  ownKey: PublicKey,
  tokenLabel: string,
): MeetOptions {
  const tried = candidates.slice(0, triedMax);
  if (tried.length === 0 || peerKey === undefined || handshakeHash === undefined) {
    throw new Deno.errors.NotSupported("no-candidates");
  }
  const token = new Uint8Array(hkdfSync("sha256", handshakeHash, "", tokenLabel, punchTokenBytes));
  return { candidates: tried, token, calls: ownKey > peerKey, signal };
}
