/**
 * Who gets one of the places that there are for links. Nobody takes them from the user and their contacts: callers
 * who have not said who they are, and unknown senders, have few places in all, fewer of one host, and make room
 * first, from the host that has the most (as OpenSSH's MaxStartups and PerSourceMaxStartups).
 *
 * @module
 */

import { hostPrefix, sitePrefix } from "../../shared/net/host_prefix.ts";
import {
  linksMax,
  openingLinksEarly,
  openingLinksMax,
  openingLinksPerHostMax,
  ownLinksReserved,
  siteHostsMax,
  unknownLinksMax,
  unknownLinksPerHostMax,
} from "../../shared/protocol/limits.ts";

/** A link, as far as it matters who gets its place. */
export interface PlacedLink {
  readonly role: "initiator" | "responder";
  readonly remote: { readonly host: string };
  /** Whether nothing has come from the peer. */
  readonly saidNothing: boolean;
  /** Leaves the peer. */
  leave(): Promise<void>;
}

/** What the places need to know. */
export interface LinkPlacesOptions<L extends PlacedLink> {
  /** Whether a link is open. */
  readonly isOpen: (link: L) => boolean;
  /** Whether the user has a part in an open link: its peer is a contact, or has been called or answered. */
  readonly isKept: (link: L) => boolean;
  /** Gives numbers from 0 up to 1. */
  readonly random: () => number;
}

/** The places of a client. */
export class LinkPlaces<L extends PlacedLink> {
  readonly #options: LinkPlacesOptions<L>;
  /** In the order in which they came. */
  readonly #links = new Set<L>();

  constructor(options: LinkPlacesOptions<L>) {
    this.#options = options;
  }

  /** All that have one. */
  get all(): L[] {
    return [...this.#links];
  }

  /** A link takes a place. */
  add(link: L): void {
    this.#links.add(link);
  }

  /** A link is over, or about to be. */
  delete(link: L): void {
    this.#links.delete(link);
  }

  /** Makes room for a call of our own. @returns Whether there is. */
  makeRoomForOwn(): boolean {
    return this.#links.size < linksMax || this.#evictSomebody();
  }

  /** Makes room for somebody who calls from a host. @returns Whether there is. */
  makeRoomForCaller(host: string): boolean {
    const opening = this.#opening;
    const ofHost = opening.filter((link) => isOfHost(link, host));
    const ofSite = opening.filter((link) => isOfSite(link, host));
    if (ofHost.length >= openingLinksPerHostMax) this.#evictFrom(ofHost);
    else if (ofSite.length >= openingLinksPerHostMax * siteHostsMax) this.#evictFrom(ofSite);
    else if (this.#isEarlyDrop(opening.length)) this.#evictFrom(opening);
    return this.#links.size < linksMax - ownLinksReserved || this.#evictSomebody();
  }

  /**
   * Makes room for an unknown sender's link, which is about to open.
   *
   * @returns False if there are enough of its host.
   */
  makeRoomForUnknown({ remote: { host } }: Pick<PlacedLink, "remote">): boolean {
    const unknown = this.#unknown;
    const ofHost = unknown.filter((link) => isOfHost(link, host)).length;
    const ofSite = unknown.filter((link) => isOfSite(link, host)).length;
    if (ofHost >= unknownLinksPerHostMax) return false;
    if (ofSite >= unknownLinksPerHostMax * siteHostsMax) return false;
    if (unknown.length >= unknownLinksMax) this.#evictFrom(unknown);
    return true;
  }

  /** Callers who have not said who they are, or are being looked up. */
  get #opening(): L[] {
    return this.all.filter((link) => link.role === "responder" && !this.#options.isOpen(link));
  }

  /** Links in which the user has no part. */
  get #unknown(): L[] {
    const { isOpen, isKept } = this.#options;
    return this.all.filter((link) => link.role === "responder" && isOpen(link) && !isKept(link));
  }

  /** The more callers there are, the likelier it is that one of them goes. */
  #isEarlyDrop(count: number): boolean {
    const part = (count - openingLinksEarly) / (openingLinksMax - openingLinksEarly);
    return part > 0 && this.#options.random() < part;
  }

  /** @returns Whether somebody has made room. */
  #evictSomebody(): boolean {
    return this.#evictFrom(this.#opening) || this.#evictFrom(this.#unknown);
  }

  /**
   * Evicts one of some links, from the sources that have most of them: the oldest of those who have said nothing,
   * as an honest caller speaks at once; else any.
   */
  #evictFrom(links: readonly L[]): boolean {
    if (links.length === 0) return false;
    const sources = [...Map.groupBy(links, ({ remote }) => sitePrefix(remote.host)).values()];
    const most = Math.max(...sources.map(({ length }) => length));
    const largest = sources.filter(({ length }) => length === most).flat();
    const evicted = largest.find(({ saidNothing }) => saidNothing) ??
      largest[Math.floor(this.#options.random() * largest.length)]!;
    this.#links.delete(evicted);
    evicted.leave();
    return true;
  }
}

function isOfHost({ remote }: PlacedLink, host: string): boolean {
  return hostPrefix(remote.host) === hostPrefix(host);
}

function isOfSite({ remote }: PlacedLink, host: string): boolean {
  return sitePrefix(remote.host) === sitePrefix(host);
}
