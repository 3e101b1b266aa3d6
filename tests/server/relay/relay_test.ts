// Clients that a server joins, over a server's core.

import { assert, assertEquals, assertMatch } from "@std/assert";
import type { Capacity } from "../../../server/limits/limits.ts";
import { Identity } from "../../../shared/crypto/identity.ts";
import { contactEntry } from "../../../shared/protocol/contact_token.ts";
import { relayIdleMs, relayJoinMs, relayLastsMs } from "../../../shared/protocol/limits.ts";
import { dataHeaders } from "../../../shared/protocol/mail_data.ts";
import type { Server } from "../../../server/server.ts";
import { formatAddress } from "../../../shared/net/address.ts";
import { until } from "../../support/events.ts";
import { register, start } from "../../support/server_fixture.ts";
import { Wire } from "../../support/wire.ts";
import { type CoreClient, CoreServer } from "../../support/core_fixture.ts";
import { keyLine, signatureOf } from "../../support/signer.ts";

const [alice, bob, carol, mallory] = [1, 2, 3, 4].map((byte) =>
  Identity.fromSeed(new Uint8Array(32).fill(byte))
) as [Identity, Identity, Identity, Identity];

/** Where these servers are reached. */
const dialed = "127.0.0.1:5555";

function codeOf(reply: string): string {
  return /^ERROR\nCode: (\d+)\n/.exec(reply)?.[1] ?? reply.split("\n")[0]!;
}

function nonceIn(message: string): string {
  return /^Nonce: (\S+)$/m.exec(message)![1]!;
}

/** A client that is registered, subscribed, and takes calls over the relay. */
async function present(server: CoreServer, id: string, identity: Identity, host?: string) {
  const client = server.connect(host);
  await client.register(id, identity);
  const watchack = await client.ask("WATCH", "Version: 1", "Features: relay");
  assertMatch(watchack, /^Features: relay$/m);
  return client;
}

function ask(client: CoreClient, from: string, to: string, ...more: string[]): Promise<string> {
  return client.ask("RELAY", `clientID: ${from}`, "Version: 1", `Target: ${to}`, ...more);
}

/** The lines of a JOIN. */
function joinLines(id: string, identity: Identity, nonce: string, at = dialed): string[] {
  const lines = [
    ...["JOIN", `clientID: ${id}`, "Version: 1", keyLine(identity)],
    ...[`Nonce: ${nonce}`, `Dialed: ${at}`],
  ];
  return [...lines, `Signature: ${signatureOf(identity, lines, "")}`];
}

/** Says JOIN on a connection of its own. */
function join(server: CoreServer, id: string, identity: Identity, nonce: string, host?: string) {
  const conn = server.connect(host);
  conn.send(...joinLines(id, identity, nonce));
  return conn;
}

const joinack = "JOINACK\nVersion: 1\n\n";

/** Two clients that are joined, and the connections on which they are. */
async function joined(capacity: Partial<Capacity> = {}) {
  const server = new CoreServer({ capacity });
  const [a, b] = [await present(server, "alice", alice), await present(server, "bob", bob)];
  const own = nonceIn(await ask(a, "alice", "bob"));
  const other = nonceIn(await b.heard());
  const [one, two] = [join(server, "alice", alice, own), join(server, "bob", bob, other)];
  assertEquals([await one.heard(), await two.heard()], [joinack, joinack]);
  return { server, one, two };
}

Deno.test("two clients are joined, and what they say is passed on as it is, both ways", async () => {
  const server = new CoreServer();
  const [a, b] = [await present(server, "alice", alice), await present(server, "bob", bob)];
  const relayack = await ask(a, "alice", "bob");
  assertEquals(relayack, `RELAYACK\nNonce: ${nonceIn(relayack)}\nVersion: 1\n\n`);
  const relayed = await b.heard();
  assertEquals(
    relayed,
    "RELAYED\nclientID: alice\nTarget: bob\n" +
      `From-Key: ${alice.publicKey}\nNonce: ${nonceIn(relayed)}\n\n`,
  );
  const one = join(server, "alice", alice, nonceIn(relayack));
  assertEquals(await one.heard(), "", "the other has not come");
  const two = join(server, "bob", bob, nonceIn(relayed));
  assertEquals([await one.heard(), await two.heard()], [joinack, joinack]);
  // Nothing of it is a message any more.
  one.conn.feed("PING\r\n\r\n");
  assertEquals(await two.heard(), "PING\n\n");
  two.conn.feed("\u0000 anything\r\n");
  assertEquals(await one.heard(), "\u0000 anything\n");
  two.conn.close();
  await Promise.all([one.ended, two.ended]);
  assertEquals(one.conn.closed, true);
  // The control connections go on.
  assertEquals(await a.ask("PING"), "PONG\n\n");
});

Deno.test("nobody who is not of the two takes part, and nobody twice", async () => {
  const server = new CoreServer();
  const [a, b] = [await present(server, "alice", alice), await present(server, "bob", bob)];
  await present(server, "mallory", mallory);
  const own = nonceIn(await ask(a, "alice", "bob"));
  const other = nonceIn(await b.heard());
  const tries: [string, string[], string][] = [
    ["another's nonce", joinLines("mallory", mallory, own), "404"],
    ["another's name", joinLines("alice", mallory, own), "404"],
    ["the other one's nonce", joinLines("alice", alice, other), "404"],
    ["a nonce that was not given", joinLines("alice", alice, "00".repeat(16)), "404"],
    [
      "another's key, and a signature of one's own",
      joinLines("alice", mallory, own)
        .map((line) => line.startsWith("Key: ") ? keyLine(alice) : line),
      "403",
    ],
    ["signed for another server", joinLines("alice", alice, own, "192.0.2.1:5555"), "421"],
  ];
  for (const [what, lines, code] of tries) {
    assertEquals(codeOf(await server.connect().ask(...lines)), code, what);
  }
  assertEquals(codeOf(await a.ask(...joinLines("alice", alice, own))), "403", "not its own");
  const [one, two] = [join(server, "alice", alice, own), join(server, "bob", bob, other)];
  assertEquals([await one.heard(), await two.heard()], [joinack, joinack]);
  for (const [id, identity, nonce] of [["alice", alice, own], ["bob", bob, other]] as const) {
    assertEquals(codeOf(await join(server, id, identity, nonce).heard()), "404", "a second time");
  }
  one.conn.feed("still here\r\n");
  assertEquals(await two.heard(), "still here\n");
});

Deno.test("a relay is for those who are registered and present, and take calls", async () => {
  const server = new CoreServer();
  const a = await present(server, "alice", alice);
  assertEquals(codeOf(await ask(server.connect(), "alice", "bob")), "403", "not registered");
  assertEquals(codeOf(await ask(a, "bob", "alice")), "403", "another's name");
  assertEquals(codeOf(await ask(a, "alice", "alice")), "404", "oneself");
  assertEquals(codeOf(await ask(a, "alice", "bob")), "404", "nobody");
  const old = await server.connectAs("bob", bob);
  await old.watch();
  assertEquals(codeOf(await ask(a, "alice", "bob")), "404", "an older program");
  assertEquals(await old.heard(), "");
  await present(server, "carol", carol);
  assertEquals(codeOf(await ask(a, "alice", "carol", keyLine(carol))), "RELAYACK");
  assertEquals(codeOf(await ask(a, "alice", "carol", keyLine(mallory))), "403", "another key");
});

Deno.test("a server that relays nothing says so", async () => {
  const server = new CoreServer({ relay: false });
  const a = await server.connectAs("alice", alice);
  const watchack = await a.ask("WATCH", "Version: 1", "Features: relay");
  assert(!watchack.includes("relay"));
  assertEquals(codeOf(await ask(a, "alice", "bob")), "503");
  assertEquals(codeOf(await join(server, "alice", alice, "00".repeat(16)).heard()), "503");
});

Deno.test("who is not joined in time is told, and can ask again", async () => {
  const server = new CoreServer();
  const [a, b] = [await present(server, "alice", alice), await present(server, "bob", bob)];
  const own = nonceIn(await ask(a, "alice", "bob"));
  const other = nonceIn(await b.heard());
  const one = join(server, "alice", alice, own);
  await one.heard();
  const keptAlive = async (ms: number) => {
    for (let left = ms; left > 0; left -= 5_000) {
      await server.pass(Math.min(left, 5_000));
      for (const client of [a, b]) await client.ask("PING");
    }
  };
  await keptAlive(relayJoinMs + 1_000);
  assertEquals(codeOf(await one.heard()), "404");
  assertEquals(await one.ask("PING"), "PONG\n\n", "the connection goes on");
  assertEquals(codeOf(await join(server, "bob", bob, other).heard()), "404", "too late");
  assertEquals(codeOf(await ask(a, "alice", "bob")), "RELAYACK");
});

Deno.test("who asks again for the same one has only the newest call", async () => {
  const server = new CoreServer();
  const [a, b] = [await present(server, "alice", alice), await present(server, "bob", bob)];
  const first = nonceIn(await ask(a, "alice", "bob"));
  const second = nonceIn(await ask(a, "alice", "bob"));
  const calls = (await b.heard()).split("\n\n").filter(Boolean).map(nonceIn);
  assertEquals(calls.length, 2);
  assertEquals(codeOf(await join(server, "alice", alice, first).heard()), "404");
  assertEquals(codeOf(await join(server, "bob", bob, calls[0]!).heard()), "404");
  const [one, two] = [
    join(server, "alice", alice, second),
    join(server, "bob", bob, calls[1]!),
  ];
  assertEquals([await one.heard(), await two.heard()], [joinack, joinack]);
});

Deno.test("what is said before one is joined goes to nobody", async () => {
  const server = new CoreServer();
  const [a, b] = [await present(server, "alice", alice), await present(server, "bob", bob)];
  const own = nonceIn(await ask(a, "alice", "bob"));
  const one = server.connect();
  one.conn.feed([...joinLines("alice", alice, own), "", "too early"].join("\r\n"));
  await one.heard();
  const two = join(server, "bob", bob, nonceIn(await b.heard()));
  await two.heard();
  await Promise.all([one.ended, two.ended]);
  assert(!(await two.heard()).includes("too early"));
});

Deno.test("a relay ends if nobody says anything, and after a day", async () => {
  const { server, one, two } = await joined();
  for (let i = 0; i < 3; i++) {
    await server.pass(relayIdleMs - 5_000);
    one.conn.feed("x");
    assertEquals(await two.heard(), "x");
  }
  await server.pass(relayIdleMs + 1_000);
  await Promise.all([one.ended, two.ended]);

  const other = await joined();
  const sinceMs = other.server.clock.now();
  while (!other.one.conn.closed) {
    other.two.conn.feed("x");
    assertEquals(await other.one.heard(), "x");
    await other.server.clock.pass(relayIdleMs / 2);
    await other.server.sweep();
  }
  await Promise.all([other.one.ended, other.two.ended]);
  const lastedMs = other.server.clock.now() - sinceMs;
  assert(lastedMs >= relayLastsMs && lastedMs <= relayLastsMs + relayIdleMs, String(lastedMs));
});

Deno.test("a pair says so much at once, and then so much a second", async () => {
  const { server, one, two } = await joined({
    relayRateOfPair: { burst: 100, perSecond: 10 },
  });
  one.conn.feed("x".repeat(100));
  one.conn.feed("y".repeat(50));
  one.conn.feed("z");
  assertEquals(await two.heard(), "x".repeat(100) + "y".repeat(50));
  await server.pass(4_000);
  assertEquals(await two.heard(), "");
  await server.pass(2_000);
  assertEquals(await two.heard(), "z");
});

Deno.test("a key says so much in a day, and its calls are refused until there is some again", async () => {
  const { server, one, two } = await joined({
    relayRateOfKey: { burst: 100, perSecond: 1 },
  });
  two.conn.feed("y".repeat(90));
  assertEquals(await one.heard(), "y".repeat(90));
  one.conn.feed("x".repeat(110));
  await Promise.all([one.ended, two.ended]);
  const [a, b] = [await present(server, "alice", alice), await present(server, "bob", bob)];
  const refused = await ask(a, "alice", "bob");
  assertEquals(codeOf(refused), "429");
  assertMatch(refused, /in a day$/m);
  assertEquals(codeOf(await ask(b, "bob", "alice")), "RELAYACK", "the other may go on");
  await server.pass(11_000);
  const again = await present(server, "alice", alice);
  assertEquals(codeOf(await ask(again, "alice", "bob")), "RELAYACK");
});

Deno.test("a host's keys together say so much in a day", async () => {
  const server = new CoreServer({
    capacity: { exemptsOwnHost: false, relayRateOfHost: { burst: 100, perSecond: 1 } },
  });
  const host = "2001:db8:1:2::1";
  const [a, b] = [
    await present(server, "alice", alice, host),
    await present(server, "bob", bob, "192.0.2.2"),
  ];
  const own = nonceIn(await ask(a, "alice", "bob"));
  const one = join(server, "alice", alice, own, host);
  const two = join(server, "bob", bob, nonceIn(await b.heard()), "192.0.2.2");
  await one.heard();
  one.conn.feed("x".repeat(110));
  await Promise.all([one.ended, two.ended]);
  const same = await present(server, "mallory", mallory, "2001:db8:1:2::9");
  assertEquals(codeOf(await ask(same, "mallory", "bob")), "429");
  const elsewhere = await present(server, "carol", carol, "2001:db8:1:3::1");
  assertEquals(codeOf(await ask(elsewhere, "carol", "bob")), "RELAYACK");
});

Deno.test("a key, a host and the server have so many pairs", async () => {
  const cases: [keyof Capacity, string[]][] = [
    ["relaysPerKey", ["RELAYACK", "429", "RELAYACK"]],
    ["relays", ["RELAYACK", "503", "503"]],
  ];
  for (const [bound, codes] of cases) {
    const server = new CoreServer({ capacity: { [bound]: 1 } });
    const a = await present(server, "alice", alice);
    const c = await present(server, "carol", carol);
    await present(server, "bob", bob);
    await present(server, "mallory", mallory);
    assertEquals(codeOf(await ask(a, "alice", "bob")), codes[0]);
    assertEquals(codeOf(await ask(a, "alice", "mallory")), codes[1], bound);
    assertEquals(codeOf(await ask(c, "carol", "mallory")), codes[2], bound);
  }
  const server = new CoreServer({ capacity: { exemptsOwnHost: false, relaysPerHost: 1 } });
  const a = await present(server, "alice", alice, "192.0.2.1");
  const c = await present(server, "carol", carol, "192.0.2.1");
  await present(server, "bob", bob, "192.0.2.2");
  assertEquals(codeOf(await ask(a, "alice", "bob")), "RELAYACK");
  assertEquals(codeOf(await ask(c, "carol", "alice")), "429");
});

Deno.test("unknown callers of one host, or many, leave a client's contacts room", async () => {
  const server = new CoreServer({
    capacity: { exemptsOwnHost: false, callsOfUnknown: 2, callsOfContacts: 1 },
  });
  const b = await present(server, "bob", bob, "192.0.2.99");
  const call = async (byte: number, host: string) => {
    const id = `caller${byte}`;
    const client = await present(
      server,
      id,
      Identity.fromSeed(new Uint8Array(32).fill(byte)),
      host,
    );
    return codeOf(await ask(client, id, "bob"));
  };
  assertEquals(await call(11, "192.0.2.1"), "RELAYACK");
  assertEquals(await call(12, "192.0.2.1"), "429", "of the host of the one before");
  assertEquals(await call(13, "192.0.2.2"), "RELAYACK");
  assertEquals(await call(14, "192.0.2.3"), "429", "one too many");
  const entry = contactEntry(undefined, Identity.fromSeed(new Uint8Array(32).fill(15)).publicKey);
  const contacts = ["CONTACTS", "clientID: bob", "Version: 1", "Epoch: 1", "Part: 1", "Parts: 1"];
  await b.ask(...contacts, ...dataHeaders(entry).map(([name, value]) => `${name}: ${value}`));
  assertEquals(await call(15, "192.0.2.1"), "RELAYACK", "a contact, though of a host that calls");
});

Deno.test("a client that does not read hears of no more calls than can wait for it", async () => {
  const server = new CoreServer();
  const a = await present(server, "alice", alice);
  const b = await present(server, "bob", bob);
  const { promise, resolve } = Promise.withResolvers<void>();
  b.conn.writable = promise;
  for (let i = 0; i < 50; i++) await ask(a, "alice", "bob");
  resolve();
  const heard = await b.heard();
  assert(heard.split("RELAYED").length - 1 <= 26, heard);
  await server.sweep();
});

Deno.test("a server that stops ends what it relays, and leaves no timer", async () => {
  const { server, one, two } = await joined({ relayRateOfPair: { burst: 1, perSecond: 1 } });
  one.conn.feed("x".repeat(1_000));
  await two.heard();
  assertEquals(server.clock.waiting > 0, true);
  await server.restart();
  await Promise.all([one.ended, two.ended]);
  assertEquals(server.clock.waiting, 0);
});

Deno.test("over sockets, megabytes come through whole, also if they are read late, and the ends are passed on", async () => {
  await using server = start();
  using a = await onSocket(server, "alice", alice);
  using b = await onSocket(server, "bob", bob);
  const ends = async () => {
    const own = await a.ask("RELAY", "clientID: alice", "Version: 1", "Target: bob");
    const other = await b.receive();
    const conns = [];
    for (const [id, identity, said] of [["alice", alice, own], ["bob", bob, other]] as const) {
      const wire = await Wire.connect(server);
      const nonce = nonceIn(said.replaceAll("\r", ""));
      await wire.send(
        [...joinLines(id, identity, nonce, formatAddress(server.address)), "", ""].join("\r\n"),
      );
      conns.push(wire);
    }
    for (const wire of conns) assertEquals(await wire.receive(), "JOINACK\r\nVersion: 1\r\n\r\n");
    return conns as [Wire, Wire];
  };
  const [one, two] = await ends();
  const sent = "0123456789abcdef".repeat(512 * 1024);
  const sending = one.send(sent).then(() => one.conn.closeWrite());
  // The other way goes on meanwhile.
  await two.send("not yet");
  const chunk = new Uint8Array(7);
  assertEquals(await one.conn.read(chunk), 7);
  assertEquals(await two.rest(), sent);
  await sending;
  await two.send("after the end");
  await two.conn.closeWrite();
  assertEquals(await one.rest(), "after the end");
  // Both sides have ended, so has the pair; another one that breaks ends as well.
  const [three, four] = await ends();
  three.close();
  assertEquals(await four.rest(), "");
  four.close();
  one.close();
  two.close();
  await until(() => server.connections === 2);
  assertEquals(await a.ask("PING"), "PONG\r\n\r\n");
});

async function onSocket(server: Server, id: string, identity: Identity): Promise<Wire> {
  const wire = await Wire.connect(server);
  await register(wire, id, identity);
  await wire.ask("WATCH", "Version: 1", "Features: relay");
  return wire;
}
