/**
 * Staying registered: a registration is soft state (RFC 3261 section 10) that lives as long as it is
 * refreshed.
 *
 * @module
 */

import { type Address, isUnspecified, parsePort } from "../shared/address.ts";
import { Backoff } from "../shared/backoff.ts";
import { wait } from "../shared/clock.ts";
import { errorMessage } from "../shared/error_message.ts";
import { registrationTtlAskedMs } from "../shared/protocol/limits.ts";
import type { Identity } from "../shared/crypto/identity.ts";
import { type Header, header } from "../shared/protocol/message.ts";
import { protocolVersion } from "../shared/protocol/verbs.ts";
import type { ChatEvent } from "./events.ts";
import { type Rendezvous, ServerRefusal, wholeNumber } from "./rendezvous.ts";
import type { ServerAddress } from "./server_address.ts";
import { requestSigned } from "./signed_request.ts";

/** However briefly a server lets registrations live, it is not asked more often than this. */
const refreshMinMs = 1_000;

/** A timer that is longer passes at once. */
const timerMaxMs = 2 ** 31 - 1;

/** What a registration needs to know. */
export interface RegistrationOptions {
  readonly id: string;
  readonly identity: Identity;
  /** Where the client listens; an unspecified host stands for whichever the server is reached by. */
  readonly listening: Address;
  readonly server: ServerAddress;
  readonly rendezvous: Rendezvous;
  readonly emit: (event: ChatEvent) => void;
  readonly random?: () => number;
}

interface Registered {
  /** Where others are told that the client is. */
  readonly address: Address;
  /** How long it lasts, where the server says so. */
  readonly expiresS: number | undefined;
  /** Whether the server has had the key proven. */
  readonly keyed: boolean;
}

/** A client's registration with its server. */
export class Registration {
  readonly #options: RegistrationOptions;
  #refreshing: AbortController | undefined;
  #registering: Promise<Registered> | undefined;
  #askedS = registrationTtlAskedMs / 1000;

  constructor(options: RegistrationOptions) {
    this.#options = options;
  }

  /** Whether the client is registered, as far as it knows. */
  get active(): boolean {
    return this.#refreshing !== undefined;
  }

  /**
   * Registers, and from then on refreshes.
   *
   * @throws {ChatError} Where the server refuses or does not answer.
   */
  async start(): Promise<void> {
    const { id, server, emit } = this.#options;
    const { address, expiresS, keyed } = await this.#register();
    this.#refreshing?.abort();
    this.#refreshing = new AbortController();
    emit({ type: "registered", id, address, server, expiresS, keyed });
    this.#refresh(expiresS, this.#refreshing.signal);
  }

  /**
   * Takes the registration back.
   *
   * @throws {ChatError} Where the server refuses or does not answer; it is not refreshed any more either
   * way.
   */
  async end(): Promise<void> {
    const { id, identity, rendezvous } = this.#options;
    this.stopRefreshing();
    // What is under way would register again, and start to refresh, behind our back.
    await this.#registering?.catch(() => {});
    this.stopRefreshing();
    const headers: Header[] = [["clientID", id], ["Version", protocolVersion]];
    await requestSigned(rendezvous, identity, "UNREGISTER", headers, "UNREGACK");
  }

  /** Lets the registration run out. */
  stopRefreshing(): void {
    this.#refreshing?.abort();
    this.#refreshing = undefined;
  }

  #register(): Promise<Registered> {
    return this.#registering = this.#askServer();
  }

  async #askServer(): Promise<Registered> {
    const { id, identity, listening, rendezvous } = this.#options;
    await rendezvous.connect();
    const claimed = isUnspecified(listening.host)
      ? rendezvous.localHost ?? listening.host
      : listening.host;
    const register = () =>
      requestSigned(rendezvous, identity, "REGISTER", [
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
    return { address: { host, port }, expiresS, keyed: proven };
  }

  /** Refreshes at 50 to 80 % of the time, so that the refreshes of many spread and one may fail. */
  async #refresh(expiresS: number | undefined, signal: AbortSignal): Promise<void> {
    const { emit, server, random = Math.random } = this.#options;
    const backoff = new Backoff({ firstMs: 1_000, maxMs: 60_000, random });
    let failed = false;
    // A server of the wild says no Expires: it forgets nobody.
    while (expiresS !== undefined) {
      const delayMs = failed
        ? backoff.next()
        : Math.min(timerMaxMs, Math.max(refreshMinMs, expiresS * 1000 * (0.5 + 0.3 * random())));
      if (!await wait(delayMs, signal)) return;
      try {
        ({ expiresS } = await this.#register());
        if (signal.aborted) return;
        if (failed) emit({ type: "registered-again", server });
        failed = false;
        backoff.reset();
      } catch (error) {
        if (signal.aborted) return;
        if (!failed) {
          const problem = errorMessage(error);
          emit({ type: "server-lost", problem });
        }
        failed = true;
      }
    }
  }
}
