/**
 * Who is registered, where, and until when: soft state as in SIP (RFC 3261 section 10). It is kept in
 * memory and bounded; every operation costs the same at ten registrations and at a hundred thousand,
 * or grows with the logarithm.
 *
 * @module
 */

import sortedBtree from "sorted-btree";
import type { Address } from "../../shared/address.ts";
import type { Clock } from "../../shared/clock.ts";
import { registrationTtlMaxMs } from "../../shared/protocol/limits.ts";
import { HostCounter } from "../host_counter.ts";
import { ExpiryWheel } from "./expiry_wheel.ts";
import { Rotation, type Turn } from "./rotation.ts";

// The package is CommonJS: what it exports as default arrives as a property.
const BTree = sortedBtree.default;

/** A client that asks to be registered. */
export interface Applicant {
  readonly id: string;
  /** Where others reach it. */
  readonly address: Address;
  /** The IP address that the server sees it at; nobody else may touch the registration. */
  readonly observedHost: string;
  readonly ttlMs: number;
}

/** A registration, as others may see it. */
export interface Registration {
  readonly id: string;
  readonly address: Address;
  readonly observedHost: string;
  readonly expiresAtMs: number;
}

interface Entry extends Turn<Entry> {
  id: string;
  address: Address;
  observedHost: string;
  expiresAtMs: number;
  slot: number;
}

/** Why somebody was not registered. */
export type Refusal =
  | { readonly refused: "taken"; readonly freeInMs: number }
  | { readonly refused: "host-full" }
  | { readonly refused: "full" };

/** A registry's options. */
export interface RegistryOptions {
  readonly clock: Clock;
  /** Registrations at most. */
  readonly max: number;
  /** Registrations at most from one host. */
  readonly maxPerHost: (observedHost: string) => number;
}

/** The registrations of a server. */
export class Registry {
  readonly #clock: Clock;
  readonly #max: number;
  readonly #maxPerHost: (observedHost: string) => number;
  readonly #byId = new Map<string, Entry>();
  readonly #sorted = new BTree<string, Entry>(undefined, compareIds);
  readonly #rotation = new Rotation<Entry>();
  readonly #wheel: ExpiryWheel<Entry>;
  readonly #perHost = new HostCounter();

  constructor({ clock, max, maxPerHost }: RegistryOptions) {
    this.#clock = clock;
    this.#max = max;
    this.#maxPerHost = maxPerHost;
    this.#wheel = new ExpiryWheel(clock.now(), registrationTtlMaxMs);
  }

  /** How many are registered. */
  get size(): number {
    this.expire();
    return this.#byId.size;
  }

  /**
   * Registers a client, or renews or moves the registration that the same host has under that id.
   *
   * @returns The registration, or why there is none.
   */
  register(applicant: Applicant): Registration | Refusal {
    const now = this.expire();
    const { id, address, observedHost, ttlMs } = applicant;
    // To the second, as the wheel has it, so that nobody is told of a moment at which it is still taken.
    const expiresAtMs = Math.ceil((now + ttlMs) / 1000) * 1000;
    const entry = this.#byId.get(id);
    if (entry !== undefined) {
      if (entry.observedHost !== observedHost) {
        return { refused: "taken", freeInMs: entry.expiresAtMs - now };
      }
      // A refresh changes nothing but the time, and what is not written need not be collected.
      if (entry.address.host !== address.host || entry.address.port !== address.port) {
        entry.address = address;
      }
      entry.expiresAtMs = expiresAtMs;
      entry.slot = this.#wheel.move(entry, entry.slot, expiresAtMs);
      return entry;
    }
    if (this.#byId.size >= this.#max) return { refused: "full" };
    if (this.#perHost.of(observedHost) >= this.#maxPerHost(observedHost)) {
      return { refused: "host-full" };
    }
    const added: Entry = {
      id,
      address,
      observedHost,
      expiresAtMs,
      slot: -1,
      previous: undefined,
      next: undefined,
    };
    added.slot = this.#wheel.add(added, expiresAtMs);
    this.#perHost.add(observedHost);
    this.#byId.set(id, added);
    this.#sorted.set(id, added);
    this.#rotation.append(added);
    return added;
  }

  /** Ends a registration. @returns Whether there was one, or that it is another host's. */
  unregister(id: string, observedHost: string): "removed" | "unknown" | "not-yours" {
    this.expire();
    const entry = this.#byId.get(id);
    if (entry === undefined) return "unknown";
    if (entry.observedHost !== observedHost) return "not-yours";
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

  #forget(entry: Entry): void {
    this.#byId.delete(entry.id);
    this.#sorted.delete(entry.id);
    this.#rotation.remove(entry);
    this.#perHost.remove(entry.observedHost);
  }
}

function compareIds(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0;
}
