/**
 * The servers beside the client's own: which may be asked, and speaking with them. A server learns the name, the key
 * and the address of a client that it registers, so the user allows each first.
 *
 * @module
 */

import {
  formatServerAddress,
  type ServerAddress,
  serverPlace,
} from "../../shared/net/server_address.ts";
import { Mailbox, type MailboxOptions } from "../mailbox/mailbox.ts";
import { Rendezvous, type RendezvousOptions } from "../rendezvous/rendezvous.ts";
import type { Store } from "../store/store.ts";
import type { Network } from "../transport/transport.ts";
import { type Problem, reasonOf, UserError } from "../user_error.ts";
import { formatOtherServer, parseOtherServer, placeOf } from "./peer_at.ts";

/** Servers beside one's own, at most: each is a connection that stays. */
const visitedMax = 8;

/** What speaking with servers needs. */
export interface ServersOptions
  extends RendezvousOptions, Pick<MailboxOptions, "signal" | "onProblem"> {
  readonly store: Pick<Store, "knownPeers" | "otherServers" | "parkedMails">;
  readonly network: Pick<Network, "dialServer" | "interfaces" | "lookUp">;
  /** Whether nobody but the servers that the user has named is to see an address of this client. */
  readonly relayOnly?: boolean;
}

/** A server, or the several of which one is used. */
export interface Served {
  readonly rendezvous: Rendezvous;
  readonly mailbox: Mailbox;
}

/** Begins to speak with servers. @throws {TypeError} If none is named. */
export function beginWith(options: ServersOptions): Served {
  const rendezvous = new Rendezvous(options);
  return { rendezvous, mailbox: new Mailbox({ ...options, rendezvous }) };
}

interface Visited extends Served {
  readonly ending: AbortController;
}

/** The servers beside the client's own. */
export class Visits {
  readonly #options: ServersOptions;
  readonly #open = new Map<string, Visited>();
  #isRegistering = false;

  constructor(options: ServersOptions) {
    this.#options = options;
  }

  /** Those that are spoken with. */
  get all(): readonly Served[] {
    return [...this.#open.values()];
  }

  /** Those that may be asked, as they were named. @throws {UserError} If the store cannot be read. */
  names(): string[] {
    return this.#options.store.otherServers.all().map(({ address }) => address);
  }

  /** The server at a place; undefined if it may not be asked. @throws {UserError} If the store cannot be read. */
  at(place: string): Served | undefined {
    const open = this.#open.get(place);
    if (open !== undefined) return open;
    const allowed = this.#options.store.otherServers.all().find((one) => one.place === place);
    const server = allowed && parseOtherServer(allowed.address);
    return server && this.#keep(place, this.#begin(server));
  }

  /**
   * Allows a server to be asked, from now on and in later runs, and registers with it if this client is registered.
   *
   * @param text Its name. See {@linkcode parseOtherServer}.
   * @throws {UserError} If it cannot be reached, there are too many, or it has spoken TLS before and is to be spoken
   * to in the clear.
   */
  async visit(text: string): Promise<ServerAddress> {
    const { store: { otherServers }, clock, servers } = this.#options;
    const server = parseOtherServer(text);
    if (server === undefined) throw new UserError({ code: "not-a-server-name", text });
    const place = placeOf(server);
    if (servers.some((own) => placeOf(own) === place)) {
      throw new UserError({ code: "own-server", server: place });
    }
    const known = otherServers.all();
    const before = known.find((one) => one.place === place);
    if (before === undefined && known.length >= visitedMax) {
      throw new UserError({ code: "too-many-servers", max: visitedMax, servers: this.names() });
    }
    if (server.tls === undefined && this.#spokeTls(server, before?.address)) {
      throw new UserError({ code: "server-spoke-tls", server: place });
    }
    const visited = this.#begin(server);
    try {
      await visited.rendezvous.connect();
      otherServers.add({ place, address: formatOtherServer(server) }, clock.timeOfDay());
    } catch (error) {
      visited.ending.abort();
      throw error;
    }
    // It may have been spoken with before, in another way.
    this.#end(place);
    this.#keep(place, visited);
    if (this.#isRegistering) await visited.rendezvous.stayRegistered();
    return server;
  }

  /**
   * Has a server be asked no more, and takes the registration there back.
   *
   * @throws {UserError} If it is none that may be asked, or that cannot be saved.
   */
  async leave(text: string): Promise<ServerAddress> {
    const server = parseOtherServer(text);
    if (server === undefined) throw new UserError({ code: "not-a-server-name", text });
    const place = placeOf(server);
    if (!this.#options.store.otherServers.delete(place)) {
      throw new UserError({ code: "not-visited", server: place, visited: this.names() });
    }
    const { rendezvous } = this.#open.get(place) ?? {};
    if (rendezvous?.registered) await rendezvous.unregister().catch(() => {});
    this.#end(place);
    return server;
  }

  /** Registers with all that may be asked, in their own time, and with those that are allowed from now on. Never throws. */
  register(): void {
    this.#isRegistering = true;
    for (const { rendezvous } of this.#all()) rendezvous.stayRegistered();
  }

  /** Shows all that may be asked whose client this is, without registering. Never rejects. @returns Whether one knows how. */
  async authenticate(): Promise<boolean> {
    const shown = this.#all().map(({ rendezvous }) => rendezvous.authenticate().catch(() => false));
    return (await Promise.all(shown)).includes(true);
  }

  /** Takes all registrations back. Never rejects. */
  async unregister(): Promise<void> {
    this.#isRegistering = false;
    // If a server does not hear it, the registration runs out by itself.
    await Promise.all(this.all.map(({ rendezvous }) => rendezvous.unregister().catch(() => {})));
  }

  /** All that may be asked; none if the store cannot be read. */
  #all(): Served[] {
    const { store: { otherServers }, onProblem } = this.#options;
    try {
      return otherServers.all().flatMap(({ place }) => this.at(place) ?? []);
    } catch (error) {
      onProblem({ code: "other-servers-unread", reason: reasonOf(error) });
      return [];
    }
  }

  /** Anybody on the way can have TLS fail: then nothing is said in the clear. */
  #spokeTls(server: ServerAddress, before: string | undefined): boolean {
    return this.#options.proven?.has(serverPlace({ ...server, tls: {} })) === true ||
      before !== undefined && parseOtherServer(before)?.tls !== undefined;
  }

  #begin(server: ServerAddress): Visited {
    const { notices, contacts, signal, onProblem } = this.#options;
    const ending = new AbortController();
    const tell = (problem: Problem) =>
      onProblem({ code: "at-other-server", server: formatServerAddress(server), problem });
    return {
      ending,
      ...beginWith({
        ...this.#options,
        servers: [server],
        legacyServer: false,
        signal: AbortSignal.any([signal, ending.signal]),
        notices: {
          ...notices,
          serverLost: tell,
          registeredAgain: () => {},
          displaced: () => {},
          problem: tell,
        },
        // It gets no list: who one's contacts are concerns one's own server alone.
        ...contacts && {
          contacts: () => ({
            listed: () => undefined,
            laterEpoch: () => {},
            tokenFor: (name) => contacts().tokenFor(name),
          }),
        },
        onProblem: tell,
      }),
    };
  }

  #keep(place: string, visited: Visited): Visited {
    this.#open.set(place, visited);
    return visited;
  }

  #end(place: string): void {
    this.#open.get(place)?.ending.abort();
    this.#open.delete(place);
  }
}
