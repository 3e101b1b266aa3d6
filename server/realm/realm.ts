/**
 * What a server goes by. Clients sign for the address that they have dialed, so that a server which passes
 * everything on to another one gets no signature that is good there.
 *
 * A server goes by the addresses that its operator names, and by the one at which a connection has reached it:
 * that is the one which its client has dialed, unless there is a name or a port forward in between.
 *
 * @module
 */

import {
  type Address,
  formatAddress,
  isLoopback,
  isSameAddress,
  isUnspecified,
  parseAddress,
  plainHost,
} from "../../shared/net/address.ts";
import type { Log } from "../../shared/process/log.ts";
import { ThrottledLog } from "../../shared/process/throttled_log.ts";
import type { Clock } from "../../shared/time/clock.ts";

/** What a realm needs to know. */
export interface RealmOptions {
  /** The addresses by which clients know the server, as `chat.example.org:5555`. */
  readonly addresses: readonly string[];
  /** What it is called if it has none. */
  readonly id: string;
  readonly log: Log;
  readonly clock: Clock;
}

/** Where a connection has reached the server. */
export type ReachedAt = Pick<Deno.NetAddr, "hostname" | "port">;

/** The names of a server. */
export class Realm {
  /** What clients sign for that do not say which address they have dialed. */
  readonly name: string;
  readonly #addresses: readonly Address[];
  readonly #refused: ThrottledLog;

  /** @throws {TypeError} If something else than an address is given for one. */
  constructor({ addresses, id, log, clock }: RealmOptions) {
    this.name = addresses[0] ?? id;
    this.#addresses = addresses.map((text) => {
      const address = parseAddress(text);
      if (address === undefined) throw new TypeError(`'${text}' is not an address`);
      return address;
    });
    this.#refused = new ThrottledLog(log, clock);
  }

  /** Whether the server goes by the address that a client has dialed. */
  accepts(dialed: Address, reachedAt: ReachedAt): boolean {
    const place = addressOf(reachedAt);
    if (isSameAddress(dialed, place)) return true;
    if (this.#addresses.some((address) => isSameAddress(dialed, address))) return true;
    const isHere = isUnspecified(dialed.host) || /^localhost\.?$/i.test(dialed.host);
    return isHere && dialed.port === place.port && isLoopback(place.host);
  }

  /** The addresses that a connection may have been dialed by, as text. */
  acceptedAt(reachedAt: ReachedAt): string[] {
    const place = formatAddress(addressOf(reachedAt));
    return [...new Set([...this.#addresses.map(formatAddress), place])];
  }

  /** Tells the operator that a client has dialed another address. */
  noteRefused(dialed: Address, observedHost: string): void {
    this.#refused.notice(dialedAnother, { dialed: formatAddress(dialed), host: observedHost });
  }
}

const dialedAnother = "a client has dialed an address that this server does not go by; " +
  "if that is its address, name it with --realm";

function addressOf({ hostname, port }: ReachedAt): Address {
  return { host: plainHost(hostname), port };
}
