/**
 * Rates for tests and measurements that ask more often than a person's client does.
 *
 * @module
 */

import { type Capacity, defaultCapacity, type Rates } from "../../server/limits/limits.ts";

const { hostRates, keyRates } = defaultCapacity;

function times(rates: Rates, factor: number): Rates {
  const entries = Object.entries(rates).map(([verb, { burst, perSecond }]) => [
    verb,
    { burst: burst * factor, perSecond: perSecond * factor },
  ]);
  return Object.fromEntries(entries);
}

/** The capacity of a server whose hosts and keys may ask a million times as often. */
export const withoutRates: Pick<Capacity, "hostRates" | "keyRates"> = {
  hostRates: times(hostRates, 1_000_000),
  keyRates: times(keyRates, 1_000_000),
};

const unbounded = { burst: Number.MAX_SAFE_INTEGER, perSecond: Number.MAX_SAFE_INTEGER };

/** The capacity of a server that relays as much as it can. */
export const relaysWithoutBounds: Partial<Capacity> = {
  relaysPerKey: 1_000_000,
  relayRate: unbounded,
  relayRateOfPair: unbounded,
  relayRateOfKey: unbounded,
  relayRateOfHost: unbounded,
};
