/**
 * Notices that this machine comes into another network: by its own addresses, since nothing that it gets says so. What
 * is sent from an address that it has no more goes nowhere, without a word.
 *
 * @module
 */

import { isLinkLocal } from "../../shared/net/address.ts";
import { type InterfaceAddress, interfaces } from "../../shared/net/interfaces.ts";
import type { TimerClock } from "../../shared/time/clock.ts";

/** How often the addresses are read, in milliseconds. It takes a tenth of one. */
const everyMs = 1_000;
/**
 * How many changes are told of in so many milliseconds: an interface that flaps must not keep others busy, but one move
 * may be four, as each family's addresses go and come by themselves.
 */
const toldMax = 8;
const toldWithinMs = 60_000;

/** How the addresses of this machine have changed. */
export interface AddressChange {
  /** Those that it has no more. */
  readonly gone: ReadonlySet<string>;
  readonly come: ReadonlySet<string>;
}

/**
 * Tells of changes, at most once a second and {@linkcode toldMax} times a minute, until it is disposed of: what changes
 * meanwhile is told as one, if anything is different still. Nothing is told where the addresses cannot be seen.
 *
 * @param read Reads the addresses; a machine always has one, if only of its own.
 */
export function watchAddresses(
  clock: Pick<TimerClock, "after" | "now">,
  onChange: (change: AddressChange) => void,
  read: () => readonly InterfaceAddress[] = interfaces,
): Disposable {
  let before = addressesIn(read());
  let told: readonly number[] = [];
  let cancel = () => {};
  const readSoon = () => {
    cancel = clock.after(everyMs, () => {
      readSoon();
      told = told.filter((atMs) => clock.now() - atMs < toldWithinMs);
      const now = addressesIn(read());
      const change = { gone: before.difference(now), come: now.difference(before) };
      if (now.size === 0 || change.gone.size + change.come.size === 0) return;
      const isFirst = before.size === 0;
      if (!isFirst && told.length >= toldMax) return;
      before = now;
      if (isFirst) return;
      told = [...told, clock.now()];
      onChange(change);
    });
  };
  readSoon();
  return { [Symbol.dispose]: () => cancel() };
}

/** Those that mean something on other machines, beside the addresses within this one. */
function addressesIn(all: readonly InterfaceAddress[]): Set<string> {
  return new Set(all.map(({ address }) => address).filter((address) => !isLinkLocal(address)));
}
