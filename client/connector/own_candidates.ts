/**
 * Where others may be able to reach us over TCP.
 *
 * @module
 */

import {
  type Address,
  isSameAddress,
  isUnspecified,
  takesFamilyOf,
} from "../../shared/net/address.ts";
import { candidatesMax } from "../../shared/protocol/limits.ts";
import { isElsewhereReachable } from "../transport/transport.ts";

/**
 * The addresses at which we listen and that somebody on another machine may be able to call, without those of a
 * family that nobody listens on. Those of this machine come first: who is near enough for them is best served there.
 *
 * @param listening Where we listen.
 * @param own The IP addresses of this machine.
 * @param announced Where the server tells others that we are; undefined if it does not.
 */
export function ownCandidates(
  listening: Address,
  own: readonly string[],
  announced: Address | undefined,
): Address[] {
  const { host, port } = listening;
  const hosts = isUnspecified(host) ? own : [host];
  const all = [...hosts.map((host) => ({ host, port })), ...announced ? [announced] : []]
    .filter((address) => isElsewhereReachable(address.host) && takesFamilyOf(host, address.host));
  const different = all.filter((address, i) =>
    all.findIndex((other) => isSameAddress(other, address)) === i
  );
  return different.slice(0, candidatesMax);
}
