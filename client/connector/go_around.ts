/**
 * Calling somebody on another way than what is open and seems to carry nothing.
 *
 * @module
 */

import { deadline, type TimerClock } from "../../shared/time/clock.ts";
import type { DialableAddress } from "../transport/transport.ts";
import { UserError } from "../user_error.ts";
import { raceCandidates } from "./candidate_race.ts";
import { type SoughtPeer, type WhereaboutsOptions, whereIs } from "./whereabouts.ts";

/** How long the server has before a straight way is tried: one that has just died may open, and die again. */
const serverHasMs = 1_000;
/** How long going around what is silent may take, in milliseconds: it is begun again, and must not pile up. */
const goAroundMs = 3_000;
/** How long the server has in this to say where somebody is, before they are called where they were last. */
const serverSaysMs = 1_000;

/** What going around needs. */
export interface GoAroundOptions extends Omit<WhereaboutsOptions, "soon"> {
  readonly clock: TimerClock;
  readonly signal: AbortSignal;
  /** Whether the server relays now. */
  readonly isRelayed: () => boolean;
  /** Calls over the server. @param tried Aborts once the straight way is over. */
  readonly callRelayed: (signal: AbortSignal, tried: AbortSignal) => Promise<unknown>;
  readonly call: (address: DialableAddress, signal: AbortSignal) => Promise<unknown>;
}

/**
 * Calls over the server, and where somebody is if that does not open soon. Never throws.
 *
 * @returns Whether there is another link now.
 */
export async function goAround(
  peer: SoughtPeer & { readonly links: readonly unknown[] },
  options: GoAroundOptions,
): Promise<boolean> {
  const { clock, callRelayed, call, isRelayed } = options;
  const silent = [...peer.links];
  const tried = new AbortController();
  const relayed = (signal: AbortSignal) => callRelayed(signal, tried.signal);
  const straight = async (signal: AbortSignal) => {
    try {
      const place = await whereIs(peer, { ...options, soon: { ms: serverSaysMs, clock } });
      if (place === undefined) throw new UserError({ code: "not-registered", name: peer.peerId });
      if (place instanceof UserError) throw place;
      signal.throwIfAborted();
      return await call(place, signal);
    } finally {
      tried.abort();
    }
  };
  using limit = deadline(goAroundMs, options.signal, clock);
  try {
    await raceCandidates({
      candidates: [relayed, straight],
      attempt: (way, signal) => way(signal),
      // The peer may have called meanwhile.
      isSettled: () => peer.links.some((link) => !silent.includes(link)),
      nextAfterMs: isRelayed() ? serverHasMs : 0,
      clock,
      signal: limit.signal,
    });
    return true;
  } catch {
    return false;
  }
}
