/**
 * The relay: two clients that cannot reach each other are joined by the server, which passes on what they say.
 * What that is it cannot know, since they encrypt it from end to end.
 *
 * A client asks for it, and both get the right to be joined: a nonce that each has to sign on a connection of its
 * own. So nobody else can take part, and until they do the server keeps no connection for it.
 *
 * @module
 */

import type { PublicKey } from "../../shared/crypto/public_key.ts";
import { hostPrefix } from "../../shared/net/host_prefix.ts";
import { isLoopback } from "../../shared/net/address.ts";
import type { Clock, TimerClock } from "../../shared/time/clock.ts";
import { type ByteRate, HostQuota, perHost, type RelayCapacity } from "../limits/limits.ts";
import { Allowance } from "./allowance.ts";
import { Buffers, type Destination, forward, type Source } from "./forwarding.ts";
import { type Asker, Pair, type PairOwner, type Party, type Seat } from "./pair.ts";

export type { Seat } from "./pair.ts";

/** What each of the two has to sign. */
export interface Offer {
  readonly asker: string;
  readonly asked: string;
}

/** Why two clients are not joined. */
export type RelayRefusal =
  /** The relay has no more room. */
  | "full"
  /** The asker has as many as it may have, or its host has. */
  | "asker-full"
  | "host-full"
  /** Too many wait for the one that is asked. */
  | "asked-full"
  /** The asker has, or its host has, sent as much as it may for now. */
  | "used-up";

/** What a relay needs. */
export interface RelayOptions {
  /** The time as of the last sweep. */
  readonly clock: Clock;
  readonly timer: TimerClock;
  readonly capacity: RelayCapacity & { readonly exemptsOwnHost: boolean };
}

/** As whom bytes are counted, and how many there may be. */
interface Counted {
  readonly who: string;
  readonly rate: ByteRate;
}

/** How often those are looked for whose time is over, in milliseconds. */
const sweepMs = 1_000;

/** The pairs of a server. */
export class Relay implements PairOwner {
  readonly #options: RelayOptions;
  readonly #pairs = new Set<Pair>();
  readonly #seats = new Map<string, Seat>();
  readonly #ofKey = new Map<PublicKey, number>();
  readonly #ofHost: HostQuota;
  /** Pairs that wait for somebody to come: by who is asked. */
  readonly #awaited = new Map<string, Set<Pair>>();
  /** What each key and each host has sent. */
  readonly #sent = new Map<string, Allowance>();
  readonly #buffers = new Buffers();
  readonly #all: Allowance;
  #sweepAtMs = 0;

  constructor(options: RelayOptions) {
    const { timer, capacity } = options;
    this.#options = options;
    this.#ofHost = new HostQuota(perHost(capacity.relaysPerHost, capacity));
    this.#all = new Allowance(capacity.relayRate, timer.now());
  }

  /** How many pairs there are, and have been promised. */
  get size(): number {
    return this.#pairs.size;
  }

  /** Gives two clients the right to be joined. */
  offer(asker: Asker, asked: Party): Offer | RelayRefusal {
    // Whoever asks again has lost what came of it, as a client has that was started again.
    for (const pair of this.#waitingFor(asked)) {
      if (pair.asker.key === asker.key && pair.asker.clientId === asker.clientId) pair.end();
    }
    const refusal = this.#refusal(asker, asked);
    if (refusal !== undefined) return refusal;
    const nowMs = this.#options.clock.now();
    const pair = new Pair(asker, asked, nowMs, this);
    this.#pairs.add(pair);
    this.#ofKey.set(asker.key, (this.#ofKey.get(asker.key) ?? 0) + 1);
    this.#ofHost.add(asker.host);
    const awaited = this.#awaited.get(nameOf(asked)) ?? new Set();
    this.#awaited.set(nameOf(asked), awaited.add(pair));
    for (const seat of pair.seats) this.#seats.set(seat.nonce, seat);
    const [own, other] = pair.seats;
    return { asker: own.nonce, asked: other.nonce };
  }

  /** The seat to which a nonce is the right; undefined if there is none, or it is taken. */
  seat(nonce: string): Seat | undefined {
    return this.#seats.get(nonce);
  }

  /** Ends what waits for too long, in which nothing flows, or which has lasted long enough. */
  sweep(): void {
    const { clock, timer } = this.#options;
    const nowMs = clock.now();
    if (nowMs < this.#sweepAtMs) return;
    this.#sweepAtMs = nowMs + sweepMs;
    for (const pair of this.#pairs) if (pair.isOver(nowMs)) pair.end();
    if (this.#pairs.size === 0) this.#buffers.free();
    if (this.#sent.size === 0) return;
    const exactMs = timer.now();
    for (const [who, allowance] of this.#sent) {
      if (allowance.isFull(exactMs)) this.#sent.delete(who);
    }
  }

  /** Ends all. */
  close(): void {
    for (const pair of this.#pairs) pair.end();
  }

  taken({ nonce }: Seat): void {
    this.#seats.delete(nonce);
  }

  complete(pair: Pair): void {
    const name = nameOf(pair.asked);
    const awaited = this.#awaited.get(name);
    if (awaited?.delete(pair) && awaited.size === 0) this.#awaited.delete(name);
  }

  ended(pair: Pair): void {
    if (!this.#pairs.delete(pair)) return;
    const { key, host } = pair.asker;
    const count = this.#ofKey.get(key)! - 1;
    if (count === 0) this.#ofKey.delete(key);
    else this.#ofKey.set(key, count);
    this.#ofHost.remove(host);
    for (const { nonce } of pair.seats) this.#seats.delete(nonce);
    this.complete(pair);
  }

  forward(seat: Seat, from: Source, to: Destination): Promise<void> {
    return forward(from, to, this.#buffers, (bytes) => this.#forwarded(seat, bytes));
  }

  /**
   * Counts what has been forwarded. @returns What has to be waited for before more is.
   *
   * @throws {UsedUp} If no more is forwarded of what this one says.
   */
  #forwarded({ pair, party, host }: Seat, bytes: number): Promise<void> | undefined {
    const { timer, capacity } = this.#options;
    const nowMs = timer.now();
    pair.activeAtMs = nowMs;
    for (const counted of this.#countedAs(party.key, host)) {
      if (this.#allowanceOf(counted, nowMs).take(bytes, nowMs) > 0) throw new UsedUp();
    }
    pair.rate ??= new Allowance(capacity.relayRateOfPair, nowMs);
    const waitMs = Math.max(pair.rate.take(bytes, nowMs), this.#all.take(bytes, nowMs));
    return waitMs === 0 ? undefined : pair.pause(waitMs, timer);
  }

  #refusal(asker: Asker, asked: Party): RelayRefusal | undefined {
    const { capacity, timer } = this.#options;
    if (this.#pairs.size >= capacity.relays) return "full";
    if ((this.#ofKey.get(asker.key) ?? 0) >= capacity.relaysPerKey) return "asker-full";
    if (this.#ofHost.isFull(asker.host)) return "host-full";
    const alike = this.#waitingFor(asked)
      .filter((pair) => pair.asker.isContact === asker.isContact);
    const max = asker.isContact ? capacity.callsOfContacts : capacity.callsOfUnknown;
    if (alike.length >= max || alike.some((pair) => this.#areOfOneHost(pair.asker, asker))) {
      return "asked-full";
    }
    const nowMs = timer.now();
    const isUsedUp = this.#countedAs(asker.key, asker.host)
      .some(({ who }) => (this.#sent.get(who)?.waitMs(nowMs) ?? 0) > 0);
    return isUsedUp ? "used-up" : undefined;
  }

  #waitingFor(asked: Party): Pair[] {
    return [...this.#awaited.get(nameOf(asked)) ?? []];
  }

  /** Whether two who are no contacts call from one host, which could be one person with many keys. */
  #areOfOneHost(one: Asker, other: Asker): boolean {
    const { exemptsOwnHost } = this.#options.capacity;
    if (other.isContact || (exemptsOwnHost && isLoopback(other.host))) return false;
    return hostPrefix(one.host) === hostPrefix(other.host);
  }

  #allowanceOf({ who, rate }: Counted, nowMs: number): Allowance {
    const known = this.#sent.get(who);
    if (known !== undefined) return known;
    const allowance = new Allowance(rate, nowMs);
    this.#sent.set(who, allowance);
    return allowance;
  }

  /** As whom a party's bytes are counted. */
  #countedAs(key: PublicKey, host: string): Counted[] {
    const { capacity } = this.#options;
    const counted = [{ who: `key ${key}`, rate: capacity.relayRateOfKey }];
    if (!capacity.exemptsOwnHost || !isLoopback(host)) {
      counted.push({ who: `host ${hostPrefix(host)}`, rate: capacity.relayRateOfHost });
    }
    return counted;
  }
}

/** A party has sent as much as it may for now. */
class UsedUp extends Error {
  override readonly name = "UsedUp";
}

function nameOf({ clientId, key }: Party): string {
  return `${clientId} ${key}`;
}
