/**
 * Notices that this machine comes into another network: by its own addresses, since nothing that it gets says so. What
 * is sent from an address that it has no more goes nowhere, without a word.
 *
 * @module
 */

import { type InterfaceAddress, interfaces } from "../../shared/net/interfaces.ts";
import type { TimerClock } from "../../shared/time/clock.ts";

/** How often the addresses are read, in milliseconds. It takes a tenth of one. */
const everyMs = 1_000;

/** How the addresses of this machine have changed. */
export interface AddressChange {
  /** Those that it has no more. */
  readonly gone: ReadonlySet<string>;
  readonly come: ReadonlySet<string>;
}

/**
 * Tells of changes, at most once a second, until it is disposed of. Nothing is told where the addresses cannot be
 * seen.
 *
 * @param read Reads the addresses; a machine always has one, if only of its own.
 */
export function watchAddresses(
  clock: Pick<TimerClock, "after">,
  onChange: (change: AddressChange) => void,
  read: () => readonly InterfaceAddress[] = interfaces,
): Disposable {
  let before = addressesIn(read());
  let cancel = () => {};
  const readSoon = () => {
    cancel = clock.after(everyMs, () => {
      readSoon();
      const now = addressesIn(read());
      const change = { gone: before.difference(now), come: now.difference(before) };
      const isKnown = before.size > 0 && now.size > 0;
      if (now.size > 0) before = now;
      if (isKnown && change.gone.size + change.come.size > 0) onChange(change);
    });
  };
  readSoon();
  return { [Symbol.dispose]: () => cancel() };
}

/** Those that mean something on other machines, beside the addresses within this one. */
function addressesIn(all: readonly InterfaceAddress[]): Set<string> {
  return new Set(all.map(({ address }) => address).filter((address) => !/^fe80:/i.test(address)));
}
