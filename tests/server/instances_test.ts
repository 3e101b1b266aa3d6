// Several clients with one key at a server: the newest registration counts, and the one before hears of it.

import { assertEquals, assertMatch } from "@std/assert";
import { Identity } from "../../shared/crypto/identity.ts";
import { subscribedIdleMs } from "../../shared/protocol/limits.ts";
import { type CoreClient, CoreServer } from "../support/core_fixture.ts";

const alice = Identity.fromSeed(new Uint8Array(32).fill(1));
const mallory = Identity.fromSeed(new Uint8Array(32).fill(2));

const displaced = "DISPLACED\nclientID: alice\n\n";
const unregack = "UNREGACK\nclientID: alice\nVersion: 1\n\n";

/** The lines by which a run of a client names itself. Each test calls them 1, 2, … */
function instance(number: number): string[] {
  return [`Instance: ${String(number).repeat(32)}`, "Features: displaced"];
}

const refresh = "Refresh: yes";

function codeOf(reply: string): string {
  return /^ERROR\nCode: (\d+)\n/.exec(reply)?.[1] ?? reply.split("\n")[0]!;
}

/** A connection of one of alice's clients. @param lines What it names itself by. */
function device(server: CoreServer, ...lines: string[]) {
  const client = server.connect();
  const register = (...more: string[]) => client.register("alice", alice, ...lines, ...more);
  const named = lines.filter((line) => line.startsWith("Instance"));
  return {
    client,
    register: async (...more: string[]) => codeOf(await register(...more)),
    unregister: (...more: string[]) =>
      client.askSigned(alice, "UNREGISTER", "clientID: alice", "Version: 1", ...named, ...more),
    heard: () => client.heard(),
    closes: async () => {
      client.conn.close();
      await client.ended;
    },
  };
}

/** Who is registered as alice, by the port of their registration. */
async function portOf(server: CoreServer): Promise<string> {
  const reply = await server.connect().ask(
    ...["BRIDGE", "clientID: bob", "Target: alice", "Version: 1"],
  );
  return /^Port: (\d+)$/m.exec(reply)?.[1] ?? codeOf(reply);
}

Deno.test("another instance displaces the one before, which is told once and has no mail any more", async () => {
  const server = new CoreServer();
  const one = device(server, ...instance(1));
  assertEquals(await one.register(), "REGACK");
  await one.client.watch();
  const two = device(server, ...instance(2));
  assertEquals(await two.register(), "REGACK");
  assertEquals(await one.heard(), displaced);
  await server.sweep();
  assertEquals([await one.heard(), await two.heard()], ["", ""]);
  const collect = ["COLLECT", "clientID: alice", "Version: 1"];
  assertEquals(codeOf(await one.client.ask(...collect)), "403");
  assertEquals(codeOf(await one.client.watch()), "403");
  assertEquals(codeOf(await two.client.ask(...collect)), "COLLECTACK");
  // Its refreshes displace nobody.
  assertEquals(await two.register(refresh), "REGACK");
  assertEquals(await one.heard(), "");
});

Deno.test("who registers again by the user's will has the name and the mail back", async () => {
  const server = new CoreServer();
  const one = device(server, ...instance(1));
  const two = device(server, ...instance(2));
  await one.register();
  await one.client.watch();
  await two.register();
  await one.heard();
  assertEquals(await one.register(), "REGACK");
  assertEquals([await one.heard(), await two.heard()], ["", displaced]);
  assertEquals(codeOf(await one.client.watch()), "WATCHACK");
  assertEquals(
    codeOf(await one.client.ask("COLLECT", "clientID: alice", "Version: 1")),
    "COLLECTACK",
  );
});

Deno.test("two instances that only refresh never take the name from each other", async () => {
  const server = new CoreServer();
  const one = device(server, ...instance(1));
  const two = device(server, ...instance(2));
  await one.register();
  await two.register();
  await one.heard();
  for (let round = 0; round < 5; round++) {
    assertEquals(await one.register(refresh), "409");
    assertEquals(await two.register(refresh), "REGACK");
  }
  assertEquals([await one.heard(), await two.heard()], ["", ""]);
});

Deno.test("an instance that has changed its connection is the same, whatever becomes of the old one", async () => {
  const server = new CoreServer();
  const before = device(server, ...instance(1));
  const after = device(server, ...instance(1));
  await before.register();
  assertEquals(await after.register(refresh), "REGACK");
  assertEquals(await before.heard(), "");
  await before.closes();
  const other = device(server, ...instance(2));
  await other.register();
  assertEquals(await after.heard(), displaced);
});

Deno.test("an instance whose connection has ended is gone: nobody is displaced", async () => {
  const server = new CoreServer();
  const one = device(server, ...instance(1));
  await one.register();
  await one.closes();
  const two = device(server, ...instance(2));
  assertEquals(await two.register(refresh), "REGACK");
  await two.closes();
  const again = device(server, ...instance(1));
  assertEquals(await again.register(refresh), "REGACK");
});

Deno.test("an instance that is silent for 25 s is gone, and when it wakes it learns who came after it", async () => {
  const server = new CoreServer();
  const one = device(server, ...instance(1));
  const two = device(server, ...instance(2));
  const three = device(server, ...instance(3));
  await one.register();
  await server.pass(subscribedIdleMs - 1_000);
  await two.register();
  assertEquals(await one.heard(), displaced, "it was heard a second too late to be gone");
  await server.pass(subscribedIdleMs);
  await three.register();
  assertEquals(await two.heard(), "");
  const woken = device(server, ...instance(2));
  assertEquals(await woken.register(refresh), "409");
  // By then the other sleeps: whoever is awake has the name.
  await server.pass(subscribedIdleMs);
  assertEquals(await woken.register(refresh), "REGACK");
  assertEquals(await device(server, ...instance(3)).register(refresh), "409");
});

Deno.test("who names no instance is as in version 0.3: it displaces nobody and is not displaced", async () => {
  const server = new CoreServer();
  const old = device(server);
  const one = device(server, ...instance(1));
  for (let round = 0; round < 2; round++) {
    assertEquals(await one.register(...round === 0 ? [] : [refresh]), "REGACK");
    assertEquals(await old.register(), "REGACK");
  }
  assertEquals([await one.heard(), await old.heard()], ["", ""]);
});

Deno.test("who names no feature is told nothing that it would not understand, but displaces others", async () => {
  const server = new CoreServer();
  const plain = device(server, instance(1)[0]!, "Features: something, else");
  const one = device(server, instance(2)[0]!, "Features: something,displaced");
  await plain.register();
  await one.register();
  assertEquals(await plain.heard(), "");
  assertEquals(await plain.register(refresh), "REGACK");
  assertEquals(await one.heard(), displaced);
});

Deno.test("another key, another name and another instance on the same connection displace nobody", async () => {
  const server = new CoreServer();
  const one = device(server, ...instance(1));
  await one.register();
  const stranger = server.connect();
  assertEquals(codeOf(await stranger.register("alice", mallory, ...instance(2))), "403");
  assertEquals(codeOf(await stranger.register("carol", alice, ...instance(2))), "REGACK");
  assertEquals(await one.heard(), "");
  // A program that changes its id is not told that it displaced itself.
  assertEquals(codeOf(await one.client.register("alice", alice, ...instance(3))), "REGACK");
  assertEquals(await one.heard(), "");
  assertEquals(codeOf(await one.client.watch()), "WATCHACK");
});

Deno.test("a client of two names that is displaced from one keeps the other and its mail", async () => {
  const server = new CoreServer();
  const one = device(server, ...instance(1));
  await one.register();
  await one.client.register("carol", alice, ...instance(1));
  await device(server, ...instance(2)).register();
  assertEquals(await one.heard(), displaced);
  assertEquals(
    codeOf(await one.client.ask("COLLECT", "clientID: carol", "Version: 1")),
    "COLLECTACK",
  );
});

Deno.test("a client that does not read is told once, between two messages, when it reads again", async () => {
  const server = new CoreServer();
  const one = device(server, ...instance(1));
  await one.register();
  const blocked = Promise.withResolvers<void>();
  one.client.conn.writable = blocked.promise;
  one.client.conn.takes = 3;
  one.client.send("PING", "Id: 1");
  await one.heard();
  const two = device(server, ...instance(2));
  const three = device(server, ...instance(3));
  for (let round = 0; round < 3; round++) {
    await two.register();
    await three.register();
  }
  assertEquals(await one.heard(), "");
  blocked.resolve();
  assertEquals(await one.heard(), "PONG\nId: 1\n\n" + displaced);
});

Deno.test("an Instance that is none gets 400 with a key, and counts for nothing without one", async () => {
  const server = new CoreServer();
  const place = ["clientID: alice", "IP: 127.0.0.1", "Port: 5556", "Version: 1"];
  for (const value of ["", "1", "A".repeat(32), "0".repeat(33)]) {
    for (const request of [["REGISTER", ...place], ["UNREGISTER", ...place]]) {
      const client = server.connect();
      const named = `Instance: ${value}`;
      assertEquals(
        codeOf(await client.ask(...request, named)),
        {
          REGISTER: "REGACK",
          UNREGISTER: "UNREGACK",
        }[request[0]!],
      );
    }
    const one = device(server, `Instance: ${value}`);
    // The signature is not even asked for.
    const reply = await one.client.ask(
      "REGISTER",
      ...place,
      `Instance: ${value}`,
      `Key: ${alice.publicKey}`,
    );
    assertMatch(reply, /^ERROR\nCode: 400\nReason: The Instance '/);
  }
  // Of registrations without a key only the host counts.
  const [one, two] = [server.connect(), server.connect()];
  for (const [i, client] of [one, two, one].entries()) {
    const named = [...instance(i % 2 + 1), refresh];
    assertEquals(codeOf(await client.ask("REGISTER", ...place, ...named)), "REGACK");
  }
  assertEquals(await two.heard(), "");
  assertEquals(codeOf(await two.ask("UNREGISTER", ...place, ...instance(2))), "UNREGACK");
});

Deno.test("UNREGISTER ends the registration of its own instance, on any connection, and no other", async () => {
  const server = new CoreServer();
  const one = device(server, ...instance(1));
  const two = device(server, ...instance(2));
  await one.register();
  await two.register();
  await one.heard();
  const elsewhere = device(server, ...instance(1));
  for (const client of [one, elsewhere]) {
    assertMatch(
      await client.unregister(),
      /^ERROR\nCode: 404\nReason: Another instance has registered alice since then, and stays/,
    );
  }
  // Its connection says whose it is, too.
  assertEquals(codeOf(await unregisterPlainly(one.client)), "404");
  assertEquals(await portOf(server), "5556");
  assertEquals(await device(server, ...instance(2)).unregister(), unregack);
  assertEquals(await portOf(server), "404");
  assertEquals(codeOf(await two.unregister()), "404");
});

Deno.test("UNREGISTER without an Instance ends what its connection has made, or on a new one whichever there is", async () => {
  const server = new CoreServer();
  const old = device(server);
  const one = device(server, ...instance(1));
  await old.register();
  await one.register();
  assertEquals(codeOf(await old.unregister()), "404");
  assertEquals(await portOf(server), "5556");
  // One that is said on the connection that registered needs no more.
  assertEquals(await unregisterPlainly(one.client), unregack);
  await one.register();
  assertEquals(await device(server).unregister(), unregack, "as in version 0.3");
  await old.register();
  assertEquals(await old.unregister(), unregack);
  await old.register();
  // What an older program has registered since then is not this one's either.
  assertEquals(codeOf(await one.unregister()), "404");
});

function unregisterPlainly(client: CoreClient): Promise<string> {
  return client.askSigned(alice, "UNREGISTER", "clientID: alice", "Version: 1");
}
