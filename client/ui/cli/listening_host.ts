/**
 * Where a client listens if its user does not say so.
 *
 * @module
 */

import { isLocal } from "../../../shared/net/address.ts";
import type { ServerAddress } from "../../../shared/net/server_address.ts";
import { tcpNetwork } from "../../transport/transport.ts";

/**
 * All addresses of this machine, if others may be on another one; else its own alone.
 *
 * @param servers Where others are introduced. Those of a server on this machine are on it, too.
 */
export function listeningHost(
  servers: readonly ServerAddress[],
  { os, addresses }: {
    readonly os: typeof Deno.build.os;
    readonly addresses: readonly { readonly address: string }[];
  } = { os: Deno.build.os, addresses: tcpNetwork.interfaces() },
): string {
  if (servers.every(({ host }) => isLocal(host))) return "127.0.0.1";
  // On Windows a socket of IPv6 takes no calls over IPv4.
  const takesBoth = os !== "windows" && addresses.some(({ address }) => address.includes(":"));
  return takesBoth ? "::" : "0.0.0.0";
}
