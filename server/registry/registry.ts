/**
 * Who is registered, where, and until when: soft state as in SIP (RFC 3261 section 10). It is kept in
 * memory and bounded; every operation costs the same at ten registrations and at a hundred thousand,
 * or grows with the logarithm.
 *
 * @module
 */

import sortedBtree from "sorted-btree";
import type { Address } from "../../shared/net/address.ts";
import type { Clock } from "../../shared/time/clock.ts";
import { type Fingerprint, fingerprintOf, type PublicKey } from "../../shared/crypto/public_key.ts";
import { registrationTtlMaxMs } from "../../shared/protocol/limits.ts";
import { HostQuota, type PerHost } from "../limits/limits.ts";
import { TimerWheel } from "../../shared/time/timer_wheel.ts";
import { RoundRobin, type Turn } from "./round_robin.ts";

// The package is CommonJS: what it exports as default arrives as a property.
const BTree = sortedBtree.default;

/** A client that asks to be registered. */
export interface Applicant {
  readonly id: string;
  /** Where others reach it. */
  readonly address: Address;
  /** The IP address that the server sees it at; nobody else may touch a registration without a key. */
  readonly observedHost: string;
  readonly ttlMs: number;
  /** The public key that has signed; nobody else may touch the registration. */
  readonly key?: PublicKey | undefined;
}

/** A registration, as others may see it. */
export interface Registration {
  readonly id: string;
  readonly address: Address;
  readonly observedHost: string;
  readonly expiresAtMs: number;
  /** Its public key, if it has one. */
  readonly key: PublicKey | undefined;
  /** Of its key, if it has one. */
  readonly fingerprint: Fingerprint | undefined;
}

interface Entry extends Turn<Entry> {
  id: string;
  address: Address;
  observedHost: string;
  expiresAtMs: number;
  key: PublicKey | undefined;
  fingerprint: Fingerprint | undefined;
  slot: number;
}

/** Why somebody was not registered. */
export type Refusal =
  | { readonly refused: "taken"; readonly freeInMs: number }
  | { readonly refused: "keyed" }
  | { readonly refused: "host-full" }
  | { readonly refused: "full" };

/** A registry's options. */
export interface RegistryOptions {
  readonly clock: Clock;
  /** Registrations at most. */
  readonly max: number;
  /** Registrations at most from one host. */
  readonly maxPerHost: PerHost;
  /** Told of an id that is registered now, or no more, or with a key now; not of a refresh. */
  readonly onChange?: (id: string) => void;
}

/** The registrations of a server. */
export class Registry {
  readonly #clock: Clock;
  readonly #max: number;
  readonly #onChange: (id: string) => void;
  readonly #byId = new Map<string, Entry>();
  readonly #sorted = new BTree<string, Entry>(undefined, compareIds);
  readonly #rotation = new RoundRobin<Entry>();
  readonly #wheel: TimerWheel<Entry>;
  readonly #perHost: HostQuota;

  constructor({ clock, max, maxPerHost, onChange = () => {} }: RegistryOptions) {
    this.#clock = clock;
    this.#max = max;
    this.#perHost = new HostQuota(maxPerHost);
    this.#onChange = onChange;
    this.#wheel = new TimerWheel(clock.now(), registrationTtlMaxMs);
  }

  /** How many are registered. */
  get size(): number {
    this.expire();
    return this.#byId.size;
  }

  /** Why an applicant is not registered if it asks now; undefined where it is. */
  refusal(applicant: Applicant): Refusal | undefined {
    const now = this.expire();
    return this.#refusal(applicant, this.#byId.get(applicant.id), now);
  }

  /**
   * Registers a client, or renews or moves the registration that it has under that id: one without a
   * key is the host's that it came from, and one with a key is the key's, from whichever host. To one
   * without a key the same host may put a key.
   *
   * @returns The registration, or why there is none.
   */
  register(applicant: Applicant): Registration | Refusal {
    const now = this.expire();
    const { id, address, observedHost, ttlMs, key } = applicant;
    const entry = this.#byId.get(id);
    const refusal = this.#refusal(applicant, entry, now);
    if (refusal !== undefined) return refusal;
    // To the second, as the wheel has it, so that nobody is told of a moment at which it is still taken.
    const expiresAtMs = Math.ceil((now + ttlMs) / 1000) * 1000;
    if (entry !== undefined) {
      // A refresh changes nothing but the time, and what is not written need not be collected.
      if (entry.address.host !== address.host || entry.address.port !== address.port) {
        entry.address = address;
      }
      if (entry.observedHost !== observedHost) {
        this.#perHost.remove(entry.observedHost);
        this.#perHost.add(observedHost);
        entry.observedHost = observedHost;
      }
      if (entry.key !== key) {
        setKey(entry, key);
        this.#onChange(id);
      }
      entry.expiresAtMs = expiresAtMs;
      entry.slot = this.#wheel.move(entry, entry.slot, expiresAtMs);
      return entry;
    }
    const added: Entry = {
      id,
      address,
      observedHost,
      expiresAtMs,
      key: undefined,
      fingerprint: undefined,
      slot: -1,
      previous: undefined,
      next: undefined,
    };
    setKey(added, key);
    added.slot = this.#wheel.add(added, expiresAtMs);
    this.#perHost.add(observedHost);
    this.#byId.set(id, added);
    this.#sorted.set(id, added);
    this.#rotation.append(added);
    this.#onChange(id);
    return added;
  }

  /**
   * Ends a registration.
   *
   * @param key The public key that has signed, where one has.
   * @returns Whether there was one, or that it is another host's, or a key's that has not signed.
   */
  unregister(
    id: string,
    observedHost: string,
    key?: PublicKey,
  ): "removed" | "unknown" | "not-yours" | "keyed" {
    this.expire();
    const entry = this.#byId.get(id);
    if (entry === undefined) return "unknown";
    if (entry.key !== undefined) {
      if (entry.key !== key) return "keyed";
    } else if (entry.observedHost !== observedHost) {
      return "not-yours";
    }
    this.#wheel.remove(entry, entry.slot);
    this.#forget(entry);
    return "removed";
  }

  /** The registration under an id. */
  find(id: string): Registration | undefined {
    this.expire();
    return this.#byId.get(id);
  }

  /**
   * Gives out the client that has longest not been given out, so that asking again goes round everyone;
   * who is new waits its turn behind the others. Nobody is given out to themselves.
   */
  next(askerId: string): Registration | undefined {
    this.expire();
    const entry = this.#rotation.firstOtherThan(this.#byId.get(askerId));
    if (entry !== undefined) this.#rotation.moveToEnd(entry);
    return entry;
  }

  /** Registrations in the order of their ids, those behind `after`, which itself may be gone by now. */
  *list(after: string | undefined): Generator<Registration> {
    this.expire();
    for (const [id, entry] of this.#sorted.entries(after)) {
      if (id !== after) yield entry;
    }
  }

  /** Ends what has expired. Every operation does so first; an idle server does from time to time. */
  expire(): number {
    const now = this.#clock.now();
    if (this.#wheel.isDue(now)) {
      for (const entry of this.#wheel.expired(now)) this.#forget(entry);
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
      return entry.observedHost === observedHost ? undefined : this.#refusalOfHost(observedHost);
    }
    return entry.observedHost === observedHost
      ? undefined
      : { refused: "taken", freeInMs: entry.expiresAtMs - now };
  }

  #refusalOfHost(observedHost: string): Refusal | undefined {
    return this.#perHost.isFull(observedHost) ? { refused: "host-full" } : undefined;
  }

  #forget(entry: Entry): void {
    this.#byId.delete(entry.id);
    this.#sorted.delete(entry.id);
    this.#rotation.remove(entry);
    this.#perHost.remove(entry.observedHost);
    this.#onChange(entry.id);
  }
}

function setKey(entry: Entry, key: PublicKey | undefined): void {
  if (key === undefined) return;
  entry.key = key;
  entry.fingerprint = fingerprintOf(key);
}

function compareIds(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0;
}
