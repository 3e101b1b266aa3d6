/**
 * The servers that a client speaks with: its own, and those beside it at which somebody is to be found whom the user
 * has named with their server, as `bob@chat.example.org`. Whatever is asked about somebody is asked of the servers
 * where they are; whatever is asked about this client, of its own.
 *
 * @module
 */

import { BoundedMap } from "../../shared/collections/bounded_map.ts";
import { type Fingerprint, fingerprintOf, type PublicKey } from "../../shared/crypto/public_key.ts";
import type { Address } from "../../shared/net/address.ts";
import type { ServerAddress } from "../../shared/net/server_address.ts";
import type { Message } from "../../shared/protocol/message.ts";
import type { PathTaken } from "../../shared/protocol/path_count.ts";
import type { KnownClient } from "../events.ts";
import type { Addressee, Deposit, MailIntake } from "../mailbox/mailbox.ts";
import type {
  Listed,
  PresenceStatus,
  Registered,
  RegisteredConnection,
  SealingKeys,
} from "../rendezvous/rendezvous.ts";
import type { PeerConn } from "../transport/transport.ts";
import { reasonOf, UserError } from "../user_error.ts";
import { Elsewhere, isForAll } from "./elsewhere.ts";
import { PathCounts } from "./path_counts.ts";
import { formatOtherServer, parsePeerAt, placeOf } from "./peer_at.ts";
import { beginWith, type Served, type ServersOptions, Visits } from "./visits.ts";

export type { Visits } from "./visits.ts";

/** People of whom it is remembered at which server they were found last. */
const foundMax = 4_096;

/** All servers of a client. */
export class Servers {
  readonly #options: ServersOptions;
  readonly #home: Served;
  /** How conversations go, for the client's own server alone. */
  readonly #paths = new PathCounts();
  /** Those beside it. */
  readonly visits: Visits;
  readonly #elsewhere: Elsewhere;
  /** Where those are who have been named with their server, and whose key is not known yet. */
  readonly #named = new BoundedMap<string, string>(foundMax);
  /** Where somebody was found last. */
  readonly #found = new BoundedMap<string, Served>(foundMax);

  /** @throws {TypeError} If no server is named. */
  constructor(options: ServersOptions) {
    this.#options = options;
    this.#home = beginWith({ ...options, paths: this.#paths });
    this.visits = new Visits(options);
    this.#elsewhere = new Elsewhere(options);
  }

  /** See {@linkcode Rendezvous.registered}: with the client's own server, as all that names nobody. */
  get registered(): boolean {
    return this.#home.rendezvous.registered;
  }

  /** See {@linkcode Rendezvous.address}. */
  get address(): Address | undefined {
    return this.#home.rendezvous.address;
  }

  /** See {@linkcode Rendezvous.serverHost}. */
  get serverHost(): string {
    return this.#home.rendezvous.serverHost;
  }

  /** See {@linkcode Rendezvous.connection}. */
  get connection(): RegisteredConnection | undefined {
    return this.#home.rendezvous.connection;
  }

  /**
   * Looks for somebody at the server that the user has named with them. They are looked for there first from now on.
   *
   * @param to Whom the user has named, with a server or without.
   * @returns Their name; `to` itself if no server is named with it.
   * @throws {UserError} If the server may not be asked, cannot be, or does not know them; or another of that name is
   * known here.
   */
  async turnTo(to: string): Promise<string> {
    const { name, server } = parsePeerAt(to) ?? {};
    if (name === undefined || server === undefined) return to;
    const place = placeOf(server);
    if (this.#isOwn(place)) return name;
    const served = this.visits.at(place);
    if (served === undefined) {
      throw new UserError({ code: "server-not-allowed", server: formatOtherServer(server), name });
    }
    const { knownPeers, otherServers } = this.#options.store;
    const key = knownPeers.find(name)?.key;
    if (key !== undefined && otherServers.placesOf(key).includes(place)) return name;
    const { rendezvous } = served;
    try {
      await rendezvous.lookUp(name);
    } catch (error) {
      // Somebody who is away can be written to.
      if (rendezvous.sealingKeysOf(name) === undefined) throw error;
    }
    const there = rendezvous.serverFingerprint(name);
    if (key !== undefined && there !== undefined && fingerprintOf(key) !== there) {
      const keys = { known: fingerprintOf(key), there };
      throw new UserError({ code: "another-of-that-name", name, server: place, ...keys });
    }
    if (key !== undefined) this.met(name, key, place);
    else this.#named.set(name, place);
    this.#found.set(name, served);
    return name;
  }

  /** Somebody's key is known now: if they were named with a server, that is remembered. Never throws. */
  met(name: string, key: PublicKey, place = this.#named.get(name)): void {
    if (place === undefined) return;
    const { store: { otherServers }, clock, onProblem } = this.#options;
    try {
      otherServers.notePeer(key, place, clock.timeOfDay());
      this.#named.delete(name);
    } catch (error) {
      onProblem({ code: "server-not-noted", name, server: place, reason: reasonOf(error) });
    }
  }

  /** See {@linkcode Rendezvous.register}. The others are registered with as well, in their own time. */
  async register(onRegistered?: (registered: Registered) => void): Promise<Registered> {
    this.visits.register();
    return await this.#home.rendezvous.register(onRegistered);
  }

  /** See {@linkcode Rendezvous.stayRegistered}, and {@linkcode register}. */
  async stayRegistered(onRegistered?: (registered: Registered) => void): Promise<void> {
    this.visits.register();
    await this.#home.rendezvous.stayRegistered(onRegistered);
  }

  /** See {@linkcode Rendezvous.authenticate}. The others are shown it as well, as far as they can be reached. */
  async authenticate(): Promise<boolean> {
    const others = this.visits.authenticate();
    const isKnown = await this.#home.rendezvous.authenticate();
    return await others || isKnown;
  }

  /** See {@linkcode Rendezvous.unregister}. */
  async unregister(): Promise<void> {
    const others = this.visits.unregister();
    await this.#home.rendezvous.unregister().finally(() => others);
  }

  /** Takes back what registrations there are. One of which a server does not hear runs out by itself. Never rejects. */
  async leave(): Promise<void> {
    const registered = this.#all.filter(({ rendezvous }) => rendezvous.registered);
    await Promise.all(registered.map(({ rendezvous }) => rendezvous.unregister().catch(() => {})));
  }

  /** See {@linkcode Rendezvous.check}. */
  check(): void {
    for (const { rendezvous } of this.#all) rendezvous.check();
  }

  /** See {@linkcode Rendezvous.moved}. */
  moved(gone: ReadonlySet<string>): void {
    for (const { rendezvous } of this.#all) rendezvous.moved(gone);
  }

  /** See {@linkcode Rendezvous.everyone}. */
  everyone(limit?: number): Promise<Listed> {
    return this.#home.rendezvous.everyone(limit);
  }

  /** One's own servers, as contacts may be told: those that anybody can reach. */
  get told(): readonly ServerAddress[] {
    return this.#options.relayOnly === true ? [] : this.#options.servers.filter(isForAll);
  }

  /** See {@linkcode Rendezvous.reflect}: at the first server that does. */
  async reflect(
    ask: (server: Address, certificate: Uint8Array) => Promise<Address>,
  ): Promise<Address | undefined> {
    for (const { rendezvous } of this.#all) {
      const seen = await rendezvous.reflect(ask);
      if (seen !== undefined) return seen;
    }
    return undefined;
  }

  /** Counts how a conversation goes; undefined if nobody is told: of people at other servers, and with `relayOnly`. */
  pathCounter(name: string): ((path: PathTaken) => void) | undefined {
    const isTold = this.#options.relayOnly !== true && this.#whereIs(name) === this.#home;
    return isTold ? (path) => this.#paths.note(name, path) : undefined;
  }

  /**
   * See {@linkcode Rendezvous.lookUp}. Somebody who may be at several servers is asked for at all of them.
   *
   * @throws {UserError} What the server says where they should be, if none knows them.
   */
  async lookUp(target?: string): Promise<KnownClient | undefined> {
    if (target === undefined) return await this.#home.rendezvous.lookUp();
    const servers = this.#of(target);
    try {
      if (servers.length === 1) return await this.#lookUpAt(servers[0], target);
      const key = this.#options.store.knownPeers.find(target)?.key;
      return await Promise.any(servers.map((served) => this.#lookUpAt(served, target, key)));
    } catch (error) {
      const found = await this.#elsewhere.find(target);
      if (found !== undefined) return found;
      throw error instanceof AggregateError ? error.errors[0] : error;
    }
  }

  async #lookUpAt(
    served: Served,
    target: string,
    key?: PublicKey,
  ): Promise<KnownClient | undefined> {
    const found = await served.rendezvous.lookUp(target);
    // Somebody else may go by that name elsewhere.
    const isOther = key !== undefined && found?.fingerprint !== undefined &&
      found.fingerprint !== fingerprintOf(key);
    if (isOther) throw new UserError({ code: "not-registered", name: target });
    if (found?.id === target) this.#found.set(target, served);
    return found;
  }

  /** Whether somebody can be called over a server. */
  relaysTo(name: string): boolean {
    return this.#whereIs(name).rendezvous.relays;
  }

  /** See {@linkcode Rendezvous.relay}. */
  relay(
    target: string,
    key: PublicKey | undefined,
    signal: AbortSignal,
  ): Promise<PeerConn | undefined> {
    return this.#whereIs(target).rendezvous.relay(target, key, signal);
  }

  /** See {@linkcode Rendezvous.serverFingerprint}. */
  serverFingerprint(name: string): Fingerprint | undefined {
    return first(this.#of(name), ({ rendezvous }) => rendezvous.serverFingerprint(name));
  }

  /** See {@linkcode Rendezvous.sealingKeysOf}. */
  sealingKeysOf(name: string): SealingKeys | undefined {
    return first(this.#of(name), ({ rendezvous }) => rendezvous.sealingKeysOf(name));
  }

  /** See {@linkcode Rendezvous.idAt}. */
  idAt(address: Address): string | undefined {
    return first(this.#all, ({ rendezvous }) => rendezvous.idAt(address));
  }

  /** See {@linkcode Rendezvous.contactsChanged}. Only one's own server has the list. */
  contactsChanged(): void {
    this.#home.rendezvous.contactsChanged();
  }

  /** See {@linkcode Rendezvous.tokensChanged}. */
  tokensChanged(): void {
    for (const { rendezvous } of this.#all) rendezvous.tokensChanged();
  }

  /** See {@linkcode Rendezvous.watches}. */
  watches(name: string): boolean {
    return this.#of(name)[0]!.rendezvous.watches(name);
  }

  /** See {@linkcode Rendezvous.watch}. Each is watched where they are looked for first. */
  watch(names: readonly string[]): void {
    const byServer = Map.groupBy(names, (name) => this.#of(name)[0]!);
    for (const served of this.#all) served.rendezvous.watch(byServer.get(served) ?? []);
  }

  /** See {@linkcode Rendezvous.status}. */
  status(name: string): PresenceStatus | undefined {
    return this.#of(name)[0]!.rendezvous.status(name);
  }

  /** Whether there is a mailbox for somebody, as far as is known. */
  keepsMailFor(name: string): boolean {
    return this.#whereIs(name).mailbox.available;
  }

  /** See {@linkcode Mailbox.deposit}: at the server where they are. */
  deposit(to: Addressee, messages: readonly Message[]): Promise<Deposit> {
    return this.#whereIs(to.name).mailbox.deposit(to, messages);
  }

  /** See {@linkcode Mailbox.collect}: from every server. */
  async collect(intake: MailIntake, options: { readonly alsoLeft: boolean }): Promise<void> {
    await Promise.all(this.#all.map(({ mailbox }) => mailbox.collect(intake, options)));
  }

  get #all(): Served[] {
    return [this.#home, ...this.visits.all];
  }

  /** The servers at which somebody may be, at least one, the likeliest first. */
  #of(name: string): [Served, ...Served[]] {
    const named = this.#named.get(name);
    // Before their key is known, who goes by that name elsewhere is somebody else.
    const newlyNamed = named === undefined ? undefined : this.visits.at(named);
    if (newlyNamed !== undefined) return [newlyNamed];
    const [one, ...more] = this.#placesOf(name).flatMap((place) => this.visits.at(place) ?? []);
    return one === undefined ? [this.#home] : [one, ...more, this.#home];
  }

  #whereIs(name: string): Served {
    const all = this.#of(name);
    const found = this.#found.get(name);
    return found !== undefined && all.includes(found) ? found : all[0];
  }

  /** None if the store cannot be read: then it is one's own server that is asked. */
  #placesOf(name: string): readonly string[] {
    if (this.visits.all.length === 0) return [];
    const { knownPeers, otherServers } = this.#options.store;
    try {
      const key = knownPeers.find(name)?.key;
      return key === undefined ? [] : otherServers.placesOf(key);
    } catch (error) {
      if (error instanceof UserError) return [];
      throw error;
    }
  }

  #isOwn(place: string): boolean {
    return this.#options.servers.some((server) => placeOf(server) === place);
  }
}

/** The first answer that there is. */
function first<T, A>(all: readonly T[], ask: (one: T) => A | undefined): A | undefined {
  for (const one of all) {
    const answer = ask(one);
    if (answer !== undefined) return answer;
  }
  return undefined;
}
