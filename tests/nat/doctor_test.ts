// What the doctor says in networks of which it is known what they are.

import { assertEquals, assertMatch } from "@std/assert";
import { builds, Program } from "../support/program.ts";
import { Laboratory, type RouterOptions, unavailable } from "./laboratory.ts";
import type { Host } from "./machines.ts";

/** The servers, by their ports; each has the next port as its second one over UDP. */
const servers = { usual: 5555, "without a relay": 5600, "closed for UDP": 5700 };

interface Place {
  readonly router?: RouterOptions;
  readonly server?: keyof typeof servers;
  /** What the machine, and the router before it, let through no more, as rules of iptables. */
  readonly hostDrops?: string;
  readonly routerDrops?: string;
}

/** What is found: the verdict, why no UDP passes, and whether two ports of the server see the same. */
interface Found {
  readonly verdict: string;
  /** What it is instead if the runtime calls from a port that it chooses; the same if not given. */
  readonly choosing?: string;
  readonly whyNoUdp?: string;
  readonly keepsAddress?: boolean;
  /** Whether the server sees the machine's own port of TCP. */
  readonly keepsPort: boolean;
}

const keepsPorts = { mapping: "keeps-ports" } as const;
const overTcp = { choosing: "punched-over-tcp", keepsPort: true } as const;

const places: Record<string, { readonly at: Place; readonly found: Found }> = {
  "on the internet": { at: {}, found: { verdict: "direct", keepsAddress: true, keepsPort: true } },
  "behind a router that keeps ports": {
    at: { router: keepsPorts },
    found: { verdict: "punched", keepsAddress: true, keepsPort: true },
  },
  "behind a symmetric router": {
    at: { router: { mapping: "symmetric" } },
    found: { verdict: "relayed", keepsAddress: false, keepsPort: false },
  },
  "behind a router that lets out TCP alone": {
    at: { router: { ...keepsPorts, lets: "tcp" } },
    found: { ...overTcp, verdict: "probably-relayed", whyNoUdp: "no-answer" },
  },
  "behind a router that lets out no second port": {
    at: { router: keepsPorts, routerDrops: "-p udp --dport 5556" },
    found: { ...overTcp, verdict: "unknown" },
  },
  "on a machine that sends no UDP itself": {
    at: { router: keepsPorts, hostDrops: "-p udp" },
    found: { ...overTcp, verdict: "relayed", whyNoUdp: "not-sent" },
  },
  "with a server whose UDP port is closed": {
    at: { router: keepsPorts, server: "closed for UDP" },
    found: { ...overTcp, verdict: "probably-relayed", whyNoUdp: "no-answer" },
  },
  "with a server that relays nothing": {
    at: { router: keepsPorts, server: "without a relay" },
    found: { verdict: "unreachable", keepsAddress: true, keepsPort: true },
  },
};

/** All that a person reads, behind a router that keeps ports. */
const lines = [
  /^server {5}203\.0\.113\.\d+:5555, connected in [\d.]+ ms, [\d.]+ ms there and back$/,
  /^encrypted {2}no: whom you look for is readable on the way$/,
  /^addresses {2}192\.168\.1\.\d+; the server sees 203\.0\.113\.\d+: a router stands between$/,
  /^IPv6 {7}this machine has no address of it$/,
  /^UDP {8}seen at 203\.0\.113\.\d+:\d+, your own port, the same for all$/,
  /^TCP {8}seen at port \d+, your own, (?:and|but) this runtime can/,
  /^relay {6}yes$/,
  /^clock {6}as the server's, to 0\.\d s$/,
  /^so {9}others reach you through both routers, if theirs keeps one address for all as yours does; /,
];

for (const build of builds) {
  Deno.test({
    name: `${build.name}: the doctor tells eight networks apart`,
    ignore: unavailable !== undefined,
    fn: async () => {
      await using laboratory = await Laboratory.open();
      const rendezvous = await laboratory.host("rendezvous");
      await laboratory.inside(
        rendezvous.name,
        `iptables -A INPUT -p udp --dport ${servers["closed for UDP"]}:${
          servers["closed for UDP"] + 1
        } -j REJECT`,
      );
      await using running = new AsyncDisposableStack();
      for (const [name, port] of Object.entries(servers)) {
        const options = ["--relay", name === "without a relay" ? "off" : "on"];
        const listens = ["--host", rendezvous.address, "--port", String(port), "--ephemeral"];
        const server = new Program(rendezvous.build(build), "server", ...listens, ...options);
        running.use(server);
        await server.says(/^p2pchat server listening on /);
      }
      const order = Object.keys(places);
      const hosts: [place: string, host: Host, asks: string[]][] = [];
      for (const [i, [place, { at }]] of Object.entries(places).entries()) {
        const { router, server = "usual", hostDrops, routerDrops } = at;
        const behind = router && await laboratory.router(`router${i}`, router);
        if (routerDrops !== undefined) await behind!.darkens(routerDrops);
        const host = await laboratory.host(`host${i}`, { ...behind && { behind } });
        if (hostDrops !== undefined) {
          await laboratory.inside(host.name, `iptables -A OUTPUT ${hostDrops} -j DROP`);
        }
        hosts.push([place, host, ["doctor", `${rendezvous.address}:${servers[server]}`]]);
      }
      const [, person, asks] = hosts.find(([place]) =>
        place === "behind a router that keeps ports"
      )!;
      await using read = new Program(person.build(build), ...asks);
      assertEquals(await read.ends(), 0);
      assertEquals(read.out.length, lines.length, read.out.join("\n"));
      for (const [n, line] of lines.entries()) assertMatch(read.out[n]!, line);
      let choosesPort = false;
      const finds = async ([place, host, asks]: (typeof hosts)[number]) => {
        await using doctor = new Program(host.build(build), ...asks, "--json");
        assertEquals(await doctor.ends(), 0);
        const { deno, verdict, behindRouter, udp, tcp } = JSON.parse(doctor.out[0]!);
        // From source it is known what the runtime is, and that it chooses its ports.
        if (build === builds[0]) {
          assertEquals([deno, tcp.choosesPort], [Deno.version.deno, true]);
        }
        choosesPort = tcp.choosesPort;
        const { why, keepsAddress } = udp;
        return [place, behindRouter, udp.passes, [verdict, why, keepsAddress, tcp.keepsPort]];
      };
      // Those to whom nothing comes wait for it together. The others are not kept from hearing in time.
      const hearsNothing = ([place]: (typeof hosts)[number]) =>
        places[place]!.found.whyNoUdp !== undefined;
      const found = await Promise.all(hosts.filter(hearsNothing).map(finds));
      for (const one of hosts) if (!hearsNothing(one)) found.push(await finds(one));
      assertEquals(
        found.toSorted(([a], [b]) => order.indexOf(a) - order.indexOf(b)),
        Object.entries(places).map(([place, { at, found }]) => {
          const { verdict, choosing = verdict, whyNoUdp: why, keepsAddress, keepsPort } = found;
          const judged = choosesPort ? choosing : verdict;
          const passes = why === undefined;
          return [place, at.router !== undefined, passes, [judged, why, keepsAddress, keepsPort]];
        }),
      );
    },
  });
}
