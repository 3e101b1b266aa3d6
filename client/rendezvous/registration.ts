/**
 * Staying registered. A registration is soft state (RFC 3261 section 10) that lives as long as it is
 * refreshed. If the connection on which it was made is lost, it is made again. Once another instance of the
 * client has taken it over, only the user makes it again: two that take it from each other would never end.
 *
 * @module
 */

import {
  type Address,
  formatAddress,
  isNowhere,
  isUnspecified,
  nowhere,
  parsePort,
  reachableHost,
  takesFamilyOf,
} from "../../shared/net/address.ts";
import { Backoff } from "../../shared/time/backoff.ts";
import { aborted, type TimerClock, wait } from "../../shared/time/clock.ts";
import { type Problem, problemOf, UserError } from "../user_error.ts";
import { registrationTtlAskedMs } from "../../shared/protocol/limits.ts";
import type { Identity } from "../../shared/crypto/identity.ts";
import { formatAgreement } from "../../shared/protocol/agreement_record.ts";
import { type Header, header } from "../../shared/protocol/message.ts";
import { randomId } from "../../shared/protocol/random_id.ts";
import {
  formatFeatures,
  locationHeaders,
  parseWholeNumber,
} from "../../shared/protocol/records.ts";
import { protocolVersion } from "../../shared/protocol/verbs.ts";
import { formatServerAddress, type ServerAddress } from "../../shared/net/server_address.ts";
import type { ControlConnection } from "./control_connection.ts";
import { askedPauseMs, refusalIn, registrationError } from "./registration_refusal.ts";
import { ServerRefusal } from "./reply.ts";
import { requestSigned, type Told } from "./signed_request.ts";

/** However briefly a server lets registrations live, it is not asked more often than this. */
const refreshMinMs = 1_000;

/** The longest time that a timer can take, in milliseconds. A longer one would fire at once. */
const timerMaxMs = 2 ** 31 - 1;

/** How long a server that is lost is left alone, at first and at most. */
const againBackoffMs = { firstMs: 1_000, maxMs: 60_000 };

/** Status code: another instance is registered. */
const displacedStatus = "409";

/** What a registration needs to know. */
export interface RegistrationOptions {
  readonly id: string;
  readonly identity: Identity;
  /** Where the client listens; an unspecified host stands for the one by which the server is reached. */
  readonly listening: Address;
  /** Where the user says that others reach the client, as through a router; where it listens if not given. */
  readonly announced?: Address | undefined;
  readonly connection: ControlConnection;
  readonly clock: TimerClock;
  /** Gives numbers from 0 up to 1. */
  readonly random: () => number;
  /** Stops the refreshing. */
  readonly signal: AbortSignal;
  /** Told why the client is not registered any more. */
  readonly onLost: (problem: Problem) => void;
  /** Told when it is again, or with another server than before. */
  readonly onAgain: (server: ServerAddress) => void;
  /** Told that the server got a signature that may be good at another one, too. */
  readonly onUnchecked: (problem: Problem) => void;
  /** Told that another instance of the client is registered, and that this one is not any more. */
  readonly onDisplaced: () => void;
  /** What the server is told beside, once, when it is asked anyway. */
  readonly paths?: { take(): Told } | undefined;
  /** Called after each registration, refreshes included. What it throws is ignored. */
  readonly onRegistered: () => Promise<void>;
}

/** How the server has registered the client. */
export interface Registered {
  readonly id: string;
  /** Where others are told that the client is. */
  readonly address: Address;
  readonly server: ServerAddress;
  /** How long it lasts without being refreshed, in seconds; undefined if the server does not say. */
  readonly expiresS: number | undefined;
  /** Whether the server has had the key proven, and so keeps the name for it. */
  readonly keyed: boolean;
}

/** A client's registration with its server. */
export class Registration {
  readonly #options: RegistrationOptions;
  #refreshing: AbortController | undefined;
  /** Ends the pause before the next try. */
  #hurrying = new AbortController();
  /** Ends trying to register for the first time. */
  #trying: AbortController | undefined;
  #registering: Promise<Registered> | undefined;
  #registered: Registered | undefined;
  /** This run of the client. */
  readonly #instance = randomId();
  /** The servers of which the user was told that a signature for them may be good elsewhere. */
  readonly #unchecked = new Set<string>();
  /** Those that tell others where we are, whatever we ask: each time that we registered they would do so again. */
  readonly #showing = new Set<string>();
  #askedS = registrationTtlAskedMs / 1000;

  constructor(options: RegistrationOptions) {
    this.#options = options;
  }

  /** Whether the client is registered, as far as it knows. */
  get active(): boolean {
    return this.#refreshing !== undefined;
  }

  /** Where others are told that the client is; undefined while it is not registered. */
  get address(): Address | undefined {
    return this.active ? this.#registered?.address : undefined;
  }

  /**
   * Registers, and from then on stays registered. Done when what follows on that is done, too.
   *
   * @param onRegistered Told as soon as the client is registered.
   * @throws {UserError} If the server refuses or does not answer.
   */
  async start(onRegistered: (registered: Registered) => void = () => {}): Promise<Registered> {
    const registered = await this.#register({ byUser: true });
    this.#trying?.abort();
    this.#refreshing?.abort();
    this.#refreshing = new AbortController();
    onRegistered(registered);
    this.#stay(this.#refreshing.signal);
    await this.#follow();
    return registered;
  }

  /**
   * As {@linkcode start}, but tries until it is registered or the registration is taken back. Done after the first
   * try; why one fails goes where the loss of a registration does.
   */
  async startTrying(onRegistered?: (registered: Registered) => void): Promise<void> {
    const trying = this.#trying = new AbortController();
    const problem = await this.#try(onRegistered);
    const { signal, onLost } = this.#options;
    if (problem === undefined || trying.signal.aborted || signal.aborted) return;
    onLost(problem);
    const either = AbortSignal.any([trying.signal, signal]);
    this.#retry(problem, either, () => this.#try(onRegistered));
  }

  /** @returns Why it is not registered; undefined if it is. */
  async #try(onRegistered?: (registered: Registered) => void): Promise<Problem | undefined> {
    try {
      await this.start(onRegistered);
      return undefined;
    } catch (error) {
      return problemOf(error);
    }
  }

  /**
   * Takes the registration back.
   *
   * @throws {UserError} If the server refuses or does not answer. The registration is not refreshed any more
   * in either case.
   */
  async end(): Promise<void> {
    this.stopRefreshing();
    // A request that is under way would register again, and refresh from then on.
    await this.#registering?.catch(() => {});
    this.stopRefreshing();
    await this.#unregister();
  }

  async #unregister(): Promise<void> {
    const { id, identity, connection } = this.#options;
    const headers: Header[] = [
      ["clientID", id],
      ["Version", protocolVersion],
      ["Instance", this.#instance],
    ];
    const beside = this.#options.paths;
    await requestSigned(connection, identity, "UNREGISTER", headers, "UNREGACK", { beside });
  }

  /** Refreshes no more: the registration runs out by itself. */
  stopRefreshing(): void {
    this.#trying?.abort();
    this.#refreshing?.abort();
    this.#refreshing = undefined;
    this.#options.connection.release();
  }

  /** There is reason to believe that a server that is lost can be reached now: it is tried as if lost just now. */
  hurry(): void {
    this.#hurrying.abort();
  }

  /** The server says that another instance is registered now. Messages on open links go on. */
  displaced(): void {
    if (!this.active) return;
    this.stopRefreshing();
    // The reply to a request that is under way would keep the connection.
    this.#registering?.catch(() => {}).then(() =>
      this.active || this.#options.connection.release()
    );
    this.#options.onDisplaced();
  }

  /** @param byUser If not, it does not take the name back from an instance that lives. */
  async #register({ byUser }: { readonly byUser: boolean }): Promise<Registered> {
    this.#registering = this.#askServer(byUser);
    return this.#registered = await this.#registering;
  }

  async #askServer(byUser: boolean): Promise<Registered> {
    const { id, identity, listening, announced, connection } = this.#options;
    await connection.connect();
    this.#checkHides(connection.server);
    const claimed = placeFor(listening, announced ?? listening, connection.localHost);
    const beside = this.#options.paths;
    const register = () =>
      requestSigned(
        connection,
        identity,
        "REGISTER",
        [
          ...locationHeaders(id, claimed),
          ["Version", protocolVersion],
          ["Expires", String(this.#askedS)],
          ["Instance", this.#instance],
          ["Features", formatFeatures(["displaced"])],
          ["Agreement", formatAgreement(identity)],
          ...byUser ? [] : [["Refresh", "yes"] as const],
        ],
        "REGACK",
        { beside },
      );
    let registered;
    try {
      registered = await register();
    } catch (error) {
      // The server may want fewer refreshes than we do.
      if (!(error instanceof ServerRefusal) || error.minExpiresS === undefined) {
        throw registrationError(error, id);
      }
      this.#askedS = error.minExpiresS;
      registered = await register();
    }
    const { reply, proven, unchecked } = registered;
    const host = header(reply, "IP")! || claimed.host;
    const port = parsePort(header(reply, "Port")!) || claimed.port;
    const expiresS = parseWholeNumber(header(reply, "Expires"));
    const { server } = connection;
    if (announced !== undefined && isNowhere(announced) && !isNowhere({ host, port })) {
      this.#showing.add(formatServerAddress(server));
      await this.#unregister().catch(() => {});
    }
    this.#checkHides(server);
    if (unchecked) this.#tellUnchecked(server);
    return { id, address: { host, port }, server, expiresS, keyed: proven };
  }

  /** @throws {UserError} If a server has shown our address although we are to be found nowhere. */
  #checkHides(server: ServerAddress): void {
    const place = formatServerAddress(server);
    if (!this.#showing.has(place)) return;
    throw new UserError({ code: "server-shows-address", server: place });
  }

  /** Once in a run is enough: the user can do nothing about it meanwhile. */
  #tellUnchecked(server: ServerAddress): void {
    const place = formatServerAddress(server);
    if (this.#unchecked.has(place)) return;
    this.#unchecked.add(place);
    this.#options.onUnchecked({
      code: "signed-unchecked",
      server: place,
      dialed: formatAddress(server),
    });
  }

  async #follow(): Promise<void> {
    try {
      await this.#options.onRegistered();
    } catch {
      // The client is registered in any case.
    }
  }

  /** Registers again in time, and when a server that was lost is back. */
  async #stay(refreshing: AbortSignal): Promise<void> {
    const { onLost, onAgain, connection } = this.#options;
    const signal = AbortSignal.any([refreshing, this.#options.signal]);
    for (;;) {
      const { registered, server } = connection;
      const lost = registered?.lost;
      await this.#untilDue(lost === undefined ? signal : AbortSignal.any([signal, lost]));
      if (signal.aborted) return;
      const problem = lost?.aborted ? lost.reason as Problem : await this.#refresh();
      if (signal.aborted) return;
      if (problem !== undefined) {
        onLost(problem);
        if (!await this.#retry(problem, signal, () => this.#refresh())) return;
      }
      if (problem !== undefined || connection.server !== server) onAgain(connection.server);
      this.#follow();
    }
  }

  /**
   * Tries until it works, less and less often.
   *
   * @param first Why it did not. The user knows that.
   * @param attempt Gives back why it did not work; undefined if it did.
   * @returns Whether it has worked: false if the signal has aborted.
   */
  async #retry(
    first: Problem,
    signal: AbortSignal,
    attempt: () => Promise<Problem | undefined>,
  ): Promise<boolean> {
    const { clock, random, onLost } = this.#options;
    const backoff = new Backoff({ ...againBackoffMs, random });
    let told = refusalIn(first);
    this.#hurrying = new AbortController();
    for (let problem: Problem | undefined = first; problem !== undefined;) {
      const askedMs = askedPauseMs(problem);
      // It is lost to this client alone: many do not come at once.
      const pauseMs = problem.code === "server-network-left" ? 0 : backoff.next();
      // Who is asked to wait waits, in whichever network.
      const over = askedMs > 0 ? signal : AbortSignal.any([signal, this.#hurrying.signal]);
      await wait(Math.max(pauseMs, askedMs), over, clock);
      if (signal.aborted) return false;
      if (this.#hurrying.signal.aborted) {
        this.#hurrying = new AbortController();
        backoff.reset();
      }
      problem = await attempt();
      if (signal.aborted) return false;
      // The server may say now why it does not register the client.
      const refusal = refusalIn(problem);
      if (refusal === undefined || refusal === told) continue;
      told = refusal;
      onLost(problem!);
    }
    return true;
  }

  /**
   * Waits for 50 to 80 % of the time that the registration lasts, so that the refreshes of many clients are
   * spread, and one may fail.
   */
  async #untilDue(signal: AbortSignal): Promise<void> {
    const { clock, random } = this.#options;
    const { expiresS } = this.#registered!;
    // A legacy server sends no Expires: it forgets nobody.
    if (expiresS === undefined) return await aborted(signal);
    const dueMs = expiresS * 1000 * (0.5 + 0.3 * random());
    await wait(Math.min(timerMaxMs, Math.max(refreshMinMs, dueMs)), signal, clock);
  }

  /** @returns What is wrong; undefined if the client is registered. */
  async #refresh(): Promise<Problem | undefined> {
    try {
      await this.#register({ byUser: false });
      return undefined;
    } catch (error) {
      if (error instanceof ServerRefusal && error.status === displacedStatus) this.displaced();
      return problemOf(error);
    }
  }
}

/**
 * Where the server is told that we are.
 *
 * @param reached Where others reach us, as far as we know; an unspecified host stands for `local`.
 * @param local Our end of the connection to the server, as which it sees us if no router is in front; undefined if
 * there is none.
 */
function placeFor(listening: Address, reached: Address, local: string | undefined): Address {
  const isAnywhere = isUnspecified(reached.host);
  if (local === undefined) return reached;
  const isSeenDeaf = !takesFamilyOf(listening.host, local) &&
    (isAnywhere || reachableHost(reached.host, local) !== reached.host);
  // It would hand out where it sees us, of a family on which nobody listens.
  if (isSeenDeaf) return nowhere;
  return isAnywhere ? { host: local, port: reached.port } : reached;
}
