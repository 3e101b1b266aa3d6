/**
 * The machines of a laboratory: hosts, on which programs run, and routers, which may forget, go dark and map anew.
 *
 * @module
 */

import type { Build } from "../support/program.ts";
import type { Laboratory } from "./laboratory.ts";

/** A machine of the laboratory. */
interface Node {
  readonly name: string;
  /** Its addresses on the side of the internet. */
  readonly addresses: readonly string[];
}

/** A network that nodes are attached to. */
export interface Segment {
  /** The namespace that has its bridge. */
  readonly namespace: string;
  readonly bridge: string;
  /** What its addresses begin with, and the address of its way out. */
  readonly ipv4: string;
  readonly ipv6: string;
  nodes: number;
}

/** A machine that programs run on. */
export class Host implements Node {
  constructor(
    readonly laboratory: Laboratory,
    readonly name: string,
    readonly addresses: readonly string[],
  ) {}

  /** Its first address. */
  get address(): string {
    return this.addresses[0]!;
  }

  /** How a program is started on it. */
  build(build: Build): Build {
    return this.laboratory.build(this.name, build);
  }

  /** Counts from now on the packets that it sends to some addresses: see {@linkcode sent}. */
  async counts(addresses: readonly string[]): Promise<void> {
    const rules = addresses.map((address) =>
      `${address.includes(":") ? "ip6tables" : "iptables"} -A OUTPUT -d ${address}`
    );
    await this.laboratory.inside(this.name, rules.join("\n"));
  }

  /** How many packets it has sent to the addresses that are counted. */
  async sent(): Promise<number> {
    const listing = "iptables -nvxL OUTPUT; ip6tables -nvxL OUTPUT";
    const lines = (await this.laboratory.inside(this.name, listing)).split("\n");
    const counts = lines.map((line) => /^\s*(\d+)\s/.exec(line)?.[1]);
    return counts.reduce((sum, count) => sum + Number(count ?? 0), 0);
  }

  /** Drops a share of the packets that come in, from 0 to 1, from now on. */
  async loses(share: number): Promise<void> {
    const rule =
      `-A PREROUTING -i uplink -m statistic --mode random --probability ${share} -j DROP`;
    const rules = ["iptables", "ip6tables"].flatMap((program) =>
      ["-F PREROUTING", rule].map((words) => `${program} -t raw ${words}`)
    );
    await this.laboratory.inside(this.name, rules.join("\n"));
  }
}

/** The ports to which a router maps, once it has mapped anew. */
const firstMappedPort = 20_000;
const mappedPorts = 100;

/** A router, and the network behind it. */
export class Router implements Node {
  #remapped = 0;

  constructor(
    readonly laboratory: Laboratory,
    readonly name: string,
    readonly addresses: readonly string[],
    readonly segment: Segment,
  ) {}

  /** Its first address outside. */
  get address(): string {
    return this.addresses[0]!;
  }

  /** Forgets all that it has mapped, as one does that is started again. */
  async forgets(): Promise<void> {
    // What a MASQUERADE has mapped goes with the address that it was mapped to.
    const routes = "ip route show default";
    await this.laboratory.inside(
      this.name,
      `way=$(${routes})
       for address in $(ip -4 -o addr show dev uplink | awk '{print $4}'); do
         ip addr del $address dev uplink
         ip addr add $address dev uplink
       done
       ip route replace $way`,
    );
  }

  /** Forgets all that it has mapped, and shows other ports from then on. */
  async remaps(): Promise<void> {
    const first = firstMappedPort + mappedPorts * (this.#remapped++ % 20);
    const ports = `--to-ports ${first}-${first + mappedPorts - 1}`;
    await this.laboratory.inside(
      this.name,
      ["iptables -t nat -F POSTROUTING"].concat(
        ["tcp", "udp"].map((protocol) =>
          `iptables -t nat -A POSTROUTING -o uplink -p ${protocol} -j MASQUERADE ${ports}`
        ),
      ).join("\n"),
    );
    await this.forgets();
  }

  /** Takes back what {@linkcode darkens} has done. */
  async lightens(kind: string): Promise<void> {
    await this.laboratory.inside(this.name, `iptables -D FORWARD ${kind} -j DROP`);
  }

  /** Lets nothing of a kind through any more, without a word, such as `-p udp`. */
  async darkens(kind: string): Promise<void> {
    await this.laboratory.inside(this.name, `iptables -I FORWARD ${kind} -j DROP`);
  }
}
