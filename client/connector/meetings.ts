/**
 * Meeting a peer that is reached by way of a server: over the encrypted link each tells the other where it may be
 * reached, and then both try: straight to each other, and then through their routers. The server learns nothing of
 * it.
 *
 * @module
 */

import { type Address, isSameAddress } from "../../shared/net/address.ts";
import { namedBy } from "../../shared/net/named_address.ts";
import type { Message } from "../../shared/protocol/message.ts";
import {
  type Candidate,
  type PathOffer,
  pathsAnswer,
  pathsQuestion,
  readPathOffer,
} from "../../shared/protocol/paths.ts";
import { deadline, wait, within } from "../../shared/time/clock.ts";
import type { Link } from "../link/link.ts";
import { type NotPunched, UserError } from "../user_error.ts";
import {
  type DialableAddress,
  type Network,
  type PeerConn,
  ranks,
} from "../transport/transport.ts";
import type { LinkKeeper } from "./begin_link.ts";
import { raceCandidates } from "./candidate_race.ts";
import { ownCandidates } from "./own_candidates.ts";
import type { FailedWays } from "./failed_ways.ts";
import type { Places } from "./places.ts";
import type { RouterOffer } from "./router_offer.ts";
import { tcpOffers } from "./tcp_port.ts";
import { UdpPort, type UdpPortOptions } from "./udp_port.ts";

/** How long a meeting takes at most, in milliseconds. */
const meetingMs = 10_000;
/** How long the one that was asked waits with its own calls: if both call at once there are two links. */
const secondAfterMs = 150;
/** How long straight calls have before the routers are tried: a straight link is the better one. */
const throughRoutersAfterMs = 350;
/**
 * How long the server has to say over UDP where it sees us before its silence counts as a network that lets no UDP out,
 * and TCP is tried first: so many times what the question to the peer over that server has taken, in milliseconds.
 * The server is asked, called and heard, three round trips, and may be as busy with that as with the question. If UDP
 * would have passed nothing is lost where both meet over TCP: see `ranks`. But where routers keep no ports of TCP, or
 * a runtime chooses none, TCP takes its time to fail.
 */
const silence = { trips: 3, leastMs: throughRoutersAfterMs, mostMs: 1_000 };
/** How long each is tried, in milliseconds: it needs both sides at the same moment. */
const throughRoutersMs = { udp: 3_000, "tcp-so": 1_500 };

/** By what two sides meet through their routers. */
type ThroughRouters = keyof typeof throughRoutersMs;

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
  readonly network: Pick<Network, "interfaces" | "openPunching" | "simultaneousOpen">;
  readonly rendezvous: UdpPortOptions["rendezvous"] & { readonly address: Address | undefined };
  readonly places: Places;
  /** Takes note of why the routers could not be passed. */
  readonly failed: Pick<FailedWays, "note">;
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
}

/** Who is met. */
interface Meeting {
  readonly peer: MeetingPeer;
  /** Over which the two tell each other where they are. */
  readonly link: PathsLink;
  readonly keeper: LinkKeeper;
}

/** The meetings of a client. */
export class Meetings {
  readonly #options: MeetingsOptions;
  /** Where we can be met, as far as that can be found out. */
  readonly #offers: Record<ThroughRouters, () => Promise<RouterOffer>>;
  /** The transports that are being tried, each with the name of the peer. */
  readonly #underWay = new Set<string>();

  constructor(options: MeetingsOptions) {
    this.#options = options;
    this.#offers = { udp: new UdpPort(options).offer, "tcp-so": tcpOffers(options) };
  }

  /**
   * Asks a peer over a link where it can be reached, and tries that: straight, and then through the routers.
   *
   * @returns Whether it has said so.
   * @throws {Error} If it does not answer, or was not reached.
   */
  async ask(peer: MeetingPeer, link: PathsLink, keeper: LinkKeeper): Promise<boolean> {
    const { clock, signal } = this.#options;
    const meeting = { peer, link, keeper };
    using limit = deadline(meetingMs, signal, clock);
    try {
      this.#offers.udp();
      const askedAtMs = clock.now();
      const theirs = await this.#exchange(link, this.#straightOffer());
      const tripMs = clock.now() - askedAtMs;
      // It goes on if the routers are passed first: of a call that takes long no more than one packet may be lost.
      const longer = deadline(meetingMs, signal, clock);
      const straight = this.#callStraight(meeting, theirs, 0, longer.signal)
        .finally(() => longer[Symbol.dispose]());
      const through = this.#askThroughRouters(meeting, straight, tripMs, limit.signal);
      // Of two reasons the first says more: at which address nobody is.
      await Promise.any([straight, through]).catch(() => straight);
      return true;
    } catch (error) {
      if (error instanceof NothingSaid) return false;
      throw error;
    }
  }

  /** Answers a peer that asks, and tries where it says that it is. Never rejects. */
  async answer(
    peer: MeetingPeer,
    link: PathsLink,
    request: Message,
    keeper: LinkKeeper,
  ): Promise<Message> {
    const { signal } = this.#options;
    const meeting = { peer, link, keeper };
    const theirs = readPathOffer(request);
    const asked = theirs.candidates.map(({ transport }) => transport)
      .find((transport) => transport !== "tcp");
    if (asked === undefined) {
      // If no straight call succeeds, that is the next question.
      this.#offers.udp();
      const answer = pathsAnswer(request, this.#straightOffer());
      // Why it has come to nothing is for the side that has asked.
      this.#callStraight(meeting, theirs, secondAfterMs, signal).catch(() => {});
      return answer;
    }
    const ours = await this.#offers[asked]();
    this.#meetThroughRouters(asked, meeting, ours, theirs, signal).catch(() => {});
    return pathsAnswer(request, ours);
  }

  async #exchange(link: PathsLink, ours: PathOffer): Promise<PathOffer> {
    return readPathOffer(await link.ask(pathsQuestion(ours)));
  }

  #straightOffer(): PathOffer {
    const { self, network, rendezvous } = this.#options;
    const own = network.interfaces().map(({ address }) => address);
    const candidates = ownCandidates(self.address, own, rendezvous.address)
      .map((address): Candidate => ({ transport: "tcp", address }));
    return { candidates };
  }

  /** Calls the peer where it listens. @throws {Error} If it is nowhere there. */
  async #callStraight(
    { peer, keeper }: Meeting,
    theirs: PathOffer,
    afterMs: number,
    signal: AbortSignal,
  ): Promise<void> {
    const { peerId: name } = peer;
    const { self, places, call, clock } = this.#options;
    const candidates = this.#others("tcp", theirs, self.address.port);
    if (candidates.length === 0) throw new NothingSaid();
    await this.#alone(`tcp ${name}`, async () => {
      if (afterMs > 0) await wait(afterMs, signal, clock);
      signal.throwIfAborted();
      const link = await raceCandidates({
        candidates,
        attempt: async (address, signal) =>
          await call(await places.permit(namedBy("contact", address), name), name, keeper, signal),
        isSettled: () => isStraight(peer),
        clock,
        signal,
      });
      if (link === undefined && !isStraight(peer)) throw new Deno.errors.NotFound("not-reached");
    });
  }

  /** Meets the peer through both routers, unless a straight call succeeds soon. @throws {Error} If that fails. */
  async #askThroughRouters(
    meeting: Meeting,
    straight: Promise<void>,
    tripMs: number,
    signal: AbortSignal,
  ): Promise<void> {
    const { peer } = meeting;
    const { clock } = this.#options;
    const before = new Set(peer.links);
    const isSeen = within(silenceMs(tripMs), this.#offers.udp(), clock);
    const failed = straight.then(() => new Promise<never>(() => {}), () => {});
    await Promise.race([wait(throughRoutersAfterMs, signal, clock), failed]);
    // A network that lets no UDP out says so by silence alone, which takes a while to tell from a slow one.
    const transports = await isSeen ? ["udp", "tcp-so"] as const : ["tcp-so", "udp"] as const;
    let failure: unknown;
    for (const transport of transports) {
      signal.throwIfAborted();
      if (isStraight(peer)) return;
      // The other side may have been quicker.
      if (peer.links.some((link) => !before.has(link) && link.rank <= ranks.punched)) return;
      try {
        return await this.#askOver(transport, meeting, signal);
      } catch (error) {
        if (!(error instanceof NothingSaid)) failure = error;
      }
    }
    throw failure ?? new NothingSaid();
  }

  /** @throws {Error} If the two do not meet. */
  async #askOver(transport: ThroughRouters, meeting: Meeting, signal: AbortSignal): Promise<void> {
    const ours = await this.#offers[transport]();
    if (ours.candidates.length === 0) {
      if (transport === "udp") this.#notPunched(meeting, "no-udp");
      throw new NothingSaid();
    }
    signal.throwIfAborted();
    const theirs = await this.#exchange(meeting.link, ours);
    await this.#meetThroughRouters(transport, meeting, ours, theirs, signal);
  }

  /** @throws {Error} If the two do not meet. */
  async #meetThroughRouters(
    transport: ThroughRouters,
    meeting: Meeting,
    ours: RouterOffer,
    theirs: PathOffer,
    signal: AbortSignal,
  ): Promise<void> {
    const { peer: { peerId: name }, link, keeper } = meeting;
    const { places, open, clock } = this.#options;
    const named = this.#others(transport, theirs, ours.port);
    // Whether UDP passes is what one can do something about.
    const failed = (why: NotPunched) => transport === "udp" && this.#notPunched(meeting, why);
    if (named.length === 0) {
      failed("peer-without-udp");
      throw new NothingSaid();
    }
    await this.#alone(`${transport} ${name}`, async () => {
      using limit = deadline(throughRoutersMs[transport], signal, clock);
      const found = await Promise.all(
        named.map((address) => places.find(namedBy("contact", address), name, () => undefined)),
      );
      const { conn, called } = await ours.meet({
        link,
        certificate: theirs.certificate,
        candidates: found.flatMap((place) => place instanceof UserError ? [] : [place]),
        signal: limit.signal,
      });
      await open(conn, name, keeper, called);
    }).then(
      () => this.#notPunched(meeting, undefined),
      (error) => {
        // Another try is under way, or all is over.
        const isTold = error instanceof Deno.errors.Busy || this.#options.signal.aborted;
        if (!isTold) failed("no-answer");
        throw error;
      },
    );
  }

  #notPunched({ peer: { peerId: name } }: Meeting, why: NotPunched | undefined): void {
    const problem = why === undefined ? undefined : { code: "not-punched", name, why } as const;
    this.#options.failed.note(name, "punched", problem);
  }

  /** Tries something, unless it is being tried already, as when both sides have asked at once. */
  async #alone(what: string, attempt: () => Promise<void>): Promise<void> {
    if (this.#underWay.has(what)) throw new Deno.errors.Busy(what);
    this.#underWay.add(what);
    try {
      await attempt();
    } finally {
      this.#underWay.delete(what);
    }
  }

  /** Where the peer says that it is, without what is ours in our own network, such as what every machine has inside. */
  #others(
    transport: Candidate["transport"],
    { candidates }: PathOffer,
    ownPort: number,
  ): Address[] {
    const own = this.#options.network.interfaces();
    return candidates.filter((candidate) => candidate.transport === transport)
      .map(({ address }) => address)
      .filter((address) =>
        !own.some(({ address: host }) => isSameAddress(address, { host, port: ownPort }))
      );
  }
}

/** The peer does not say where it is, or nowhere that is not here. */
class NothingSaid extends Error {}

function silenceMs(tripMs: number): number {
  const { trips, leastMs, mostMs } = silence;
  return Math.max(leastMs, Math.min(mostMs, trips * tripMs));
}

function isStraight({ links }: MeetingPeer): boolean {
  return links.some(({ rank }) => rank === ranks.direct);
}
