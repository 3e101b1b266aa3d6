/**
 * Who is registered, where, and until when: soft state as in SIP (RFC 3261 section 10). It is kept in memory and
 * is bounded. Every operation costs the same at ten registrations and at a hundred thousand, or grows with the
 * logarithm.
 *
 * @module
 */

import sortedBtree from "sorted-btree";
import { type Fingerprint, fingerprintOf, type PublicKey } from "../../shared/crypto/public_key.ts";
import { type Address, isNowhere } from "../../shared/net/address.ts";
import { registrationTtlMaxMs, subscribedIdleMs } from "../../shared/protocol/limits.ts";
import { ownCopy } from "../../shared/text/own_copy.ts";
import type { Clock } from "../../shared/time/clock.ts";
import { TimerWheel } from "../../shared/time/timer_wheel.ts";
import { HostQuota, type PerHost } from "../limits/limits.ts";
import { type QueueLinks, RoundRobin } from "./round_robin.ts";

// The package is CommonJS: what it exports as default arrives as a property, or in a bundle as the default itself.
const BTree = sortedBtree.default ?? sortedBtree;

/** Who has made a registration with a key: one run of a client, on one connection. */
export interface Registrant {
  /** The random id of the run; undefined if the client names none. */
  readonly instance: string | undefined;
  /** When its connection was last heard, in the clock's milliseconds; long ago if that has ended. */
  readonly heardAtMs: number;
  /** Told that another instance has its registration now. */
  displaced(clientId: string): void;
}

/** A client that asks to be registered. */
export interface Applicant {
  readonly clientId: string;
  /** Where others reach the client. */
  readonly address: Address;
  /** The IP address that the server sees the client at. A registration without a key is that host's alone. */
  readonly observedHost: string;
  readonly ttlMs: number;
  /** The key that has signed; undefined if none has. A registration with a key is that key's alone. */
  readonly key?: PublicKey | undefined;
  /** Undefined if it has no key. */
  readonly registrant?: Registrant | undefined;
}

/** A registration, as others may see it. */
export interface Registration {
  readonly clientId: string;
  readonly address: Address;
  readonly observedHost: string;
  readonly expiresAtMs: number;
  /** Undefined if it has no key. */
  readonly key: PublicKey | undefined;
  /** That of the key. */
  readonly fingerprint: Fingerprint | undefined;
}

/** Why a client is not registered: the id is in use by another host or key, or there is no room. */
export type Refusal =
  | { readonly refused: "taken"; readonly freeInMs: number }
  | { readonly refused: "keyed" }
  | { readonly refused: "host-full" }
  | { readonly refused: "full" };

/** A registry's options. */
export interface RegistryOptions {
  readonly clock: Clock;
  /** The most registrations that there may be. */
  readonly max: number;
  /** The most registrations that a host may have. */
  readonly maxPerHost: PerHost;
  /** Told of an id that is registered now, or no longer, or has a key now; not of a refresh. */
  readonly onChange?: (clientId: string) => void;
}

interface Entry extends QueueLinks<Entry> {
  readonly clientId: string;
  address: Address;
  observedHost: string;
  expiresAtMs: number;
  key: PublicKey | undefined;
  fingerprint: Fingerprint | undefined;
  registrant: Registrant | undefined;
  /** Where the entry is in the timer wheel. */
  slot: number;
}

/** The registrations of a server. */
export class Registry {
  readonly #clock: Clock;
  readonly #max: number;
  readonly #onChange: (clientId: string) => void;
  readonly #byId = new Map<string, Entry>();
  readonly #sorted = new BTree<string, Entry>(undefined, compareIds);
  /** Those who can be called at their address. */
  readonly #queue = new RoundRobin<Entry>();
  readonly #wheel: TimerWheel<Entry>;
  readonly #perHost: HostQuota;

  constructor({ clock, max, maxPerHost, onChange = () => {} }: RegistryOptions) {
    this.#clock = clock;
    this.#max = max;
    this.#perHost = new HostQuota(maxPerHost);
    this.#onChange = onChange;
    this.#wheel = new TimerWheel(clock.now(), registrationTtlMaxMs);
  }

  /** How many clients are registered. */
  get size(): number {
    this.expire();
    return this.#byId.size;
  }

  /** Why an applicant would not be registered now; undefined if it would be. */
  refusal(applicant: Applicant): Refusal | undefined {
    const now = this.expire();
    return this.#refusal(applicant, this.#byId.get(applicant.clientId), now);
  }

  /**
   * Registers a client, or refreshes or moves its registration. One without a key belongs to the host that it
   * came from, and that host may add a key to it; one with a key belongs to the key, from any host.
   *
   * @returns The registration, or why there is none.
   */
  register(applicant: Applicant): Registration | Refusal {
    const now = this.expire();
    const entry = this.#byId.get(applicant.clientId);
    const refusal = this.#refusal(applicant, entry, now);
    if (refusal !== undefined) return refusal;
    // To the second, as in the wheel: nobody is told of a time at which it is still taken.
    const expiresAtMs = Math.ceil((now + applicant.ttlMs) / 1000) * 1000;
    return entry === undefined
      ? this.#add(applicant, expiresAtMs)
      : this.#refresh(entry, applicant, expiresAtMs);
  }

  /**
   * The instance that has the registration of an applicant, if it is another one of the same key and is still
   * heard from. Of one that names no instance nobody knows whether it is another.
   */
  livingOther({ clientId, key, registrant }: Applicant): Registrant | undefined {
    const now = this.expire();
    const entry = this.#byId.get(clientId);
    const other = entry?.key === key ? entry?.registrant : undefined;
    if (other?.instance === undefined || registrant?.instance === undefined) return undefined;
    const lives = now - other.heardAtMs < subscribedIdleMs;
    return lives && other.instance !== registrant.instance ? other : undefined;
  }

  /**
   * Ends a registration.
   *
   * @param key The key that has signed; undefined if none has.
   * @param leaver Whose registration with that key; undefined for anybody's.
   * @returns Whether there was one; or that it belongs to another host, or to a key that has not signed; or
   * that another instance has it by now.
   */
  unregister(
    clientId: string,
    observedHost: string,
    key?: PublicKey,
    leaver?: Pick<Registrant, "instance">,
  ): "removed" | "unknown" | "not-yours" | "keyed" | "displaced" {
    this.expire();
    const entry = this.#byId.get(clientId);
    if (entry === undefined) return "unknown";
    if (entry.key !== undefined) {
      if (entry.key !== key) return "keyed";
      if (leaver !== undefined && !isSame(leaver, entry.registrant)) return "displaced";
    } else if (entry.observedHost !== observedHost) {
      return "not-yours";
    }
    this.#wheel.remove(entry, entry.slot);
    this.#remove(entry);
    return "removed";
  }

  /** The registration of a client. */
  find(clientId: string): Registration | undefined {
    this.expire();
    return this.#byId.get(clientId);
  }

  /**
   * Names the client that has waited longest to be named, so that asking again and again names everyone; a new
   * one waits behind the others. Nobody is named to themselves, and nobody who is to be called nowhere.
   */
  next(askerId: string): Registration | undefined {
    this.expire();
    const entry = this.#queue.firstOtherThan(this.#byId.get(askerId));
    if (entry !== undefined) this.#queue.moveToEnd(entry);
    return entry;
  }

  /** The registrations in the order of their ids, from behind `after` on, which need not be registered. */
  *list(after: string | undefined): Generator<Registration> {
    this.expire();
    for (const [clientId, entry] of this.#sorted.entries(after)) {
      if (clientId !== after) yield entry;
    }
  }

  /** Ends what has expired. Every operation does so first; an idle server does it from time to time. */
  expire(): number {
    const now = this.#clock.now();
    if (this.#wheel.isDue(now)) {
      for (const entry of this.#wheel.expired(now)) this.#remove(entry);
    }
    return now;
  }

  #refusal(applicant: Applicant, entry: Entry | undefined, now: number): Refusal | undefined {
    const { observedHost, key } = applicant;
    if (entry === undefined) {
      return this.#byId.size >= this.#max ? { refused: "full" } : this.#refusalOfHost(observedHost);
    }
    if (entry.key !== undefined) {
      if (entry.key !== key) return { refused: "keyed" };
      return entry.observedHost === observedHost
        ? undefined
        : this.#refusalOfHost(observedHost, entry.observedHost);
    }
    return entry.observedHost === observedHost
      ? undefined
      : { refused: "taken", freeInMs: entry.expiresAtMs - now };
  }

  #refusalOfHost(observedHost: string, instead?: string): Refusal | undefined {
    return this.#perHost.isFull(observedHost, instead) ? { refused: "host-full" } : undefined;
  }

  #add(applicant: Applicant, expiresAtMs: number): Entry {
    const { observedHost, key, registrant } = applicant;
    // What came in the request is a part of what was read.
    const clientId = ownCopy(applicant.clientId);
    const entry: Entry = {
      clientId,
      address: ownAddress(applicant.address),
      observedHost,
      expiresAtMs,
      key,
      fingerprint: key && fingerprintOf(key),
      registrant,
      slot: -1,
      previous: undefined,
      next: undefined,
    };
    entry.slot = this.#wheel.add(entry, expiresAtMs);
    this.#perHost.add(observedHost);
    this.#byId.set(clientId, entry);
    this.#sorted.set(clientId, entry);
    if (!isNowhere(entry.address)) this.#queue.append(entry);
    this.#onChange(clientId);
    return entry;
  }

  #refresh(entry: Entry, applicant: Applicant, expiresAtMs: number): Entry {
    const { address, observedHost, key, registrant } = applicant;
    // Most refreshes change nothing but the time, and what is not written need not be collected.
    if (entry.address.host !== address.host || entry.address.port !== address.port) {
      const wasNowhere = isNowhere(entry.address);
      if (!wasNowhere && isNowhere(address)) this.#queue.remove(entry);
      entry.address = ownAddress(address);
      if (wasNowhere && !isNowhere(address)) this.#queue.append(entry);
    }
    if (entry.observedHost !== observedHost) {
      this.#perHost.remove(entry.observedHost);
      this.#perHost.add(observedHost);
      entry.observedHost = observedHost;
    }
    if (key !== undefined && entry.key !== key) {
      entry.key = key;
      entry.fingerprint = fingerprintOf(key);
      this.#onChange(entry.clientId);
    }
    if (entry.registrant !== registrant) entry.registrant = registrant;
    entry.expiresAtMs = expiresAtMs;
    entry.slot = this.#wheel.move(entry, entry.slot, expiresAtMs);
    return entry;
  }

  #remove(entry: Entry): void {
    this.#byId.delete(entry.clientId);
    this.#sorted.delete(entry.clientId);
    if (!isNowhere(entry.address)) this.#queue.remove(entry);
    this.#perHost.remove(entry.observedHost);
    this.#onChange(entry.clientId);
  }
}

function ownAddress({ host, port }: Address): Address {
  return { host: ownCopy(host), port };
}

/** Whether both are the same connection, or the same instance on any. */
function isSame(leaver: Pick<Registrant, "instance">, of: Registrant | undefined): boolean {
  return leaver === of || (leaver.instance !== undefined && leaver.instance === of?.instance);
}

function compareIds(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0;
}
