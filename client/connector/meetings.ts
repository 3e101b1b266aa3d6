/**
 * Meeting a peer that is reached by way of a server: over the encrypted link each tells the other where it may be
 * reached, and then both try: straight to each other, and then through their routers. The server learns nothing of
 * it.
 *
 * @module
 */

import { type Address, isSameAddress } from "../../shared/net/address.ts";
import { namedBy } from "../../shared/net/named_address.ts";
import { candidatesMax } from "../../shared/protocol/limits.ts";
import type { Message } from "../../shared/protocol/message.ts";
import {
  type Candidate,
  type PathOffer,
  pathsAnswer,
  pathsQuestion,
  readPathOffer,
} from "../../shared/protocol/paths.ts";
import { type TimerClock, wait } from "../../shared/time/clock.ts";
import type { Link } from "../link/link.ts";
import { UserError } from "../user_error.ts";
import {
  type DialableAddress,
  type Network,
  type PeerConn,
  ranks,
} from "../transport/transport.ts";
import type { LinkKeeper } from "./begin_link.ts";
import { raceCandidates } from "./candidate_race.ts";
import { ownCandidates } from "./own_candidates.ts";
import type { Places } from "./places.ts";
import { UdpPort, type UdpPortOptions } from "./udp_port.ts";

/** How long a meeting takes at most, in milliseconds. */
const meetingMs = 10_000;
/** How long the one that was asked waits with its own calls: if both call at once there are two links. */
const secondAfterMs = 150;
/** How long straight calls have before the routers are tried: a straight link is the better one. */
const throughRoutersAfterMs = 350;
/** How long that is tried, in milliseconds: it needs both sides at the same moment. */
const throughRoutersMs = 3_000;

/** A link over which two sides can tell each other where they are. */
export type PathsLink = Pick<Link, "ask" | "features" | "rank" | "peerKey" | "handshakeHash">;

/** A peer to meet. */
export interface MeetingPeer {
  /** The id that it goes by. */
  readonly peerId: string;
  /** The links with it as they are now, the best first. */
  readonly links: readonly PathsLink[];
}

/** What meetings need. */
export interface MeetingsOptions extends UdpPortOptions {
  readonly network: Pick<Network, "interfaces" | "openPunching">;
  readonly rendezvous: UdpPortOptions["rendezvous"] & { readonly address: Address | undefined };
  readonly places: Places;
  /** Calls an address. @throws {UserError} If that opens no link with the one who is meant. */
  readonly call: (
    address: DialableAddress,
    name: string,
    keeper: LinkKeeper,
    signal: AbortSignal,
  ) => Promise<Link>;
  /** Opens a link on a connection through routers. @throws {UserError} If it does not open. */
  readonly open: (
    conn: PeerConn,
    name: string,
    keeper: LinkKeeper,
    called: boolean,
  ) => Promise<Link>;
  readonly clock: TimerClock;
}

/** What one side knows of a meeting. */
interface Meeting {
  readonly peer: MeetingPeer;
  readonly link: PathsLink;
  readonly theirs: PathOffer;
  readonly keeper: LinkKeeper;
  readonly signal: AbortSignal;
}

/** The meetings of a client, one at a time with each peer. */
export class Meetings {
  readonly #options: MeetingsOptions;
  readonly #udp: UdpPort;
  readonly #underWay = new Set<string>();

  constructor(options: MeetingsOptions) {
    this.#options = options;
    this.#udp = new UdpPort(options);
  }

  /**
   * Asks a peer over a link where it can be reached, and tries that.
   *
   * @returns Whether it has said so.
   * @throws {UserError} If it does not answer, or was not reached.
   */
  async ask(peer: MeetingPeer, link: PathsLink, keeper: LinkKeeper): Promise<boolean> {
    const theirs = readPathOffer(await link.ask(pathsQuestion(await this.#ownOffer())));
    if (theirs.candidates.length === 0) return false;
    await this.#meet(peer, link, theirs, keeper, 0);
    return true;
  }

  /** Answers a peer that asks, and tries where it says that it is. Never rejects. */
  async answer(
    peer: MeetingPeer,
    link: PathsLink,
    request: Message,
    keeper: LinkKeeper,
  ): Promise<Message> {
    const answer = pathsAnswer(request, await this.#ownOffer());
    // Why it has come to nothing is for the side that has asked.
    this.#meet(peer, link, readPathOffer(request), keeper, secondAfterMs).catch(() => {});
    return answer;
  }

  async #ownOffer(): Promise<PathOffer> {
    const { self, network, rendezvous } = this.#options;
    const own = network.interfaces().map(({ address }) => address);
    const overUdp = await this.#udp.offer();
    const overTcp = ownCandidates(self.address, own, rendezvous.address)
      .slice(0, candidatesMax - overUdp.candidates.length)
      .map((address): Candidate => ({ transport: "tcp", address }));
    return { ...overUdp, candidates: [...overTcp, ...overUdp.candidates] };
  }

  async #meet(
    peer: MeetingPeer,
    link: PathsLink,
    theirs: PathOffer,
    keeper: LinkKeeper,
    afterMs: number,
  ): Promise<void> {
    const { clock, signal } = this.#options;
    if (this.#underWay.has(peer.peerId) || theirs.candidates.length === 0) return;
    this.#underWay.add(peer.peerId);
    const over = new AbortController();
    const cancel = clock.after(meetingMs, () => over.abort());
    const meeting = { peer, link, theirs, keeper, signal: AbortSignal.any([signal, over.signal]) };
    const straight = this.#callStraight(meeting, afterMs);
    const through = this.#meetThroughRouters(meeting, straight);
    try {
      // Of two reasons the first says more: at which address nobody is.
      await Promise.any([straight, through]).catch(() => straight);
    } finally {
      over.abort();
      cancel();
      this.#underWay.delete(peer.peerId);
    }
  }

  /** Calls the peer where it listens. @throws {UserError} If it is nowhere there. */
  async #callStraight(meeting: Meeting, afterMs: number): Promise<void> {
    const { peer, keeper, signal } = meeting;
    const { self, places, call, clock } = this.#options;
    if (afterMs > 0 && !await wait(afterMs, signal, clock)) throw signal.reason;
    const { peerId: name } = peer;
    const link = await raceCandidates({
      candidates: this.#candidates(meeting, "tcp", self.address.port),
      attempt: async (address, signal) =>
        await call(await places.permit(namedBy("contact", address), name), name, keeper, signal),
      isSettled: () => isStraight(peer),
      clock,
      signal,
    });
    if (link === undefined && !isStraight(peer)) {
      throw new Deno.errors.NotFound("no-address");
    }
  }

  /** Meets the peer through both routers, unless a straight call succeeds soon. @throws {Error} If that fails. */
  async #meetThroughRouters(meeting: Meeting, straight: Promise<void>): Promise<void> {
    const { peer, link, theirs, keeper, signal } = meeting;
    const { places, open, clock } = this.#options;
    const failed = straight.then(() => new Promise<never>(() => {}), () => {});
    await Promise.race([wait(throughRoutersAfterMs, signal, clock), failed]);
    signal.throwIfAborted();
    if (isStraight(peer)) return;
    const { peerId: name } = peer;
    const over = new AbortController();
    const cancel = clock.after(throughRoutersMs, () => over.abort());
    try {
      const named = this.#candidates(meeting, "udp", this.#udp.port);
      const candidates = await Promise.all(
        named.map((address) => places.find(namedBy("contact", address), name, () => undefined)),
      );
      const { conn, called } = await this.#udp.meet({
        link,
        certificate: theirs.certificate,
        candidates: candidates.flatMap((place) => place instanceof UserError ? [] : [place]),
        signal: AbortSignal.any([signal, over.signal]),
      });
      await open(conn, name, keeper, called);
    } finally {
      cancel();
    }
  }

  /** Where the peer says that it is, without what is ours in our own network, such as what every machine has inside. */
  #candidates({ theirs }: Meeting, transport: Candidate["transport"], port: number): Address[] {
    const own = this.#options.network.interfaces();
    return theirs.candidates.filter((candidate) => candidate.transport === transport)
      .map(({ address }) => address)
      .filter((address) =>
        !own.some(({ address: host }) => isSameAddress(address, { host, port }))
      );
  }
}

function isStraight({ links }: MeetingPeer): boolean {
  return links.some(({ rank }) => rank === ranks.direct);
}
