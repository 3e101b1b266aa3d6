// Two people in the network laboratory, and the server that introduces them.

import { part } from "../support/extent.ts";
import { type Build, builds, Program } from "../support/program.ts";
import { Laboratory, type RouterOptions, unavailable } from "./laboratory.ts";
import type { Host } from "./machines.ts";

/** Where somebody sits. */
const sides: Record<string, RouterOptions | undefined> = {
  "on the internet": undefined,
  "behind a router that keeps ports": { mapping: "keeps-ports" },
  "behind a symmetric router": { mapping: "symmetric" },
  "behind a router that lets out TCP alone": { mapping: "keeps-ports", lets: "tcp" },
};

async function place(laboratory: Laboratory, name: string, side: string): Promise<Host> {
  const options = sides[side];
  if (options === undefined) return await laboratory.host(name);
  const behind = await laboratory.router(`${name}s-router`, options);
  return await laboratory.host(name, { behind });
}

/** Where bob sits, and how alice reaches him in the end. */
const ways: Record<string, (alicesSide: string, build: Build) => RegExp> = {
  "on the internet": () => straight,
  // He calls back on a straight way.
  "behind a router that keeps ports": (side, build) => {
    switch (side) {
      case "on the internet":
        return straight;
      case "behind a router that keeps ports":
        return punched;
      case "behind a router that lets out TCP alone":
        // Of the executable it is not known whether its runtime calls from ports that one chooses.
        return build === builds[0]
          ? punchedOverTcp
          : /^bob +(punched tcp|relayed by) .* +encrypted/;
      default:
        return relayed;
    }
  },
};

const straight = /^bob +(\[[0-9a-f:]+\]|[0-9.]+):[0-9]+ +encrypted/;
const punched = /^bob +punched quic [0-9.]+:[0-9]+ +encrypted/;
const punchedOverTcp = /^bob +punched tcp [0-9.]+:[0-9]+ +encrypted/;
const relayed = /^bob +relayed by [0-9.]+ +encrypted/;

const pairs = Object.keys(sides).flatMap((alicesSide) =>
  Object.entries(ways).map(([bobsSide, wayFrom]) => ({ alicesSide, bobsSide, wayFrom }))
);

for (const build of builds) {
  for (const { alicesSide, bobsSide, wayFrom } of part(pairs, 3)) {
    test(`somebody ${alicesSide} talks to somebody ${bobsSide}`, build, {
      sides: [alicesSide, bobsSide],
      way: wayFrom(alicesSide, build),
    });
  }
  test("a straight call whose first packets are lost is not given up for the routers", build, {
    sides: ["on the internet", "behind a symmetric router"],
    way: straight,
    // Whoever calls her sends this packet again after one second, and after three.
    alicesRules: [
      "INPUT -p tcp --syn -m statistic --mode nth --every 3 --packet 2 -j ACCEPT",
      "INPUT -p tcp --syn -j DROP",
    ],
  });
}

interface Reach {
  /** Where alice and bob sit. */
  readonly sides: readonly [string, string];
  /** How she reaches him in the end. */
  readonly way: RegExp;
  /** What is particular about the packets on her machine. */
  readonly alicesRules?: readonly string[];
}

function test(name: string, build: Build, { sides: [alicesSide, bobsSide], ...reach }: Reach) {
  const { way, alicesRules = [] } = reach;
  Deno.test({
    name: `${build.name}: ${name}`,
    ignore: unavailable !== undefined,
    fn: async () => {
      await using laboratory = await Laboratory.open();
      const rendezvous = await laboratory.host("rendezvous");
      const server = `${rendezvous.address}:5555`;
      const listens = ["--host", rendezvous.address, "--ephemeral"];
      await using program = new Program(rendezvous.build(build), "server", ...listens);
      await program.says(/^p2pchat server listening on /);
      const bobs = (await place(laboratory, "bob", bobsSide)).build(build);
      await using bob = new Program(bobs, "client", "bob", server, "--register");
      await bob.says(/^\* registered as bob/);
      const alices = await place(laboratory, "alice", alicesSide);
      const rules = alicesRules.map((rule) => `iptables -A ${rule}`);
      await laboratory.inside(alices.name, rules.join("\n"));
      const alicesBuild = alices.build(build);
      await using alice = new Program(alicesBuild, "client", "alice", server, "--register");
      await alice.types("/chat bob\nhello");
      await bob.says(/^alice: hello$/);
      await bob.types("/chat alice\nhello back");
      await alice.says(/^bob: hello back$/);
      await reaches(alice, way);
      await alice.types("on this way");
      await bob.says(/^alice: on this way$/);
      await alice.quits();
      await bob.quits();
    },
  });
}

/** Waits until a client lists its conversation with a way that a pattern matches. */
async function reaches(client: Program, way: RegExp): Promise<void> {
  const lines = () => [...client.out, ...client.err].map((line) => line.trim());
  for (let tries = 0; !lines().some((line) => way.test(line)); tries++) {
    if (tries === triesMax) throw new Error(`not on the way ${way}:\n${lines().join("\n")}`);
    await client.types("/peers");
    await new Promise((resolve) => setTimeout(resolve, askAgainMs));
  }
}

const triesMax = 100;
const askAgainMs = 100;
