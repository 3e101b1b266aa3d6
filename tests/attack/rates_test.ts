// One host asks as often as it can, over as many connections as it likes: it is slowed, then refused, and nobody
// else notices. Whoever sits behind the same address with a known key has what is theirs.

import { assert, assertEquals, assertMatch } from "@std/assert";
import { defaultCapacity, type Rates } from "../../server/limits/limits.ts";
import { Identity } from "../../shared/crypto/identity.ts";
import { CoreServer } from "../support/core_fixture.ts";
import { challengeOf, keyLine, signed } from "../support/signer.ts";
import { sized } from "./extent.ts";

const { slowedMs } = defaultCapacity;
const few = { burst: 5, perSecond: 1 };
const rates: Rates = { ...defaultCapacity.hostRates, BRIDGE: few, REGISTER: few, PING: few };
const attacker = "203.0.113.66";
const bridge = ["BRIDGE", "clientID: alice", "Target: bob"];
const isRefused = (reply: string) => reply.startsWith("ERROR\nCode: 429\n");

/** A server of which hosts may ask five times at once, and then once a second. */
function start(): CoreServer {
  return new CoreServer({ capacity: { hostRates: rates } });
}

Deno.test("who asks too often is slowed first and refused later, and nobody else is", async () => {
  const server = start();
  const flooding = Array.from({ length: sized(20, 500) }, () => server.connect(attacker));
  const answered: string[] = [];
  for (const client of flooding) answered.push(await client.ask(...bridge));
  assertEquals(answered.filter((reply) => reply !== "").length, 5);
  const other = server.connect("192.0.2.1");
  assertMatch(await other.ask(...bridge), /^ERROR\nCode: 404\n/);
  await server.pass(slowedMs + 1_000);
  const later = await Promise.all(flooding.slice(5).map((client) => client.heard()));
  assertEquals(later.filter((reply) => reply.startsWith("ERROR\nCode: 404\n")).length, 5);
  assertEquals(later.filter(isRefused).length, flooding.length - 10);
  // After a pause it is as if nothing had been.
  await server.pass(10_000);
  assertMatch(await flooding[0]!.ask(...bridge), /^ERROR\nCode: 404\n/);
  await server.restart();
});

Deno.test("only who speaks this protocol is told when to try again", async () => {
  const server = start();
  const replies = async (...more: string[]) => {
    const clients = Array.from({ length: 20 }, () => server.connect(attacker));
    for (const client of clients) client.send(...bridge, ...more);
    await server.pass(1_000);
    const heard = await Promise.all(clients.map((client) => client.heard()));
    await server.pass(60_000);
    return heard.filter(isRefused);
  };
  const legacy = new Set(await replies());
  assertEquals([...legacy], [
    "ERROR\nCode: 429\nReason: You ask too often; try again later\n\n",
  ]);
  const told = await replies("Version: 1");
  assert(told.length > 0);
  for (const reply of told) assertMatch(reply, /\nRetry-After: [1-9][0-9]*\n\n$/);
  await server.restart();
});

Deno.test("who is refused waits for that, so that it is of no use to go on", async () => {
  const server = start();
  const clients = Array.from({ length: 30 }, () => server.connect(attacker));
  for (const client of clients) client.conn.feed("PING\n\n".repeat(1_000));
  await server.pass(2_000);
  for (const client of clients) {
    const replies = (await client.heard()).split("\n\n").length - 1;
    assert(replies <= 10, `it got ${replies} replies in 2 s`);
  }
  await server.restart();
});

Deno.test("a known key has what is its own behind an address that has used up its own", async () => {
  const server = start();
  const [alice, stranger] = [Identity.generate(), Identity.generate()];
  const first = server.connect(attacker);
  assertMatch(await first.register("alice", alice), /^REGACK/);
  await server.pass(20_000);
  const flood = async () => {
    for (let i = 0; i < 30; i++) server.connect(attacker).send(...bridge);
    for (let i = 0; i < 30; i++) {
      server.connect(attacker).send("REGISTER", `clientID: c${i}`, "IP: 10.0.0.1", "Port: 1");
    }
    await server.pass(250);
  };
  await flood();
  // On a connection on which the key is proven, and on a new one on which it is named.
  assertMatch(await first.ask(...bridge), /^ERROR\nCode: 404\n/);
  const again = server.connect(attacker);
  assertMatch(await again.register("alice", alice), /^REGACK/);
  // A key that nobody knows has nothing of its own, nor has one that is named for another's name.
  for (const [name, identity] of [["new", stranger], ["alice", stranger]] as const) {
    const client = server.connect(attacker);
    const lines = ["REGISTER", `clientID: ${name}`, "IP: 127.0.0.1", "Port: 5556", "Version: 1"];
    assertEquals(await client.ask(...lines, keyLine(identity)), "");
  }
  await server.restart();
});

Deno.test("the server's own host has no rates, unless it is counted", async () => {
  for (const exemptsOwnHost of [true, false]) {
    const server = new CoreServer({ capacity: { hostRates: rates, exemptsOwnHost } });
    const clients = Array.from({ length: 20 }, () => server.connect("127.0.0.1"));
    for (const client of clients) client.send(...bridge);
    const heard = await Promise.all(clients.map((client) => client.heard()));
    assertEquals(heard.filter((reply) => reply !== "").length, exemptsOwnHost ? 20 : 5);
    await server.restart();
  }
});

Deno.test("the addresses of one /64 ask as often as one host may, and those of a /48 as four", async () => {
  for (const [hostOf, hosts] of [[1, 1], [(n: number) => n, 4]] as const) {
    const server = start();
    const clients = Array.from({ length: 60 }, (_, n) => {
      const network = typeof hostOf === "number" ? hostOf : hostOf(n);
      return server.connect(`2001:db8:0:${network.toString(16)}::${(n + 1).toString(16)}`);
    });
    for (const client of clients) client.send(...bridge);
    const heard = await Promise.all(clients.map((client) => client.heard()));
    assertEquals(heard.filter((reply) => reply !== "").length, 5 * hosts);
    await server.restart();
  }
});

/** The signature of a challenge is what costs the server most: a wrong one uses up the same tokens. */
Deno.test("wrong signatures are counted as requests", async () => {
  const server = start();
  const identity = Identity.generate();
  const lines = ["REGISTER", "clientID: alice", "IP: 127.0.0.1", "Port: 5556", "Version: 1"];
  let refused = 0;
  for (let i = 0; i < 6; i++) {
    const client = server.connect(attacker);
    const challenge = await client.ask(...lines, keyLine(identity));
    if (challenge === "") {
      refused++;
      continue;
    }
    const wrong = signed(
      Identity.generate(),
      lines,
      challengeOf(challenge.replaceAll("\n", "\r\n")),
    );
    await client.ask(...wrong);
  }
  assert(refused >= 3, `${refused}`);
  await server.restart();
});
