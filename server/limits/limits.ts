/**
 * How much a server takes on, in all and from one host: no host alone may keep out the others.
 *
 * @module
 */

import { isLoopback } from "../../shared/net/address.ts";
import { hostPrefix, sitePrefix } from "../../shared/net/host_prefix.ts";
import {
  connectionsMax,
  connectionsPerHostMax,
  contactListsBytesMax,
  contactListsOfHostBytesMax,
  hostMailsBytesMax,
  hostMailsMax,
  mailboxBytesMax,
  mailboxMailsMax,
  mailsBytesMax,
  mailsMax,
  namesMax,
  newNamesPerHostMax,
  registrationsMax,
  registrationsPerHostMax,
  senderBytesMax,
  senderMailsMax,
  shareBytesMax,
  shareMailsMax,
  siteHostsMax,
  unknownMailsBytesMax,
  unknownMailsMax,
} from "../../shared/protocol/limits.ts";
import { serverFaults } from "../../shared/protocol/reasons.ts";
import type { Fault } from "../../shared/protocol/status.ts";
import { heldBytesMax, heldBytesPerHostMax } from "./held_bytes.ts";
import {
  type ByteRate,
  callsOfContactsMax,
  callsOfUnknownMax,
  inADay,
  relayBytesOfKeyPerDay,
  relayBytesPerSecond,
  relayKeysOfHost,
  relayRate,
  relaysMax,
  relaysPerHostMax,
  relaysPerKeyMax,
} from "./relay_limits.ts";
import { hostRates, keyRates, type Rates, slowedMaxMs } from "./rates.ts";

export type { ByteRate } from "./relay_limits.ts";
export type { RatedVerb, Rates } from "./rates.ts";

/** How much mail a server keeps. */
export interface MailCapacity {
  /** Mails in one mailbox, and their bytes. */
  readonly mailboxMails: number;
  readonly mailboxBytes: number;
  /** The part of these that one sender may fill. */
  readonly shareMails: number;
  readonly shareBytes: number;
  /** What unknown senders may fill of the mailbox of somebody who has named contacts. */
  readonly unknownMails: number;
  readonly unknownBytes: number;
  /** Mails from one host in all mailboxes, and their bytes. */
  readonly hostMails: number;
  readonly hostBytes: number;
  /** Mails of one sender in all mailboxes, and their bytes. */
  readonly senderMails: number;
  readonly senderBytes: number;
  /** All mails, and their bytes. */
  readonly mails: number;
  readonly mailsBytes: number;
}

/** How much a server keeps of who is whose contact. */
export interface ContactsCapacity {
  /** Bytes of all lists. */
  readonly contactBytes: number;
  /** Bytes of the lists that come from one host. */
  readonly contactBytesOfHost: number;
}

/** How much a server relays. */
export interface RelayCapacity {
  /** Pairs at once, and those of one key and of one host that have asked for it. */
  readonly relays: number;
  readonly relaysPerKey: number;
  readonly relaysPerHost: number;
  /** Calls that wait for one client, from its contacts and from others. */
  readonly callsOfContacts: number;
  readonly callsOfUnknown: number;
  /** What is forwarded of all pairs together, of one, of what one key says, and one host. */
  readonly relayRate: ByteRate;
  readonly relayRateOfPair: ByteRate;
  readonly relayRateOfKey: ByteRate;
  readonly relayRateOfHost: ByteRate;
}

/** How much a server takes on. */
export interface Capacity extends MailCapacity, ContactsCapacity, RelayCapacity {
  readonly connections: number;
  readonly connectionsPerHost: number;
  readonly registrations: number;
  readonly registrationsPerHost: number;
  /** Names that keys own. */
  readonly names: number;
  /** Names that keys may take from one host within `newNamesWindowMs`. */
  readonly newNamesPerHost: number;
  /** How often a host, and a key, may ask for what. */
  readonly hostRates: Rates;
  readonly keyRates: Rates;
  /** How long a request is put off at most, in milliseconds. */
  readonly slowedMs: number;
  /** Bytes that are unanswered or unread, in all and of one host. */
  readonly heldBytes: number;
  readonly heldBytesPerHost: number;
  /** Whether the server's own host has no bound and no rate of its own: its users could do worse. */
  readonly exemptsOwnHost: boolean;
}

/** What a server takes on unless it is told otherwise. */
export const defaultCapacity: Capacity = {
  connections: connectionsMax,
  connectionsPerHost: connectionsPerHostMax,
  registrations: registrationsMax,
  registrationsPerHost: registrationsPerHostMax,
  names: namesMax,
  newNamesPerHost: newNamesPerHostMax,
  contactBytes: contactListsBytesMax,
  contactBytesOfHost: contactListsOfHostBytesMax,
  hostRates,
  keyRates,
  slowedMs: slowedMaxMs,
  heldBytes: heldBytesMax,
  heldBytesPerHost: heldBytesPerHostMax,
  exemptsOwnHost: true,
  relays: relaysMax,
  relaysPerKey: relaysPerKeyMax,
  relaysPerHost: relaysPerHostMax,
  callsOfContacts: callsOfContactsMax,
  callsOfUnknown: callsOfUnknownMax,
  relayRate,
  ...relayRates(relayBytesPerSecond, relayBytesOfKeyPerDay),
  mailboxMails: mailboxMailsMax,
  mailboxBytes: mailboxBytesMax,
  shareMails: shareMailsMax,
  shareBytes: shareBytesMax,
  unknownMails: unknownMailsMax,
  unknownBytes: unknownMailsBytesMax,
  hostMails: hostMailsMax,
  hostBytes: hostMailsBytesMax,
  senderMails: senderMailsMax,
  senderBytes: senderBytesMax,
  mails: mailsMax,
  mailsBytes: mailsBytesMax,
};

/**
 * What a pair, a key and a host may say over the relay.
 *
 * @param bytesPerSecond Bytes of a pair, both together.
 * @param bytesOfKeyPerDay Bytes of a key.
 */
export function relayRates(bytesPerSecond: number, bytesOfKeyPerDay: number) {
  return {
    relayRateOfPair: { burst: 4 * bytesPerSecond, perSecond: bytesPerSecond },
    relayRateOfKey: inADay(bytesOfKeyPerDay),
    relayRateOfHost: inADay(relayKeysOfHost * bytesOfKeyPerDay),
  } as const;
}

/** From where something comes, as what is kept of it is counted. Both are empty for the server's own host. */
export interface Source {
  /** The host, of IPv6 its /64. */
  readonly host: string;
  /** The site of an IPv6 host, its /48; else empty. */
  readonly site: string;
}

/** Where a host is counted. */
export function sourceOf(host: string): Source {
  // Users of the server's own machine could do worse.
  if (isLoopback(host)) return { host: "", site: "" };
  const [own, site] = [hostPrefix(host), sitePrefix(host)];
  return { host: own, site: site === own ? "" : site };
}

/** The bound of a host. */
export type PerHost = (host: string) => number;

/** The same bound for every host but the server's own, if that is exempt. */
export function perHost(
  max: number,
  { exemptsOwnHost }: Pick<Capacity, "exemptsOwnHost">,
): PerHost {
  return (host) => exemptsOwnHost && isLoopback(host) ? Infinity : max;
}

/**
 * How many of something each host has, and whether it may have more. With IPv6 a host is a /64, and all hosts of
 * a /48 together may have as much as `siteHostsMax` of them. Hosts with none take no memory.
 */
export class HostQuota {
  readonly #maxOf: PerHost;
  readonly #counts = new Map<string, number>();

  constructor(maxOf: PerHost) {
    this.#maxOf = maxOf;
  }

  /**
   * Whether a host has as many as it may. A host that has none may have one.
   *
   * @param instead The host of one that is given up for it, if there is one.
   */
  isFull(host: string, instead?: string): boolean {
    const max = this.#maxOf(host);
    const [own, site] = [hostPrefix(host), sitePrefix(host)];
    if (this.#countOf(own, instead && hostPrefix(instead)) >= max) return true;
    return site !== own &&
      this.#countOf(site, instead && sitePrefix(instead)) >= max * siteHostsMax;
  }

  /** Counts one more. */
  add(host: string): void {
    this.#change(host, 1);
  }

  /** Counts one less of those that were added. */
  remove(host: string): void {
    this.#change(host, -1);
  }

  /** Forgets all. */
  clear(): void {
    this.#counts.clear();
  }

  #countOf(prefix: string, instead: string | undefined): number {
    const count = this.#counts.get(prefix) ?? 0;
    // Whoever has none may have one, even if the bound is 0.
    if (count === 0) return -Infinity;
    return prefix === instead ? count - 1 : count;
  }

  #change(host: string, by: 1 | -1): void {
    const [own, site] = [hostPrefix(host), sitePrefix(host)];
    this.#changeOf(own, by);
    if (site !== own) this.#changeOf(site, by);
  }

  #changeOf(prefix: string, by: 1 | -1): void {
    const count = (this.#counts.get(prefix) ?? 0) + by;
    if (count === 0) this.#counts.delete(prefix);
    else this.#counts.set(prefix, count);
  }
}

/** The connections of a server. */
export class Admission {
  readonly #max: number;
  readonly #perHost: HostQuota;
  #count = 0;

  constructor(capacity: Capacity) {
    this.#max = capacity.connections;
    this.#perHost = new HostQuota(perHost(capacity.connectionsPerHost, capacity));
  }

  /** How many are open. */
  get count(): number {
    return this.#count;
  }

  /** Counts a connection in. @returns Why it is refused; then it is not counted. */
  enter(observedHost: string): Fault | undefined {
    if (this.#count >= this.#max) {
      return serverFaults.tooManyConnections;
    }
    if (this.#perHost.isFull(observedHost)) {
      return serverFaults.tooManyConnectionsOfHost(observedHost);
    }
    this.#count++;
    this.#perHost.add(observedHost);
    return undefined;
  }

  /** Counts a connection out. */
  leave(observedHost: string): void {
    this.#count--;
    this.#perHost.remove(observedHost);
  }
}
