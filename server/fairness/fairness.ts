/**
 * Fairness between those whom a server serves: in time, in how often they ask, and in the memory that it takes until
 * they have been answered. Nobody who asks for much can keep others waiting, and nobody can fill the memory.
 *
 * Who asks too often is slowed first and refused later, as Ergo's fakelag does it. That is counted by host and by
 * key. If a host has used up what is its own, those of its clients whose keys are known still have what is theirs.
 *
 * @module
 */

import type { PublicKey } from "../../shared/crypto/public_key.ts";
import { hostPrefix, sitePrefix } from "../../shared/net/host_prefix.ts";
import { isLoopback } from "../../shared/net/address.ts";
import { siteHostsMax } from "../../shared/protocol/limits.ts";
import { header, type Message } from "../../shared/protocol/message.ts";
import { type Fault, isFault } from "../../shared/protocol/status.ts";
import type { Clock, TimerClock } from "../../shared/time/clock.ts";
import type { Capacity, RatedVerb } from "../limits/limits.ts";
import { Buckets } from "./buckets.ts";
import { kindOf } from "./costs.ts";
import { Turns, WaitingConnections } from "./turns.ts";

/** Whose connection it is. */
export interface Holder {
  /** The key that has been proven on the connection last. */
  readonly provenKey: PublicKey | undefined;
  /** Ends the connection: there is no more memory for what it holds. */
  close(): void;
}

/** What fairness needs to know. */
export interface FairnessOptions {
  /** The time as of the last sweep. */
  readonly clock: Clock;
  readonly timer: TimerClock;
  readonly capacity: Capacity;
  /** Whether a key owns a name. */
  readonly owns: (key: string, name: string) => boolean;
}

/** A host or a site, while it has connections or its buckets are not full. */
interface Host {
  readonly waiting: WaitingConnections;
  readonly prefix: string;
  readonly buckets: Buckets | undefined;
  readonly site: Host | undefined;
  connections: number;
  heldBytes: number;
}

/** Buckets of keys that are kept at most. The oldest make room: whoever has as many keys has as many rates anyway. */
const keysMax = 100_000;

/** What one connection may do before others have their turn, in units of about 5 µs. */
const unitsPerTurn = 32;

/** How often buckets that are full again are looked for, in milliseconds. */
const forgetMs = 60_000;

/** Fairness between the connections of a server. */
export class Fairness {
  readonly #options: FairnessOptions;
  readonly #turns: Turns;
  readonly #hosts = new Map<string, Host>();
  readonly #keys = new Map<string, Buckets>();
  readonly #visitors = new Set<Visitor>();
  /** Those that are slowed. */
  #slowed: { readonly untilMs: number; readonly go: () => void }[] = [];
  #heldBytes = 0;
  #forgetAtMs = 0;

  constructor(options: FairnessOptions) {
    this.#options = options;
    this.#turns = new Turns(options.timer);
  }

  /** Lets a connection in. */
  enter(observedHost: string, holder: Holder): Visitor {
    const host = this.#hostOf(observedHost);
    host.connections++;
    const visitor = new Visitor(this, this.#turns, host, holder);
    this.#visitors.add(visitor);
    return visitor;
  }

  /** Forgets a connection that has ended. */
  leave(visitor: Visitor): void {
    this.hold(visitor, -visitor.heldBytes);
    this.#visitors.delete(visitor);
    visitor.host.connections--;
  }

  /** Lets those go on whose time has come. */
  sweep(): void {
    const nowMs = this.#options.clock.now();
    const due = this.#slowed.filter(({ untilMs }) => untilMs <= nowMs);
    if (due.length > 0) this.#slowed = this.#slowed.filter(({ untilMs }) => untilMs > nowMs);
    for (const { go } of due) go();
    this.#turns.renew();
    if (nowMs < this.#forgetAtMs) return;
    this.#forgetAtMs = nowMs + forgetMs;
    this.#forget(nowMs);
  }

  /** Lets all go on who wait: their connections have ended. */
  close(): void {
    for (const { go } of this.#slowed) go();
    this.#slowed = [];
    this.#turns.close();
  }

  /**
   * Asks whether a request may be answered, and counts it.
   *
   * @returns How long it has to wait, in milliseconds. If it is refused that is less than 0, and says in how many
   * milliseconds it would not be.
   */
  toll({ host, holder }: Visitor, request: Message | Fault, verb: RatedVerb): number {
    const { provenKey } = holder;
    if (provenKey === undefined && host.buckets === undefined) return 0;
    const { clock, capacity: { slowedMs } } = this.#options;
    const nowMs = clock.now();
    const hostMs = Math.max(
      host.buckets?.waitMs(verb, nowMs) ?? 0,
      host.site?.buckets?.waitMs(verb, nowMs) ?? 0,
    );
    const own = provenKey !== undefined
      ? this.#bucketsOf(provenKey)
      : hostMs > 0
      ? this.#reserve(host, request)
      : undefined;
    const waitMs = own?.waitMs(verb, nowMs) ?? hostMs;
    if (waitMs > slowedMs) return slowedMs - waitMs;
    own?.take(verb, nowMs);
    // What is asked from the reserve makes the others of that host wait no longer.
    if (own === undefined || hostMs === 0) {
      host.buckets?.take(verb, nowMs);
      host.site?.buckets?.take(verb, nowMs);
    }
    return waitMs;
  }

  /** Waits until a sweep after so many milliseconds. */
  slow(ms: number): Promise<void> {
    const { promise, resolve: go } = Promise.withResolvers<void>();
    this.#slowed.push({ untilMs: this.#options.clock.now() + ms, go });
    return promise;
  }

  /** Counts memory that a connection takes more, or less, until what it has asked is answered and read. */
  hold(visitor: Visitor, bytes: number): void {
    if (visitor.isClosed || bytes === 0) return;
    const { host } = visitor;
    const { heldBytes: bytesMax, heldBytesPerHost: hostBytesMax } = this.#options.capacity;
    if (visitor.heldBytes === 0) visitor.heldSinceMs = this.#options.clock.now();
    visitor.heldBytes += bytes;
    host.heldBytes += bytes;
    this.#heldBytes += bytes;
    if (host.heldBytes > hostBytesMax) this.#relieve(host, hostBytesMax);
    if (this.#heldBytes > bytesMax) {
      const most = Math.max(...Array.from(this.#hosts.values(), ({ heldBytes }) => heldBytes));
      const largest = [...this.#hosts.values()].find(({ heldBytes }) => heldBytes === most)!;
      this.#relieve(largest, most);
    }
  }

  /** Closes those connections of a host that have held memory for the longest, until a quarter is free. */
  #relieve(host: Host, maxBytes: number): void {
    const holders = [...this.#visitors]
      .filter((visitor) => visitor.host === host && visitor.heldBytes > 0)
      .sort((a, b) => a.heldSinceMs - b.heldSinceMs);
    for (const visitor of holders) {
      if (host.heldBytes <= maxBytes * 3 / 4) return;
      this.hold(visitor, -visitor.heldBytes);
      visitor.isClosed = true;
      visitor.holder.close();
    }
  }

  /** What a key has that its host's bound does not take away, before it has been proven on this connection. */
  #reserve(host: Host, request: Message | Fault): Buckets | undefined {
    if (isFault(request)) return undefined;
    const [key, name] = [header(request, "Key"), header(request, "clientID")];
    if (key === undefined || name === undefined || !this.#options.owns(key, name)) return undefined;
    // Anybody can name the key: what they use up is that of their host.
    return this.#bucketsOf(`${host.prefix} ${key}`);
  }

  #bucketsOf(key: string): Buckets {
    let buckets = this.#keys.get(key);
    if (buckets === undefined) {
      buckets = new Buckets(this.#options.capacity.keyRates);
      this.#keys.set(key, buckets);
      const [oldest] = this.#keys.keys();
      if (this.#keys.size > keysMax) this.#keys.delete(oldest!);
    }
    return buckets;
  }

  #hostOf(observedHost: string): Host {
    const prefix = hostPrefix(observedHost);
    const known = this.#hosts.get(prefix);
    if (known !== undefined) return known;
    const { capacity } = this.#options;
    const isOwn = capacity.exemptsOwnHost && isLoopback(observedHost);
    const site = sitePrefix(observedHost);
    const host = {
      prefix,
      buckets: isOwn ? undefined : new Buckets(capacity.hostRates),
      site: isOwn || site === prefix ? undefined : this.#siteOf(site),
      connections: 0,
      heldBytes: 0,
      waiting: new WaitingConnections(),
    };
    this.#hosts.set(prefix, host);
    return host;
  }

  #siteOf(prefix: string): Host {
    let site = this.#hosts.get(prefix);
    if (site === undefined) {
      const buckets = new Buckets(this.#options.capacity.hostRates, siteHostsMax);
      site = {
        prefix,
        buckets,
        site: undefined,
        connections: 0,
        heldBytes: 0,
        waiting: new WaitingConnections(),
      };
      this.#hosts.set(prefix, site);
    }
    // As long as the host is kept.
    site.connections++;
    return site;
  }

  /** Forgets whoever has no connection and has used up nothing. */
  #forget(nowMs: number): void {
    for (const [prefix, { buckets, connections, site }] of this.#hosts) {
      if (connections > 0 || buckets?.areFull(nowMs) === false) continue;
      this.#hosts.delete(prefix);
      if (site !== undefined) site.connections--;
    }
    for (const [key, buckets] of this.#keys) if (buckets.areFull(nowMs)) this.#keys.delete(key);
  }
}

/** A connection, as fairness sees it. */
export class Visitor {
  readonly #fairness: Fairness;
  readonly #turns: Turns;
  readonly host: Host;
  readonly holder: Holder;
  heldBytes = 0;
  heldSinceMs = 0;
  /** Whether it was closed because of what it held. */
  isClosed = false;
  /** What may still be done in this turn, in units of about 5 µs. */
  #left = 0;

  constructor(fairness: Fairness, turns: Turns, host: Host, holder: Holder) {
    this.#fairness = fairness;
    this.#turns = turns;
    this.host = host;
    this.holder = holder;
  }

  /** Begins to answer what a read has brought. */
  begin(): void {
    this.#left = unitsPerTurn;
  }

  /**
   * Asks whether a request may be answered now, and counts it.
   *
   * @returns Undefined if it may. Else what has to be waited for: a turn, since others wait for theirs, or a token.
   * It is rejected never, and gives the seconds after which the request may be made again if it is refused.
   */
  admit(request: Message | Fault): Promise<number | undefined> | undefined {
    const { verb, cost } = kindOf(request);
    const tollMs = this.#fairness.toll(this, request, verb);
    if (tollMs !== 0) return this.#slow(tollMs, cost);
    const isFirst = this.#left === unitsPerTurn;
    if ((this.#left > 0 || !this.#turns.areAwaited) && this.#turns.spend(cost)) {
      this.#left -= cost;
      return undefined;
    }
    return this.#next(cost, isFirst);
  }

  /** Counts memory that the connection takes more, or less, until what it has asked is answered and read. */
  hold(bytes: number): void {
    this.#fairness.hold(this, bytes);
  }

  /** Counts the connection out. */
  leave(): void {
    this.#fairness.leave(this);
  }

  async #slow(tollMs: number, cost: number): Promise<number | undefined> {
    // Whoever is refused waits for that as well, so that it is of no use to ask again at once.
    await this.#fairness.slow(Math.max(0, tollMs));
    await this.#next(cost, false);
    return tollMs < 0 ? Math.ceil(-tollMs / 1000) : undefined;
  }

  async #next(cost: number, isFirst: boolean): Promise<undefined> {
    // What it may do in its turn is counted as done, since it is not known what it will.
    await this.#turns.next(this.host.waiting, isFirst ? cost : unitsPerTurn, isFirst);
    this.#left = unitsPerTurn - cost;
    return undefined;
  }
}
