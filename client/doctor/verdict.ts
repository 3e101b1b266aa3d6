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

/** What was found out about calls over TCP. What could not be is undefined. */
export interface TcpFacts {
  /** From which port the server sees this machine call. */
  readonly seenPort: number | undefined;
  /** Whether that port is this machine's own. */
  readonly keepsPort: boolean | undefined;
  /** Whether the runtime calls from a port that it is told. */
  readonly choosesPort: boolean | undefined;
}

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
  readonly tcp: TcpFacts;
}

/**
 * How others reach this machine, at best:
 *
 * - `direct`: at its own address, which everybody can call, unless a firewall is in the way.
 * - `punched`: through both routers at once, if the other's router keeps one address for all as well. The two agree
 *   on that over the server's relay.
 * - `punched-over-tcp`: the same, but over TCP, which takes more: both routers have to keep the port, both runtimes
 *   to call from a port that they choose, and both networks to let calls out to any port, which one server cannot tell.
 * - `relayed`: over the server; to meet through both routers takes UDP and one address for all, or TCP as above.
 * - `probably-relayed`: the same, as far as that can be told by this server alone: it has not answered over UDP, and it
 *   may be the one who keeps that back; or it does not say from which port of TCP it was called.
 * - `same-network`: those in the same network directly; the server is there, too, and sees no further.
 * - `unknown`: the server does not say enough.
 * - `unreachable`: there is no server, or it relays nothing and nothing else is possible.
 */
export type Verdict =
  | "direct"
  | "punched"
  | "punched-over-tcp"
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
export function judge({ own, reached, seenHost, relays, udp, tcp }: NetworkFacts): Verdict {
  if (!reached) return "unreachable";
  if (seenHost === undefined) return "unknown";
  if (!isPublicAddress(seenHost)) return "same-network";
  if (own.includes(seenHost)) return "direct";
  if (relays === undefined) return "unknown";
  if (!relays) return "unreachable";
  if (udp?.passes && udp.keepsAddress) return "punched";
  const overTcp = passesOverTcp(tcp);
  if (overTcp) return "punched-over-tcp";
  if (udp === undefined || (udp.passes && udp.keepsAddress === undefined)) return "unknown";
  const isCertain = overTcp === false && (udp.passes || udp.why !== "no-answer");
  return isCertain ? "relayed" : "probably-relayed";
}

/** Whether routers can be passed over TCP, as far as it lies with this side; undefined if that is not known. */
function passesOverTcp({ keepsPort, choosesPort }: TcpFacts): boolean | undefined {
  if (keepsPort === false || choosesPort === false) return false;
  return keepsPort === undefined || choosesPort === undefined ? undefined : true;
}
