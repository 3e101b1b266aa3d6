/**
 * What a network means for reaching others. It looks at facts alone.
 *
 * @module
 */

import type { Address } from "../../shared/net/address.ts";
import { isPublicAddress } from "../transport/transport.ts";

/** What was found out about UDP. */
export type UdpFacts =
  /** No answer came. Whoever keeps it back does not say so: somebody on the way, or the server. */
  | { readonly passes: false; readonly why: "no-answer" }
  /** The runtime has no QUIC. */
  | { readonly passes: false; readonly why: "no-quic" }
  | {
    readonly passes: false;
    /** This machine gives no port to ask from, or does not send from it. */
    readonly why: "no-port" | "not-sent";
    /** Why, in the words of the system. */
    readonly reason: string;
  }
  | {
    readonly passes: true;
    /** At which address and port a server sees this machine. */
    readonly seen: Address;
    /** Whether that port is this machine's own. */
    readonly keepsPort: boolean;
    /** Whether two ports of the server see the same; undefined if only one could be asked. */
    readonly keepsAddress: boolean | undefined;
  };

/** What was found out. What could not be is undefined. */
export interface NetworkFacts {
  /** The IP addresses of this machine, without those that mean nothing elsewhere. */
  readonly own: readonly string[];
  /** Whether the server was reached. */
  readonly reached: boolean;
  /** At which IP address the server sees this machine. */
  readonly seenHost: string | undefined;
  /** Whether the server relays. */
  readonly relays: boolean | undefined;
  readonly udp: UdpFacts | undefined;
}

/**
 * How others reach this machine, at best:
 *
 * - `direct`: at its own address, which everybody can call, unless a firewall is in the way.
 * - `punched`: through both routers at once, if the other's router keeps one address for all as well. The two agree
 *   on that over the server's relay.
 * - `relayed`: over the server; to meet through both routers takes UDP, and one address for all.
 * - `probably-relayed`: the same, as far as that can be told by this server alone: it has not answered over UDP, and it
 *   may be the one who keeps that back.
 * - `same-network`: those in the same network directly; the server is there, too, and sees no further.
 * - `unknown`: the server does not say enough.
 * - `unreachable`: there is no server, or it relays nothing and nothing else is possible.
 */
export type Verdict =
  | "direct"
  | "punched"
  | "relayed"
  | "probably-relayed"
  | "same-network"
  | "unknown"
  | "unreachable";

/**
 * What this machine has of IPv6: `used` if the server was reached over it at an address of the internet, or addresses
 * that everybody could call, such as are for its own network alone, or none. Only in the first case is it known that
 * it works: the others are what the interfaces have, and were not tried.
 */
export type Ipv6 = "used" | "public" | "private" | "none";

/** See {@linkcode Ipv6}. @param serverHost The IP address at which the server was reached, if it was. */
export function ipv6Of(own: readonly string[], serverHost: string | undefined): Ipv6 {
  const hosts = own.filter((host) => host.includes(":"));
  if (serverHost?.includes(":") && isPublicAddress(serverHost)) return "used";
  return hosts.length === 0 ? "none" : hosts.some(isPublicAddress) ? "public" : "private";
}

/** What the facts mean. */
export function judge({ own, reached, seenHost, relays, udp }: NetworkFacts): Verdict {
  if (!reached) return "unreachable";
  if (seenHost === undefined) return "unknown";
  if (!isPublicAddress(seenHost)) return "same-network";
  if (own.includes(seenHost)) return "direct";
  if (relays === undefined) return "unknown";
  if (!relays) return "unreachable";
  if (udp === undefined) return "unknown";
  if (!udp.passes) return udp.why === "no-answer" ? "probably-relayed" : "relayed";
  if (udp.keepsAddress === undefined) return "unknown";
  return udp.keepsAddress ? "punched" : "relayed";
}
