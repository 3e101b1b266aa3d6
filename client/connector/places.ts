/**
 * Which of the addresses that somebody names may be called.
 *
 * @module
 */

import type { NamedAddress } from "../../shared/net/named_address.ts";
import type { TimerClock } from "../../shared/time/clock.ts";
import type { Rendezvous } from "../rendezvous/rendezvous.ts";
import { type DialableAddress, type Network, permit } from "../transport/transport.ts";
import { UserError } from "../user_error.ts";
import { isRefused } from "./call_failure.ts";

/** What deciding needs. */
export interface PlacesOptions {
  readonly network: Pick<Network, "interfaces" | "lookUp">;
  readonly rendezvous: Pick<Rendezvous, "serverHost">;
  readonly clock: TimerClock;
  /** Whether none may. */
  readonly relayOnly: boolean;
}

/** Decides which addresses may be called. */
export class Places {
  readonly #options: PlacesOptions;

  constructor(options: PlacesOptions) {
    this.#options = options;
  }

  /**
   * Asks whether an address may be called, given who has named it: see {@linkcode permit}.
   *
   * @param name Whose it is; undefined if that is not known.
   * @param otherwise Another address of theirs, asked for and tried if it may not.
   * @throws {UserError} With `relay-only` if none may at all; else, if neither may, with `address-not-called` or
   * `peer-relay-only`, for the reason that the first has.
   */
  async permit(
    address: NamedAddress,
    name: string | undefined,
    otherwise: () => NamedAddress | undefined = () => undefined,
  ): Promise<DialableAddress> {
    const { network, rendezvous: { serverHost }, clock, relayOnly } = this.#options;
    if (relayOnly) throw new UserError({ code: "relay-only", name });
    const options = { name, network, serverHost, clock };
    try {
      return await permit(address, options);
    } catch (error) {
      const other = isRefused(error) ? otherwise() : undefined;
      if (other === undefined) throw error;
      return await permit(other, options).catch((again) => {
        throw isRefused(again) ? error : again;
      });
    }
  }

  /** As {@linkcode permit}, but gives back why there is no address that may be called. */
  async find(
    named: NamedAddress,
    name: string,
    otherwise: () => NamedAddress | undefined,
  ): Promise<DialableAddress | UserError> {
    try {
      return await this.permit(named, name, otherwise);
    } catch (error) {
      if (error instanceof UserError) return error;
      throw error;
    }
  }
}
