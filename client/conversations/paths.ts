/**
 * By which ways a conversation goes, and how long each takes.
 *
 * @module
 */

import { message } from "../../shared/protocol/message.ts";
import { randomId } from "../../shared/protocol/random_id.ts";
import type { TimerClock } from "../../shared/time/clock.ts";
import type { Way } from "../events.ts";
import type { WhyNot } from "../connector/connector.ts";
import type { Link } from "../link/link.ts";
import { ranks } from "../transport/transport.ts";
import { type Problem, UserError } from "../user_error.ts";
import { type Conversation, pathOf } from "./conversation.ts";

/** A way to a peer. */
export interface Path extends Way {
  /** How long the peer took to answer, in milliseconds; undefined if it did not, or cannot be asked. */
  readonly roundTripMs: number | undefined;
}

/** The ways of a conversation. */
export interface PathReport {
  readonly name: string;
  /** The one in use first; none if the peer is away. */
  readonly paths: readonly Path[];
  /** Why no straight way is open, and why none through the routers; undefined if it is, or if that is not known. */
  readonly whyRelayed: Problem | undefined;
  readonly whyNotPunched: Problem | undefined;
}

/**
 * Finds out by which ways a conversation goes.
 *
 * @param whyNot Why the last tries came to nothing.
 */
export async function pathsOf(
  { name, peerId, links }: Conversation,
  clock: TimerClock,
  whyNot: (peerId: string) => WhyNot,
): Promise<PathReport> {
  const paths = await Promise.all(links.map(async (link): Promise<Path> => ({
    ...pathOf(link),
    roundTripMs: await roundTripMs(link, clock),
  })));
  const best = Math.min(...links.map(({ rank }) => rank));
  const { straight, punched } = whyNot(peerId);
  return {
    name,
    paths,
    whyRelayed: best <= ranks.direct ? undefined : straight,
    whyNotPunched: best <= ranks.punched ? undefined : punched,
  };
}

/** Whether the peer answers on the best link of a conversation. */
export async function isAnswered({ links }: Conversation, clock: TimerClock): Promise<boolean> {
  const [best] = links;
  return best !== undefined &&
    (best.dialect !== "p2pchat" || await roundTripMs(best, clock) !== undefined);
}

async function roundTripMs(link: Link, clock: TimerClock): Promise<number | undefined> {
  if (link.dialect !== "p2pchat") return undefined;
  const askedAtMs = clock.now();
  try {
    await link.ask(message("PING", [["Id", randomId()]]));
    return clock.now() - askedAtMs;
  } catch (error) {
    if (error instanceof UserError) return undefined;
    throw error;
  }
}
