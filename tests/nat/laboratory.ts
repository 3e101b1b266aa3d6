/**
 * A network laboratory: hosts, routers of the kinds that people sit behind, and an internet between them, as
 * network namespaces of this machine. It needs Linux with iproute2 and iptables, and no other rights: the
 * namespaces are in a user namespace. All of it is gone when the test's process is.
 *
 * The internet is one segment, 203.0.113.0/24 and 2001:db8::/64. Behind the n-th router lies 192.168.n.0/24 and
 * 2001:db8:n::/64; behind a long cable lies 198.51.100.0/24 or 192.0.2.0/24.
 *
 * @module
 */

import { assert } from "@std/assert";
import type { Build } from "../support/program.ts";
import { Host, Router, type Segment } from "./machines.ts";

/** How a router maps what it lets out. */
export type Mapping =
  /** Each inner port has the same port outside, whatever it talks to, as most routers at home have it. */
  | "keeps-ports"
  /** Each destination sees another port. */
  | "symmetric";

/** What is particular about a router. */
export interface RouterOptions {
  readonly mapping: Mapping;
  /** The router in front of it, as a carrier's is in front of those at home; by default the internet. */
  readonly behind?: Router;
  /** How long it keeps a mapping, whatever flows, in milliseconds; by default as long as something flows. */
  readonly keepsMs?: number;
  /** What it lets out; by default all. */
  readonly lets?: "all" | "tcp" | "tcp-443";
  /** The families of addresses behind it; by default IPv4. */
  readonly families?: readonly Family[];
}

export type Family = "ipv4" | "ipv6";

/** What is particular about a host. */
export interface HostOptions {
  /** The router in front of it; by default the internet. */
  readonly behind?: Router;
  readonly families?: readonly Family[];
}

/** What is particular about a long cable. */
export interface LongCableOptions {
  /** How long each packet takes, in each direction, in milliseconds. */
  readonly delayMs: number;
}

/** Whether the laboratory can be had here, and why not. */
export const unavailable = await whyUnavailable("iptables -t nat -S");

/** Whether it can have long cables, and why not: they need Python and TUN. */
export async function whyNoLongCables(): Promise<string | undefined> {
  return unavailable ?? await whyUnavailable("ip tuntap add tried mode tun && python3 --version");
}

async function whyUnavailable(needed: string): Promise<string | undefined> {
  if (Deno.build.os !== "linux") return "network namespaces are Linux'";
  const tried = `mount -t tmpfs none /run && ip link set lo up && ${needed}`;
  const { success, stderr } = await new Deno.Command("unshare", {
    args: [...isolation(), "sh", "-c", tried],
    stdout: "null",
  }).output();
  if (success) return undefined;
  const reason = new TextDecoder().decode(stderr).trim();
  // Where the machine has to have one, no test of it may be missing.
  assert(Deno.env.get("P2PCHAT_LABORATORY") !== "required", `no network laboratory: ${reason}`);
  return reason;
}

/** What addresses behind long cables begin with: those for documentation count as public. */
const farPrefixes = ["198.51.100.", "192.0.2."] as const;

/** Starts a program. Done when it has said something. @throws {Error} If it does not. */
async function ready(command: Deno.Command): Promise<Deno.ChildProcess> {
  const child = command.spawn();
  const said = child.stdout.getReader();
  const { value } = await said.read();
  await said.cancel();
  if (value !== undefined) return child;
  await child.stdin.close().catch(() => {});
  throw new Error(`A program of the laboratory has ended: ${(await child.status).code}`);
}

function isolation(): string[] {
  return ["--map-root-user", "--mount", "--net"];
}

/** A network of its own. */
export class Laboratory implements AsyncDisposable {
  readonly #holder: Deno.ChildProcess;
  /** Programs that are a part of it. */
  readonly #helpers: Deno.ChildProcess[] = [];
  readonly #internet: Segment = {
    namespace: "internet",
    bridge: "segment",
    ipv4: "203.0.113.",
    ipv6: "2001:db8::",
    nodes: 0,
  };
  #routers = 0;
  #longCables = 0;

  private constructor(holder: Deno.ChildProcess) {
    this.#holder = holder;
  }

  /** Makes an internet that nobody is in yet. */
  static async open(): Promise<Laboratory> {
    // It keeps the namespaces, and ends with its input: at the latest with the process of the test.
    const keep = "mount -t tmpfs none /run && mkdir /run/netns && echo made && exec cat";
    const args = [...isolation(), "sh", "-c", keep];
    const holder = new Deno.Command("unshare", { args, stdin: "piped", stdout: "piped" });
    const made = new Laboratory(await ready(holder));
    await made.#run(addNamespace(made.#internet.namespace));
    await made.#segment(made.#internet);
    return made;
  }

  /** Adds a machine. */
  async host(name: string, { behind, families = ["ipv4"] }: HostOptions = {}): Promise<Host> {
    const segment = behind?.segment ?? this.#internet;
    return new Host(this, name, await this.#attach(name, segment, families));
  }

  /** Takes a machine out of its network and puts it into another, or as another one into the same. */
  async move(name: string, { behind, families = ["ipv4"] }: HostOptions = {}): Promise<void> {
    await this.inside(name, "ip link del uplink");
    await this.#link(name, behind?.segment ?? this.#internet, families);
  }

  /** Adds a router, which lets in only what answers to what it has let out. */
  async router(name: string, options: RouterOptions): Promise<Router> {
    const { behind, families = ["ipv4"], mapping, lets = "all", keepsMs } = options;
    const outside = behind?.segment ?? this.#internet;
    const addresses = await this.#attach(name, outside, families);
    const n = ++this.#routers;
    const segment: Segment = {
      namespace: name,
      bridge: "inside",
      ipv4: `192.168.${n}.`,
      ipv6: `2001:db8:${n}::`,
      nodes: 0,
    };
    await this.#segment(segment);
    const out = {
      "all": ["-j ACCEPT"],
      "tcp": ["-p tcp -j ACCEPT"],
      "tcp-443": ["-p tcp --dport 443 -j ACCEPT"],
    }[lets];
    const rules = [
      "-P FORWARD DROP",
      "-A FORWARD -m conntrack --ctstate ESTABLISHED,RELATED -j ACCEPT",
      ...out.map((rule) => `-A FORWARD -i inside -o uplink ${rule}`),
      // Or the router would answer by itself what nobody has asked for, and take the port for that.
      "-A INPUT -i uplink -m conntrack --ctstate ESTABLISHED,RELATED -j ACCEPT",
      "-A INPUT -i uplink -p icmpv6 -j ACCEPT",
      "-A INPUT -i uplink -j DROP",
    ];
    const random = mapping === "symmetric" ? "--random-fully" : "";
    await this.inside(
      name,
      [
        "sysctl -qw net.ipv4.ip_forward=1 net.ipv6.conf.all.forwarding=1",
        ...rules.filter((rule) => !rule.includes("icmpv6")).map((rule) => `iptables ${rule}`),
        ...rules.map((rule) => `ip6tables ${rule}`),
        `iptables -t nat -A POSTROUTING -o uplink -j MASQUERADE ${random}`,
      ].join("\n"),
    );
    const ipv6 = addresses.find((address) => address.includes(":"));
    if (ipv6 !== undefined) {
      await this.inside(outside.namespace, `ip route add ${segment.ipv6}/64 via ${ipv6}`);
    }
    if (keepsMs !== undefined) {
      const script = new URL("forget.py", import.meta.url).pathname;
      const args = ["python3", script, String(keepsMs / 1_000), mapping];
      this.#helpers.push(await this.#start(name, ...args));
    }
    return new Router(this, name, addresses, segment);
  }

  /** Adds what lies between a far part of the internet and all else. What is behind it has public addresses. */
  async longCable(name: string, { delayMs }: LongCableOptions): Promise<Router> {
    const outside = this.#internet;
    const families = ["ipv4", "ipv6"] as const;
    const addresses = await this.#attach(name, outside, families);
    const ipv4 = farPrefixes[this.#longCables++];
    assert(ipv4 !== undefined, "There are addresses for two cables.");
    const ipv6 = `2001:db8:${++this.#routers}::`;
    const segment: Segment = { namespace: name, bridge: "inside", ipv4, ipv6, nodes: 0 };
    await this.#segment(segment);
    const script = new URL("delay.py", import.meta.url).pathname;
    this.#helpers.push(await this.#start(name, "python3", script, String(delayMs), "in", "out"));
    // What comes from one side goes into the cable's end there, and from the other end its own way.
    const through = ["-4", "-6"].flatMap((family) =>
      [["inside", "in", 100], ["uplink", "out", 101]].flatMap(([from, end, table]) => [
        `ip ${family} rule add iif ${from} lookup ${table}`,
        `ip ${family} route add default dev ${end} table ${table}`,
      ])
    );
    await this.inside(name, ["ip link set in up", "ip link set out up", ...through].join("\n"));
    for (const [i, prefix] of [`${ipv4}0/24`, `${ipv6}/64`].entries()) {
      await this.inside(outside.namespace, `ip route add ${prefix} via ${addresses[i]}`);
    }
    return new Router(this, name, addresses, segment);
  }

  /** Runs a script of the shell in a machine. @throws {Error} If one of its commands fails. */
  async inside(name: string, script: string): Promise<string> {
    return await this.#run(script, name);
  }

  /** How a program is started in a machine. */
  build(name: string, build: Build): Build {
    const [command, ...args] = this.#enter(name);
    return { ...build, command: command!, args: [...args, build.command, ...build.args] };
  }

  /** Ends the network. What runs in it has to have ended. */
  async [Symbol.asyncDispose](): Promise<void> {
    for (const started of [...this.#helpers, this.#holder]) {
      await started.stdin.close();
      await started.status;
    }
  }

  /** Starts a program in a machine that ends with its input. Done when it has said something. */
  async #start(name: string, ...words: readonly string[]): Promise<Deno.ChildProcess> {
    const [command, ...args] = [...this.#enter(name), ...words];
    return await ready(new Deno.Command(command!, { args, stdin: "piped", stdout: "piped" }));
  }

  #enter(name?: string): string[] {
    const holder = ["nsenter", "--target", String(this.#holder.pid)];
    const entered = [...holder, "--user", "--preserve-credentials", "--mount", "--net", "--"];
    return name === undefined ? entered : [...entered, "ip", "netns", "exec", name];
  }

  async #run(script: string, name?: string): Promise<string> {
    const [command, ...args] = [...this.#enter(name), "sh", "-e"];
    const child = new Deno.Command(command!, {
      args,
      stdin: "piped",
      stdout: "piped",
      stderr: "piped",
    }).spawn();
    const input = child.stdin.getWriter();
    await input.write(new TextEncoder().encode(script));
    await input.close();
    const { success, stdout, stderr } = await child.output();
    const read = (bytes: Uint8Array) => new TextDecoder().decode(bytes);
    if (!success) throw new Error(`In ${name ?? "the laboratory"}: ${script}: ${read(stderr)}`);
    return read(stdout);
  }

  async #segment({ namespace, bridge, ipv4, ipv6 }: Segment): Promise<void> {
    await this.inside(
      namespace,
      `ip link set lo up
       ip link add ${bridge} type bridge
       ip addr add ${ipv4}1/24 dev ${bridge}
       ip addr add ${ipv6}1/64 dev ${bridge} nodad
       ip link set ${bridge} up
       sysctl -qw net.ipv4.ip_forward=1 net.ipv6.conf.all.forwarding=1`,
    );
  }

  /** Makes a machine with a link to a segment. @returns Its addresses there. */
  async #attach(name: string, to: Segment, families: readonly Family[]): Promise<string[]> {
    await this.#run(`${addNamespace(name)}\nip -n ${name} link set lo up`);
    return await this.#link(name, to, families);
  }

  async #link(name: string, to: Segment, families: readonly Family[]): Promise<string[]> {
    const n = 10 + to.nodes++;
    const link = `to-${to.nodes}`;
    await this.#run(
      `ip -n ${to.namespace} link add ${link} type veth peer name uplink netns ${name}
       ip -n ${to.namespace} link set ${link} master ${to.bridge} up`,
    );
    const addresses = families.map((family) => `${to[family]}${n}`);
    await this.inside(name, connect({ segment: to, addresses }));
    return addresses;
  }
}

function addNamespace(name: string): string {
  return `ip netns add ${name}
    in="ip netns exec ${name} sysctl -qw"
    # Nobody else has the addresses that are given here: they can be used at once.
    $in net.ipv6.conf.all.accept_dad=0 net.ipv6.conf.default.accept_dad=0
    # What goes from link to link of a bridge passes no router.
    for table in iptables ip6tables arptables; do
      if [ -e /proc/sys/net/bridge/bridge-nf-call-$table ]; then
        $in net.bridge.bridge-nf-call-$table=0
      fi
    done`;
}

/** What gives a machine's link its addresses and its way out. */
function connect(at: { segment: Segment; addresses: readonly string[] }): string {
  const { segment, addresses } = at;
  const has = (family: Family) => addresses.some((address) => isOf(family, address));
  return [
    // An address by itself would be one more that nobody has asked for.
    `sysctl -qw net.ipv6.conf.uplink.disable_ipv6=${has("ipv6") ? 0 : 1}`,
    "ip link set uplink up",
    ...addresses.map((address) =>
      isOf("ipv4", address)
        ? `ip addr add ${address}/24 dev uplink && ip route add default via ${segment.ipv4}1`
        : `ip addr add ${address}/64 dev uplink nodad && ip route add default via ${segment.ipv6}1`
    ),
  ].join("\n");
}

function isOf(family: Family, address: string): boolean {
  return address.includes(":") === (family === "ipv6");
}
