/**
 * How much a server relays: pairs of clients, calls that wait, and bytes.
 *
 * @module
 */

/** How many bytes may be forwarded. */
export interface ByteRate {
  /** At once, after a pause. */
  readonly burst: number;
  /** A second, in the long run. */
  readonly perSecond: number;
}

const mib = 1024 ** 2;
const dayS = 24 * 60 * 60;

/** Pairs at once, and those that one key and one host have asked for. */
export const relaysMax = 5_000;
/** See {@linkcode relaysMax}. */
export const relaysPerKeyMax = 32;
/** See {@linkcode relaysMax}. */
export const relaysPerHostMax = 200;

/** Calls that wait for one client: those of its contacts, and those of others. */
export const callsOfContactsMax = 16;
/** See {@linkcode callsOfContactsMax}. */
export const callsOfUnknownMax = 8;

/** What is forwarded of all pairs together: it takes less than a tenth of one core. */
export const relayRate: ByteRate = { burst: 256 * mib, perSecond: 96 * mib };

/** Bytes of one pair in a second, unless an operator decides otherwise. */
export const relayBytesPerSecond = 8 * mib;

/** Bytes of what one key says in a day, unless an operator decides otherwise. */
export const relayBytesOfKeyPerDay = 8 * 1024 * mib;

/** A host has so many times what a key of it has. */
export const relayKeysOfHost = 4;

/** So much in a day, which may all be said at once. */
export function inADay(bytes: number): ByteRate {
  return { burst: bytes, perSecond: bytes / dayS };
}

for (
  const [relation, holds] of Object.entries({
    "no pair takes all that is relayed": relayBytesPerSecond * 10 <= relayRate.perSecond,
    "a day's bytes can be said in a day": relayBytesOfKeyPerDay <= relayBytesPerSecond * dayS,
    "no key takes all pairs of its host, and no host all of the server":
      relaysPerKeyMax * 4 <= relaysPerHostMax && relaysPerHostMax * 10 <= relaysMax,
  })
) {
  if (!holds) throw new Error(`The limits contradict each other: not true that ${relation}`);
}
