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
import { deadline, wait } from "../../shared/time/clock.ts";
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
  readonly #udp: UdpPort;
  /** The transports that are being tried, each with the name of the peer. */
  readonly #underWay = new Set<string>();

  constructor(options: MeetingsOptions) {
    this.#options = options;
    this.#udp = new UdpPort(options);
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
      this.#udp.offer();
      const theirs = await this.#exchange(link, this.#straightOffer());
      const straight = this.#callStraight(meeting, theirs, 0, limit.signal);
      const through = this.#askThroughRouters(meeting, straight, limit.signal);
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
    const isOverUdp = theirs.candidates.some(({ transport }) => transport === "udp");
    // If no straight call succeeds, that is the next question.
    if (!isOverUdp) this.#udp.offer();
    const answer = pathsAnswer(
      request,
      isOverUdp ? await this.#udp.offer() : this.#straightOffer(),
    );
    const trying = isOverUdp
      ? this.#meetThroughRouters(meeting, theirs, signal)
      : this.#callStraight(meeting, theirs, secondAfterMs, signal);
    // Why it has come to nothing is for the side that has asked.
    trying.catch(() => {});
    return answer;
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
    signal: AbortSignal,
  ): Promise<void> {
    const offered = this.#udp.offer();
    const failed = straight.then(() => new Promise<never>(() => {}), () => {});
    await Promise.race([wait(throughRoutersAfterMs, signal, this.#options.clock), failed]);
    signal.throwIfAborted();
    if (isStraight(meeting.peer)) return;
    const ours = await offered;
    if (ours.candidates.length === 0) {
      this.#notPunched(meeting, "no-udp");
      throw new NothingSaid();
    }
    signal.throwIfAborted();
    const theirs = await this.#exchange(meeting.link, ours);
    await this.#meetThroughRouters(meeting, theirs, signal);
  }

  /** @throws {Error} If the two do not meet. */
  async #meetThroughRouters(
    meeting: Meeting,
    theirs: PathOffer,
    signal: AbortSignal,
  ): Promise<void> {
    const { peer: { peerId: name }, link, keeper } = meeting;
    const { places, open, clock } = this.#options;
    const named = this.#others("udp", theirs, this.#udp.port);
    if (named.length === 0) {
      this.#notPunched(meeting, "peer-without-udp");
      throw new NothingSaid();
    }
    await this.#alone(`udp ${name}`, async () => {
      using limit = deadline(throughRoutersMs, signal, clock);
      const found = await Promise.all(
        named.map((address) => places.find(namedBy("contact", address), name, () => undefined)),
      );
      const { conn, called } = await this.#udp.meet({
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
        if (!isTold) this.#notPunched(meeting, "no-answer");
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

function isStraight({ links }: MeetingPeer): boolean {
  return links.some(({ rank }) => rank === ranks.direct);
}
