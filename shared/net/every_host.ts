/**
 * The host of a listener that takes calls to every address of this machine.
 *
 * @module
 */

import { interfaces } from "./interfaces.ts";

/** What is known of this machine. */
interface Machine {
  readonly os: typeof Deno.build.os;
  readonly addresses: readonly { readonly address: string }[];
}

/** The host that stands for all addresses of this machine, of each family that it has. */
export function everyHost(
  { os, addresses }: Machine = { os: Deno.build.os, addresses: interfaces() },
): "::" | "0.0.0.0" {
  // On Windows a socket of IPv6 takes no calls over IPv4.
  const takesBoth = os !== "windows" && addresses.some(({ address }) => address.includes(":"));
  return takesBoth ? "::" : "0.0.0.0";
}
