// Whether the laboratory's machines and routers are what they are called.

import { assert, assertEquals, assertMatch, assertNotEquals } from "@std/assert";
import { Laboratory, unavailable, whyNoLongCables } from "./laboratory.ts";
import type { Host } from "./machines.ts";
import { Probe } from "./probes.ts";

function test(name: string, fn: (laboratory: Laboratory) => Promise<void>): void {
  Deno.test({
    name,
    ignore: unavailable !== undefined,
    fn: async () => {
      await using laboratory = await Laboratory.open();
      await fn(laboratory);
    },
  });
}

const port = 5556;

/** A host with a program that listens. */
async function listening(host: Host): Promise<Probe> {
  const probe = new Probe(host);
  await probe.listens("tcp", port);
  await probe.listens("udp", port);
  return probe;
}

/** As which address each of two machines on the internet hears a datagram of another machine. */
async function heardAs(laboratory: Laboratory, host: Host): Promise<[string, string]> {
  const [one, other] = [await laboratory.host("one"), await laboratory.host("other")];
  await using oneProbe = await listening(one);
  await using otherProbe = await listening(other);
  await using probe = await listening(host);
  await probe.sends(one.address, port, "to-one");
  await probe.sends(other.address, port, "to-other");
  return [await oneProbe.hears("to-one"), await otherProbe.hears("to-other")];
}

test("hosts on the internet reach each other, by both families", async (laboratory) => {
  const families = ["ipv4", "ipv6"] as const;
  const [alice, bob] = [
    await laboratory.host("alice", { families }),
    await laboratory.host("bob", { families }),
  ];
  await using bobs = await listening(bob);
  await using alices = await listening(alice);
  for (const [i, address] of bob.addresses.entries()) {
    assert((await alices.connects(address, port)).startsWith(`${alice.addresses[i]}:`));
    await alices.sends(address, port, `by-${i}`);
    assertEquals(await bobs.hears(`by-${i}`), `${alice.addresses[i]}:${port}`);
  }
});

test("a host with one family has no address of the other", async (laboratory) => {
  const server = await laboratory.host("server", { families: ["ipv4", "ipv6"] });
  await using _server = await listening(server);
  const host = await laboratory.host("alice", { families: ["ipv6"] });
  await using alice = await listening(host);
  const [ipv4, ipv6] = server.addresses;
  assertNotEquals(await alice.connects(ipv4!, port), "no answer");
  assertEquals((await alice.connects(ipv6!, port)).split(":").slice(0, -1).join(":"), host.address);
  assertEquals((await laboratory.inside("alice", "ip -4 -o addr show scope global")).trim(), "");
});

test("a router that keeps ports shows each destination the port inside, and a symmetric one does not", async (laboratory) => {
  const router = await laboratory.router("router", { mapping: "keeps-ports" });
  const [one, other] = await heardAs(
    laboratory,
    await laboratory.host("alice", { behind: router }),
  );
  assertEquals([one, other], Array(2).fill(`${router.address}:${port}`));
});

test("a symmetric router shows each destination another port", async (laboratory) => {
  const router = await laboratory.router("router", { mapping: "symmetric" });
  const [one, other] = await heardAs(
    laboratory,
    await laboratory.host("alice", { behind: router }),
  );
  assertMatch(one, new RegExp(`^${router.address}:`));
  assertMatch(other, new RegExp(`^${router.address}:`));
  assertNotEquals(one, other);
});

test("a router lets nobody in, and does not answer by itself", async (laboratory) => {
  const router = await laboratory.router("router", { mapping: "keeps-ports" });
  await using inside = await listening(await laboratory.host("alice", { behind: router }));
  const bobHost = await laboratory.host("bob");
  await using bob = await listening(bobHost);
  assertEquals(await bob.connects(router.address, port), "no answer");
  await bob.sends(router.address, port, "uncalled");
  await inside.sends(bobHost.address, port, "out");
  await bob.hears("out");
  await bob.sends(router.address, port, "called");
  await inside.hears("called");
  assertEquals(inside.hasHeard("uncalled"), false);
});

test("two hosts behind routers that keep ports reach each other once both have sent", async (laboratory) => {
  // One of them behind a carrier's router as well.
  const carrier = await laboratory.router("carrier", { mapping: "keeps-ports" });
  const home = await laboratory.router("home", { mapping: "keeps-ports", behind: carrier });
  const other = await laboratory.router("other", { mapping: "keeps-ports" });
  await using alice = await listening(await laboratory.host("alice", { behind: home }));
  await using bob = await listening(await laboratory.host("bob", { behind: other }));
  await alice.sends(other.address, port, "opens");
  await bob.sends(carrier.address, port, "comes");
  assertEquals(await alice.hears("comes"), `${other.address}:${port}`);
  await alice.sends(other.address, port, "answers");
  assertEquals(await bob.hears("answers"), `${carrier.address}:${port}`);
  assertEquals(bob.hasHeard("opens"), false);
});

test("two hosts behind one router reach each other inside alone", async (laboratory) => {
  const router = await laboratory.router("router", { mapping: "keeps-ports" });
  const bob = await laboratory.host("bob", { behind: router });
  await using _bob = await listening(bob);
  const alice = await laboratory.host("alice", { behind: router });
  await using alices = await listening(alice);
  assert((await alices.connects(bob.address, port)).startsWith(`${alice.address}:`));
  // The router itself refuses: it has nothing that listens.
  assertEquals(await alices.connects(router.address, port), "ConnectionRefused");
});

test("a router may let out TCP alone, or its port 443 alone", async (laboratory) => {
  const server = await laboratory.host("server");
  await using probe = await listening(server);
  await probe.listens("tcp", 443);
  for (const lets of ["tcp", "tcp-443"] as const) {
    const router = await laboratory.router(lets, { mapping: "keeps-ports", lets });
    const host = await laboratory.host(`behind-${lets}`, { behind: router });
    await using inside = await listening(host);
    await inside.sends(server.address, port, lets);
    const seen = await inside.connects(server.address, 443);
    assert(seen.startsWith(`${router.address}:`), seen);
    const other = await inside.connects(server.address, port);
    if (lets === "tcp") assert(other.startsWith(`${router.address}:`), other);
    else assertEquals(other, "no answer");
    assertEquals(probe.hasHeard(lets), false);
  }
});

test("a host behind a router has an IPv6 address of its own, and is let in nowhere", async (laboratory) => {
  const families = ["ipv6"] as const;
  const router = await laboratory.router("router", { mapping: "keeps-ports", families });
  const alice = await laboratory.host("alice", { behind: router, families });
  const bob = await laboratory.host("bob", { families });
  await using alices = await listening(alice);
  await using bobs = await listening(bob);
  assertEquals(await bobs.connects(alice.address, port), "no answer");
  assert((await alices.connects(bob.address, port)).startsWith(`${alice.address}:`));
  await alices.sends(bob.address, port, "out");
  assertEquals(await bobs.hears("out"), `${alice.address}:${port}`);
});

test("a router that forgets lets no answer in any more", async (laboratory) => {
  const router = await laboratory.router("router", { mapping: "keeps-ports" });
  await using alice = await listening(await laboratory.host("alice", { behind: router }));
  const bob = await laboratory.host("bob");
  await using bobs = await listening(bob);
  await alice.sends(bob.address, port, "out");
  await bobs.hears("out");
  await bobs.sends(router.address, port, "in");
  await alice.hears("in");
  await router.forgets();
  await bobs.sends(router.address, port, "forgotten");
  await alice.sends(bob.address, port, "out-again");
  await bobs.hears("out-again");
  await bobs.sends(router.address, port, "in-again");
  await alice.hears("in-again");
  assertEquals(alice.hasHeard("forgotten"), false);
});

test("a router that goes dark for a kind of packets says nothing", async (laboratory) => {
  const router = await laboratory.router("router", { mapping: "keeps-ports" });
  await using alice = await listening(await laboratory.host("alice", { behind: router }));
  const bob = await laboratory.host("bob");
  await using bobs = await listening(bob);
  await router.darkens("-p udp");
  await alice.sends(bob.address, port, "out");
  assertMatch(await alice.connects(bob.address, port), /:\d+$/);
  assertEquals(bobs.hasHeard("out"), false);
});

test("what a host sends to an address is counted", async (laboratory) => {
  const families = ["ipv4", "ipv6"] as const;
  const alice = await laboratory.host("alice", { families });
  const [bob, carol] = [
    await laboratory.host("bob", { families }),
    await laboratory.host("carol", { families }),
  ];
  await using alices = await listening(alice);
  await using bobs = await listening(bob);
  await alice.counts(bob.addresses);
  assertEquals(await alice.sent(), 0);
  for (const address of carol.addresses) await alices.sends(address, port, "uncounted");
  for (const address of bob.addresses) await alices.sends(address, port, "counted");
  await bobs.hears("counted");
  assertEquals(await alice.sent(), 2);
});

test("a host loses a share of what comes in", async (laboratory) => {
  const [alice, bob] = [await laboratory.host("alice"), await laboratory.host("bob")];
  await using alices = await listening(alice);
  await using bobs = await listening(bob);
  await bob.loses(0.5);
  for (let i = 0; i < 100; i++) await alices.sends(bob.address, port, `n${i}.`);
  // Behind all of them comes what is not lost.
  await bob.loses(0);
  assert((await alices.connects(bob.address, port)).includes(":"));
  const heard = Array.from({ length: 100 }, (_, i) => bobs.hasHeard(`n${i}.`)).filter(Boolean);
  assert(heard.length > 20 && heard.length < 80, `${heard.length} of 100`);
});

Deno.test({
  name: "what goes over a long cable comes later, and between two behind one it does not",
  ignore: await whyNoLongCables() !== undefined,
  fn: async () => {
    await using laboratory = await Laboratory.open();
    const cable = await laboratory.longCable("cable", { delayMs: 50 });
    const families = ["ipv4", "ipv6"] as const;
    const far = await laboratory.host("far", { behind: cable, families });
    const farther = await laboratory.host("farther", {
      behind: await laboratory.longCable("other", { delayMs: 50 }),
    });
    const near = await laboratory.host("near", { families });
    const beside = await laboratory.host("beside", { behind: cable });
    await using caller = await listening(near);
    await using _far = await listening(far);
    await using _farther = await listening(farther);
    await using besides = await listening(beside);
    const waited = async (from: Probe, to: string) => {
      const fromMs = performance.now();
      assertMatch(await from.connects(to, port), /:\d+$/);
      return performance.now() - fromMs;
    };
    // A connection takes one time there and back, and what is said first another one.
    for (const address of far.addresses) assert(await waited(caller, address) >= 200);
    assert(await waited(besides, far.address) < 200);
    assert(await waited(besides, farther.address) >= 400);
  },
});
