/**
 * Meeting a peer that is reached by way of a server: over the encrypted link each tells the other where it may be
 * reached, and then both try. The server learns nothing of it.
 *
 * @module
 */

import { type Address, isSameAddress } from "../../shared/net/address.ts";
import { namedBy } from "../../shared/net/named_address.ts";
import type { Message } from "../../shared/protocol/message.ts";
import {
  type PathOffer,
  pathsAnswer,
  pathsQuestion,
  readPathOffer,
} from "../../shared/protocol/paths.ts";
import type { TimerClock } from "../../shared/time/clock.ts";
import type { Link } from "../link/link.ts";
import { type DialableAddress, type Network, ranks } from "../transport/transport.ts";
import type { LinkKeeper } from "./begin_link.ts";
import { raceCandidates } from "./candidate_race.ts";
import { ownCandidates } from "./own_candidates.ts";
import type { Places } from "./places.ts";

/** How long a meeting takes at most, in milliseconds. */
const meetingMs = 10_000;
/** How long the one that was asked waits with its own calls: if both call at once there are two links. */
const secondAfterMs = 150;

/** A peer to meet. */
export interface MeetingPeer {
  /** The id that it goes by. */
  readonly peerId: string;
  /** The links with it as they are now, the best first. */
  readonly links: readonly Pick<Link, "ask" | "features" | "rank">[];
}

/** What meetings need. */
export interface MeetingsOptions {
  readonly self: { readonly address: Address };
  readonly network: Pick<Network, "interfaces">;
  readonly rendezvous: { readonly address: Address | undefined };
  readonly places: Places;
  /** Calls an address. @throws {UserError} If that opens no link with the one who is meant. */
  readonly call: (
    address: DialableAddress,
    name: string,
    keeper: LinkKeeper,
    signal: AbortSignal,
  ) => Promise<Link>;
  readonly clock: TimerClock;
  readonly signal: AbortSignal;
}

/** The meetings of a client, one at a time with each peer. */
export class Meetings {
  readonly #options: MeetingsOptions;
  readonly #underWay = new Set<string>();

  constructor(options: MeetingsOptions) {
    this.#options = options;
  }

  /**
   * Asks a peer over a link where it can be reached, and tries that.
   *
   * @returns Whether it has said so.
   * @throws {UserError} If it does not answer, or was not reached.
   */
  async ask(
    peer: MeetingPeer,
    link: MeetingPeer["links"][number],
    keeper: LinkKeeper,
  ): Promise<boolean> {
    const theirs = readPathOffer(await link.ask(pathsQuestion(this.#ownOffer())));
    if (theirs.candidates.length === 0) return false;
    await this.#meet(peer, theirs, keeper, 0);
    return true;
  }

  /** Answers a peer that asks, and tries where it says that it is. Never rejects. */
  answer(peer: MeetingPeer, request: Message, keeper: LinkKeeper): Promise<Message> {
    // Why it has come to nothing is for the side that has asked.
    this.#meet(peer, readPathOffer(request), keeper, secondAfterMs).catch(() => {});
    return Promise.resolve(pathsAnswer(request, this.#ownOffer()));
  }

  #ownOffer(): PathOffer {
    const { self, network, rendezvous } = this.#options;
    const own = network.interfaces().map(({ address }) => address);
    const candidates = ownCandidates(self.address, own, rendezvous.address);
    return { candidates: candidates.map((address) => ({ transport: "tcp", address })) };
  }

  async #meet(
    peer: MeetingPeer,
    { candidates }: PathOffer,
    keeper: LinkKeeper,
    afterMs: number,
  ): Promise<void> {
    const { peerId: name } = peer;
    const { places, call, clock, signal } = this.#options;
    if (this.#underWay.has(name) || candidates.length === 0) return;
    this.#underWay.add(name);
    const time = new AbortController();
    const cancel = clock.after(meetingMs, () => time.abort());
    try {
      await waited(afterMs, clock, signal);
      await raceCandidates({
        candidates: candidates.filter(({ address }) => !this.#isOwn(address)),
        attempt: async ({ address }, signal) =>
          await call(await places.permit(namedBy("contact", address), name), name, keeper, signal),
        isSettled: () => peer.links.some(({ rank }) => rank === ranks.direct),
        clock,
        signal: AbortSignal.any([signal, time.signal]),
      });
    } finally {
      cancel();
      this.#underWay.delete(name);
    }
  }

  /** Whether an address of the peer's is ours in our own network, such as one that every machine has inside. */
  #isOwn(address: Address): boolean {
    const { self, network } = this.#options;
    return network.interfaces().some(({ address: host }) =>
      isSameAddress(address, { host, port: self.address.port })
    );
  }
}

/** @throws {unknown} The reason of the signal, if that comes first. */
async function waited(
  ms: number,
  clock: Pick<TimerClock, "after">,
  signal: AbortSignal,
): Promise<void> {
  if (ms === 0) return;
  const over = Promise.withResolvers<void>();
  const cancel = clock.after(ms, over.resolve);
  const stop = () => over.reject(signal.reason);
  signal.addEventListener("abort", stop);
  try {
    signal.throwIfAborted();
    await over.promise;
  } finally {
    cancel();
    signal.removeEventListener("abort", stop);
  }
}
