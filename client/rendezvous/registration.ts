/**
 * Staying registered: a registration is soft state (RFC 3261 section 10) that lives as long as it is
 * refreshed. Where the connection that it was made on is kept, and lost, it is made again.
 *
 * @module
 */

import { type Address, isUnspecified, parsePort } from "../../shared/net/address.ts";
import { Backoff } from "../../shared/time/backoff.ts";
import { aborted, type TimerClock, wait } from "../../shared/time/clock.ts";
import { errorMessage } from "../../shared/errors/error_message.ts";
import { registrationTtlAskedMs } from "../../shared/protocol/limits.ts";
import type { Identity } from "../../shared/crypto/identity.ts";
import { type Header, header } from "../../shared/protocol/message.ts";
import { protocolVersion } from "../../shared/protocol/verbs.ts";
import type { ServerAddress } from "../../shared/net/server_address.ts";
import { type ControlConnection, ServerRefusal, wholeNumber } from "./control_connection.ts";
import { requestSigned } from "./signed_request.ts";

/** However briefly a server lets registrations live, it is not asked more often than this. */
const refreshMinMs = 1_000;

/** A timer that is longer passes at once. */
const timerMaxMs = 2 ** 31 - 1;

/** How long a server that is lost is let be, at first and at most. */
const againBackoffMs = { firstMs: 1_000, maxMs: 60_000 };

/** What a registration needs to know. */
export interface RegistrationOptions {
  readonly id: string;
  readonly identity: Identity;
  /** Where the client listens; an unspecified host stands for whichever the server is reached by. */
  readonly listening: Address;
  readonly connection: ControlConnection;
  readonly clock: TimerClock;
  /** Gives numbers from 0 up to 1. */
  readonly random: () => number;
  /** Lets the registration run out. */
  readonly signal: AbortSignal;
  /** Told why the client is not registered any more. */
  readonly onLost: (problem: string) => void;
  /** Told when it is again, or with another server than before. */
  readonly onAgain: (server: ServerAddress) => void;
  /** Called after each registration, refreshes included; what it throws is its own business. */
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
  #registering: Promise<Registered> | undefined;
  #registered: Registered | undefined;
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
   * Registers, and from then on stays registered. Done when what is to follow on that is done, too.
   *
   * @param onRegistered Told as soon as the client is registered.
   * @throws {UserError} Where the server refuses or does not answer.
   */
  async start(onRegistered: (registered: Registered) => void = () => {}): Promise<Registered> {
    const registered = await this.#register();
    this.#refreshing?.abort();
    this.#refreshing = new AbortController();
    onRegistered(registered);
    this.#stay(this.#refreshing.signal);
    await this.#follow();
    return registered;
  }

  /**
   * Takes the registration back.
   *
   * @throws {UserError} Where the server refuses or does not answer; it is not refreshed any more either
   * way.
   */
  async end(): Promise<void> {
    const { id, identity, connection } = this.#options;
    this.stopRefreshing();
    // What is under way would register again, and start to refresh, behind our back.
    await this.#registering?.catch(() => {});
    this.stopRefreshing();
    const headers: Header[] = [["clientID", id], ["Version", protocolVersion]];
    await requestSigned(connection, identity, "UNREGISTER", headers, "UNREGACK");
  }

  /** Lets the registration run out. */
  stopRefreshing(): void {
    this.#refreshing?.abort();
    this.#refreshing = undefined;
    this.#options.connection.release();
  }

  async #register(): Promise<Registered> {
    this.#registering = this.#askServer();
    return this.#registered = await this.#registering;
  }

  async #askServer(): Promise<Registered> {
    const { id, identity, listening, connection } = this.#options;
    await connection.connect();
    const claimed = isUnspecified(listening.host)
      ? connection.localHost ?? listening.host
      : listening.host;
    const register = () =>
      requestSigned(connection, identity, "REGISTER", [
        ["clientID", id],
        ["IP", claimed],
        ["Port", String(listening.port)],
        ["Version", protocolVersion],
        ["Expires", String(this.#askedS)],
      ], "REGACK");
    let registered;
    try {
      registered = await register();
    } catch (error) {
      // A server may ask for fewer refreshes than we do.
      if (!(error instanceof ServerRefusal) || error.minExpiresS === undefined) throw error;
      this.#askedS = error.minExpiresS;
      registered = await register();
    }
    const { reply, proven } = registered;
    const host = header(reply, "IP")! || claimed;
    const port = parsePort(header(reply, "Port")!) || listening.port;
    const expiresS = wholeNumber(header(reply, "Expires"));
    const { server } = connection;
    return { id, address: { host, port }, server, expiresS, keyed: proven };
  }

  async #follow(): Promise<void> {
    try {
      await this.#options.onRegistered();
    } catch {
      // The client is registered all the same.
    }
  }

  /** Registers again when it is time to, and when the server is back after it was lost. */
  async #stay(refreshing: AbortSignal): Promise<void> {
    const { onLost, onAgain, connection, clock, random } = this.#options;
    const signal = AbortSignal.any([refreshing, this.#options.signal]);
    for (;;) {
      const { kept, server } = connection;
      const lost = kept?.lost;
      await this.#untilDue(lost === undefined ? signal : AbortSignal.any([signal, lost]));
      if (signal.aborted) return;
      let problem = lost?.aborted ? String(lost.reason) : await this.#refresh();
      if (signal.aborted) return;
      const isLost = problem !== undefined;
      if (isLost) onLost(problem!);
      const backoff = new Backoff({ ...againBackoffMs, random });
      while (problem !== undefined) {
        if (!await wait(backoff.next(), signal, clock)) return;
        problem = await this.#refresh();
        if (signal.aborted) return;
      }
      if (isLost || connection.server !== server) onAgain(connection.server);
      this.#follow();
    }
  }

  /**
   * Waits for 50 to 80 % of the time that the registration lasts, so that the refreshes of many spread and
   * one may fail.
   */
  async #untilDue(signal: AbortSignal): Promise<void> {
    const { clock, random } = this.#options;
    const { expiresS } = this.#registered!;
    // A server of the wild says no Expires: it forgets nobody.
    if (expiresS === undefined) return await aborted(signal);
    const dueMs = expiresS * 1000 * (0.5 + 0.3 * random());
    await wait(Math.min(timerMaxMs, Math.max(refreshMinMs, dueMs)), signal, clock);
  }

  /** @returns What is wrong, where the client is not registered. */
  async #refresh(): Promise<string | undefined> {
    try {
      await this.#register();
      return undefined;
    } catch (error) {
      return errorMessage(error);
    }
  }
}
