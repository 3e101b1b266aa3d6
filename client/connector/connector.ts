/**
 * From a name to an open link: where the server says that somebody is, or where they were last, then a
 * connection, then its opening. Connections that others open to us become links here, too.
 *
 * @module
 */

import { type Address, plainHost } from "../../shared/net/address.ts";
import type { NamedAddress } from "../../shared/net/named_address.ts";
import type { Fingerprint, PublicKey } from "../../shared/crypto/public_key.ts";
import { linksMax } from "../../shared/protocol/limits.ts";
import type { Message } from "../../shared/protocol/message.ts";
import { pathsAnswer } from "../../shared/protocol/paths.ts";
import { within } from "../../shared/time/clock.ts";
import type { Link } from "../link/link.ts";
import type { SealingKeys } from "../rendezvous/rendezvous.ts";
import type { Servers } from "../servers/servers.ts";
import type { DialableAddress, Network, PeerConn } from "../transport/transport.ts";
import { UserError } from "../user_error.ts";
import { beginLink, type BegunLink, type LinkingOptions, type LinkKeeper } from "./begin_link.ts";
import { type Call, CallRefused, saysWhy } from "./call_failure.ts";
import { FailedWays, type WhyNot } from "./failed_ways.ts";
import { goAround } from "./go_around.ts";
import { type MeetingPeer, Meetings, type PathsLink } from "./meetings.ts";
import { Places } from "./places.ts";
import { raceWithRelay } from "./relay_race.ts";
import { onceRelayed } from "./until_relayed.ts";
import { askFor, type SoughtPeer, whereIs } from "./whereabouts.ts";

export type { LinkKeeper } from "./begin_link.ts";
export type { Call } from "./call_failure.ts";
export type { WhyNot } from "./failed_ways.ts";

/** How long a peer that is new waits until the server has said whether it knows its key. */
const serverWordTimeoutMs = 2_000;

/** Whether those who were meant have been reached by a call that failed, and one side does not want to talk. */
export function isRefusedByName(error: UserError): boolean {
  return error instanceof CallRefused && error.byName;
}

/** What a connector needs. */
export interface ConnectorOptions extends LinkingOptions {
  readonly network: Pick<Network, "dial" | "interfaces" | "lookUp" | "openPunching">;
  readonly rendezvous: Pick<
    Servers,
    | "address"
    | "reflect"
    | "idAt"
    | "lookUp"
    | "registered"
    | "relay"
    | "relaysTo"
    | "sealingKeysOf"
    | "serverFingerprint"
    | "serverHost"
    | "status"
  >;
  /** Whether peers are called over the server alone, and are told of no address. */
  readonly relayOnly: boolean;
  /** Gives up what is being dialled. */
  readonly signal: AbortSignal;
}

/** Makes links. */
export class Connector {
  readonly #options: ConnectorOptions;
  /** Which of the addresses that somebody names may be called. */
  readonly places: Places;
  readonly #meetings: Meetings;
  readonly #failed = new FailedWays();

  constructor(options: ConnectorOptions) {
    this.#options = options;
    const places = this.places = new Places(options);
    this.#meetings = new Meetings({
      ...options,
      places,
      failed: this.#failed,
      call: (address, name, keeper, signal) =>
        this.call(address, { expectedId: name, interactive: false }, keeper, signal),
      open: async (conn, name, keeper, called) => {
        checkRoom(conn, keeper);
        const call = called ? { expectedId: name, interactive: false } : undefined;
        const role = called ? "initiator" : "responder";
        return await beginLink(this.#options, conn, role, keeper, call).opened;
      },
    });
  }

  /** Makes a link of a connection that somebody opened to us, or closes it if there is no room. */
  answer(conn: PeerConn, keeper: LinkKeeper): void {
    const { hostname, port } = conn.remoteAddr;
    const from = { host: plainHost(hostname), port };
    if (keeper.makeRoomForCaller(from)) beginLink(this.#options, conn, "responder", keeper);
    else conn.close();
  }

  /**
   * Where the server says that a client is.
   *
   * @throws {UserError} If the server does not say, or cannot be asked.
   */
  async locate(name: string): Promise<NamedAddress> {
    const found = await this.#options.rendezvous.lookUp(name);
    if (found === undefined) throw new UserError({ code: "not-registered", name });
    // A legacy server knows no Target and names any client that it likes.
    if (found.id !== "" && found.id !== name) {
      throw new UserError({ code: "look-up-not-possible", name, answered: found.id });
    }
    return found.address;
  }

  /**
   * Calls an address. Done when the link is open. If the other side hangs up, without a word or with some
   * that are not of this protocol, as legacy programs do at what they do not know, and plaintext is allowed,
   * it is called again as they call.
   *
   * @param signal Gives up dialling.
   * @throws {UserError} If nobody answers there, or there are too many links.
   * @throws {CallRefused} If the other side was reached, and either side does not want to talk.
   */
  async call(
    address: DialableAddress,
    call: Call,
    keeper: LinkKeeper,
    signal?: AbortSignal,
  ): Promise<Link> {
    const { link, opened } = await this.#dial(address, call, keeper, false, signal);
    let first;
    try {
      return await opened;
    } catch (error) {
      if (!this.#hungUp(link, error) || !keeper.mayTryPlaintext(link, call)) throw error;
      first = error;
    }
    try {
      return await (await this.#dial(address, call, keeper, true)).opened;
    } catch (error) {
      // Some listen no more once they have refused a call: what they said to the first one says why.
      throw saysWhy(error) ? error : first;
    }
  }

  /**
   * Calls somebody by their name: at an address, and over the server if that does not open a link soon. Done when
   * the first link is open; another may follow.
   *
   * @param place Where they should be, or why there is no such place.
   * @param key The only key that is meant; undefined if any is.
   * @throws {UserError} If they cannot be reached.
   * @throws {CallRefused} If they were, and either side does not want to talk; or if somebody else was.
   */
  async reach(
    name: string,
    place: DialableAddress | UserError,
    key: PublicKey | undefined,
    call: Call,
    keeper: LinkKeeper,
  ): Promise<Link> {
    const { rendezvous, clock, relayOnly, signal } = this.#options;
    if (relayOnly && rendezvous.relaysTo(name)) {
      return await this.#callOverRelay(name, key, call, keeper, signal);
    }
    const direct = () =>
      this.#failed.straight(name, async () => {
        if (place instanceof UserError) throw place;
        return await this.call(place, call, keeper);
      });
    const tried = new AbortController();
    return await raceWithRelay({
      direct: () => direct().finally(() => tried.abort()),
      relayed: (won) =>
        this.#callOnceRelayed(name, key, call, keeper, { won, tried: tried.signal }),
      isFinal: (error) => error instanceof UserError && isRefusedByName(error),
      clock,
    });
  }

  /** Why no better way to somebody is open, as far as it was tried. */
  whyNot(name: string): WhyNot {
    return this.#failed.of(name);
  }

  /**
   * Calls somebody over the server. One that is lost may soon be back: it has a say while nobody answers where they
   * should be.
   *
   * @param won Aborts if another way has opened first.
   * @param tried Aborts if they have been called in vain where they should be.
   */
  async #callOnceRelayed(
    name: string,
    key: PublicKey | undefined,
    call: Call,
    keeper: LinkKeeper,
    { won, tried }: { readonly won: AbortSignal; readonly tried: AbortSignal },
  ): Promise<Link> {
    const { rendezvous, clock, signal } = this.#options;
    return await onceRelayed({
      isThere: () => rendezvous.relaysTo(name),
      call: () => this.#callOverRelay(name, key, call, keeper, won),
      over: AbortSignal.any([won, tried, signal]),
      clock,
    });
  }

  async #callOverRelay(
    name: string,
    key: PublicKey | undefined,
    call: Call,
    keeper: LinkKeeper,
    signal: AbortSignal,
  ): Promise<Link> {
    const conn = await this.#options.rendezvous.relay(name, key, signal);
    if (conn === undefined) throw new UserError({ code: "not-registered", name });
    checkRoom(conn, keeper);
    return await beginLink(this.#options, conn, "initiator", keeper, call).opened;
  }

  async #dial(
    address: DialableAddress,
    call: Call,
    keeper: LinkKeeper,
    legacyChat: boolean,
    signal = this.#options.signal,
  ): Promise<BegunLink> {
    const { network } = this.#options;
    const conn = await network.dial(address, call.expectedId, { signal });
    checkRoom(conn, keeper);
    return beginLink(this.#options, conn, "initiator", keeper, call, legacyChat);
  }

  /**
   * Calls somebody who is reached by a link over the server, where they say there that they are; where the server
   * says it if they do not. Never throws.
   *
   * @param isOwn Whether an address is our own.
   */
  async straighten(
    peer: MeetingPeer,
    keeper: LinkKeeper,
    isOwn: (address: Address) => boolean,
  ): Promise<void> {
    const { peerId: name } = peer;
    try {
      if (this.#options.relayOnly) throw new UserError({ code: "relay-only", name });
      const link = peer.links.find(({ features }) => features.includes("paths"));
      if (link !== undefined && await this.#meetings.ask(peer, link, keeper)) return;
      const found = await askFor(name, this.#options.rendezvous);
      const address = found && await this.places.permit(found.address, name);
      if (address === undefined || isOwn(address)) return;
      const call = { expectedId: name, interactive: false };
      await this.#failed.straight(name, () => this.call(address, call, keeper));
    } catch (error) {
      // The conversation goes on as it is.
      if (error instanceof UserError) this.#failed.note(name, "straight", error.problem);
    }
  }

  /**
   * Answers somebody who asks where we can be reached, and calls them where they say that they can be. Never
   * rejects.
   */
  answerPaths(
    peer: MeetingPeer,
    link: PathsLink,
    request: Message,
    keeper: LinkKeeper,
  ): Promise<Message> {
    if (this.#options.relayOnly) return Promise.resolve(pathsAnswer(request));
    return this.#meetings.answer(peer, link, request, keeper);
  }

  /**
   * Calls somebody on another way than what is open. Never throws. See {@linkcode goAround}.
   *
   * @param isOwn Whether an address is our own.
   * @returns Whether there is another link now.
   */
  async goAround(
    peer: SoughtPeer & MeetingPeer,
    keeper: LinkKeeper,
    isOwn: (address: Address) => boolean,
  ): Promise<boolean> {
    const { peerId: name, key } = peer;
    const call = { expectedId: name, interactive: false };
    return await goAround(peer, {
      ...this.#options,
      places: this.places,
      isOwn,
      isRelayed: () => this.#options.rendezvous.relaysTo(name),
      callRelayed: (won, tried) => this.#callOnceRelayed(name, key, call, keeper, { won, tried }),
      call: (address, signal) => this.call(address, call, keeper, signal),
    });
  }

  /**
   * Looks for somebody who messages wait for, and calls them where they are. Does nothing more if they cannot be
   * reached. Never throws.
   *
   * @param isOwn Whether an address is our own.
   */
  async search(
    peer: SoughtPeer,
    keeper: LinkKeeper,
    isOwn: (address: Address) => boolean,
  ): Promise<void> {
    const { peerId: name, key } = peer;
    const { rendezvous } = this.#options;
    const call = { expectedId: name, interactive: false };
    try {
      const place = await whereIs(peer, { rendezvous, places: this.places, isOwn });
      if (place !== undefined) await this.reach(name, place, key, call, keeper);
    } catch {
      // The messages go on waiting, and the user knows.
    }
  }

  /** The fingerprint that the server has named for a client's key, as far as it has been asked. */
  known(name: string): Fingerprint | undefined {
    return this.#options.rendezvous.serverFingerprint(name);
  }

  /** By which keys mail is sealed for somebody, if the server has just said that they are away. */
  sealingKeysOf(name: string): SealingKeys | undefined {
    return this.#options.rendezvous.sealingKeysOf(name);
  }

  /** Who the server has said is at an address and has a key. */
  idAt(address: Address): string | undefined {
    return this.#options.rendezvous.idAt(address);
  }

  /**
   * As {@linkcode known}, after asking the server if it is one that we are registered with. What it does not
   * say in time counts as not said. Never throws.
   */
  async ask(name: string): Promise<Fingerprint | undefined> {
    return this.#options.rendezvous.registered ? await this.askAny(name) : this.known(name);
  }

  /** As {@linkcode ask}, whichever server there is. */
  async askAny(name: string): Promise<Fingerprint | undefined> {
    const { rendezvous, clock } = this.#options;
    // If no server answers there is nothing to compare a key with.
    await within(serverWordTimeoutMs, rendezvous.lookUp(name), clock).catch(() => {});
    return this.known(name);
  }

  /** Whether the other side has hung up on a call of a kind that it may not know, and plaintext is allowed. */
  #hungUp({ saidNothing }: Link, error: unknown): boolean {
    const { allowPlaintext, signal } = this.#options;
    if (!allowPlaintext || signal.aborted || error instanceof CallRefused) return false;
    if (!(error instanceof UserError) || error.problem.code !== "call-ended") return false;
    const { detail } = error.problem;
    return detail === undefined ? saidNothing : detail.code === "peer-said";
  }
}

/** @throws {UserError} If there is to be no link: then the connection is closed. */
function checkRoom(conn: PeerConn, keeper: LinkKeeper): void {
  if (!keeper.isLeaving && keeper.makeRoomForOwn()) return;
  conn.close();
  throw new UserError(
    keeper.isLeaving ? { code: "leaving" } : { code: "too-many-links", max: linksMax },
  );
}
