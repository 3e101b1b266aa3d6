// A whole server and the names that it keeps: over sockets, restarts and disks that are full.

import { assert, assertEquals, assertMatch, assertNotEquals, assertThrows } from "@std/assert";
import { openNamesDatabase } from "../../../server/names/names.ts";
import type { Server } from "../../../server/server.ts";
import { systemClock } from "../../../shared/time/clock.ts";
import { Identity } from "../../../shared/crypto/identity.ts";
import { createLog } from "../../../shared/process/log.ts";
import { hasMounts, namesIn, temporaryDirectory, tinyDisk } from "../../support/places.ts";
import { codeOf, register, registration, start } from "../../support/server_fixture.ts";
import { challengeOf, keyLine, signed } from "../../support/signer.ts";
import { until } from "../../support/events.ts";
import { Wire } from "../../support/wire.ts";

const alice = Identity.fromSeed(new Uint8Array(32).fill(1));
const bob = Identity.fromSeed(new Uint8Array(32).fill(2));
const dayMs = 24 * 60 * 60_000;

/** The realm that a server sends. */
async function realmOf(server: Server): Promise<string> {
  using wire = await Wire.connect(server);
  return challengeOf(await wire.ask(...registration("x"), keyLine(alice))).realm;
}

Deno.test("names and realm outlive a server that keeps its data", async () => {
  using place = temporaryDirectory();
  let realm;
  {
    await using server = start({ data: place.path });
    using wire = await Wire.connect(server);
    assertEquals(codeOf(await register(wire, "alice", alice)), "REGACK");
    realm = await realmOf(server);
  }
  assertEquals(namesIn(place.path), ["mailbox.db", "names.db"]);
  await using server = start({ data: place.path });
  using wire = await Wire.connect(server);
  assertEquals(server.registrations, 0);
  assertEquals(codeOf(await wire.ask(...registration("alice"))), "403");
  assertEquals(codeOf(await register(wire, "alice", bob)), "403");
  assertEquals(codeOf(await register(wire, "alice", alice)), "REGACK");
  assertEquals(await realmOf(server), realm);
});

Deno.test("a server without data forgets names and realm when it ends", async () => {
  let realm;
  {
    await using server = start();
    using wire = await Wire.connect(server);
    assertEquals(codeOf(await register(wire, "alice", alice)), "REGACK");
    realm = await realmOf(server);
  }
  await using server = start();
  using wire = await Wire.connect(server);
  assertEquals(codeOf(await register(wire, "alice", bob)), "REGACK");
  assertNotEquals(await realmOf(server), realm);
});

Deno.test("a realm that is given counts, not the one in the database", async () => {
  using place = temporaryDirectory();
  await using server = start({ data: place.path, realms: ["chat.example.org:5555"] });
  assertEquals(await realmOf(server), "chat.example.org:5555");
  using wire = await Wire.connect(server);
  assertEquals(codeOf(await register(wire, "alice", alice)), "REGACK");
});

Deno.test("a challenge is valid on its connection and at its server only", async () => {
  await using server = start({ realms: ["chat.example.org:5555"] });
  await using other = start({ realms: ["chat.example.org:5555"] });
  using wire = await Wire.connect(server);
  const challenge = challengeOf(await wire.ask(...registration("alice"), keyLine(alice)));
  const answer = signed(alice, registration("alice"), challenge);
  for (const target of [server, other]) {
    using elsewhere = await Wire.connect(target);
    assertEquals(codeOf(await elsewhere.ask(...answer)), "401");
  }
  assertEquals(codeOf(await wire.ask(...answer)), "REGACK");
  assertEquals(codeOf(await wire.ask(...answer)), "401");
});

Deno.test("a signature for one realm gets 403 at a server with another", async () => {
  await using server = start({ realms: ["chat.example.org:5555"] });
  using wire = await Wire.connect(server);
  const { nonce } = challengeOf(await wire.ask(...registration("alice"), keyLine(alice)));
  const challenge = { nonce, realm: "chat.example.net:5555" };
  assertEquals(codeOf(await wire.ask(...signed(alice, registration("alice"), challenge))), "403");
  assertEquals(server.registrations, 0);
});

Deno.test("requests with and without keys that come in one piece are answered in order", async () => {
  await using server = start();
  using wire = await Wire.connect(server);
  const challenge = challengeOf(await wire.ask(...registration("alice"), keyLine(alice)));
  const requests = [
    signed(alice, registration("alice"), challenge),
    ["PING", "Id: 1"],
    registration("alice"),
    [...registration("alice"), keyLine(alice)],
    ["PING", "Id: 2"],
  ];
  await wire.send(requests.map((lines) => [...lines, "", ""].join("\r\n")).join(""));
  const replies = [];
  for (let i = 0; i < requests.length; i++) replies.push(codeOf(await wire.receive()));
  assertEquals(replies, ["REGACK", "PONG", "403", "401", "PONG"]);
});

Deno.test("a server with keyedOnly registers no legacy program, and answers its other requests", async () => {
  await using server = start({ keyedOnly: true });
  using wire = await Wire.connect(server);
  const legacy = ["REGISTER", "clientID: carol", "IP: 127.0.0.1", "Port: 5556"];
  assertEquals(codeOf(await wire.ask(...legacy)), "403");
  assertEquals(codeOf(await register(wire, "alice", alice)), "REGACK");
  assertEquals(
    await wire.ask("BRIDGE", "clientID: carol"),
    "BRIDGEACK\r\nclientID: alice\r\nIP: 127.0.0.1\r\nPort: 5556\r\n\r\n",
  );
});

Deno.test({
  name: "the same key can register from another host at once, and no other key can",
  ignore: !hasBothLoopbacks(),
  fn: async () => {
    await using server = start({ host: "::" });
    const { port } = server.address;
    using v4 = await Wire.connect({ address: { host: "127.0.0.1", port } });
    using v6 = await Wire.connect({ address: { host: "::1", port } });
    assertEquals(codeOf(await register(v4, "alice", alice)), "REGACK");
    assertEquals(codeOf(await register(v6, "alice", bob)), "403");
    assertEquals(codeOf(await register(v6, "alice", alice)), "REGACK");
    assertEquals(codeOf(await v4.ask("QUIT", "clientID: alice")), "403");
    // A name without a key belongs to its host, even if another host has a key.
    assertEquals(codeOf(await v4.ask(...registration("carol"))), "REGACK");
    const refused = await register(v6, "carol", alice);
    assertMatch(refused, /^ERROR\r\nCode: 403\r\nReason: .*\r\nRetry-After: 3[56]\d\d\r\n\r\n$/);
    assertEquals(codeOf(await register(v4, "carol", alice)), "REGACK");
  },
});

function hasBothLoopbacks(): boolean {
  try {
    Deno.listen({ hostname: "::1", port: 0 }).close();
    return Deno.build.os === "linux";
  } catch {
    return false;
  }
}

Deno.test("names lapse by the time of day, and lapsed ones are deleted without any request", async () => {
  using place = temporaryDirectory();
  const wall = { nowMs: Date.UTC(2030, 0) };
  const clock = { ...systemClock, timeOfDay: () => wall.nowMs };
  const options = { data: place.path, nameLeaseMs: dayMs, clock };
  {
    await using server = start(options);
    using wire = await Wire.connect(server);
    for (const id of ["alice", "bob"]) await register(wire, id, alice);
    wall.nowMs += dayMs / 2;
    await register(wire, "bob", alice);
  }
  const stored = () => {
    using database = openNamesDatabase(place.path);
    return database.count;
  };
  assertEquals(stored(), 2);
  wall.nowMs += dayMs / 2;
  await using server = start(options);
  using wire = await Wire.connect(server);
  await until(() => stored() === 1);
  assertEquals(codeOf(await register(wire, "bob", bob)), "403");
  assertEquals(codeOf(await register(wire, "alice", bob)), "REGACK");
});

Deno.test({
  name: "with a full disk new names get 503, the log says why, and everything else goes on",
  ignore: !hasMounts,
  fn: async () => {
    using disk = tinyDisk("512k");
    const lines: string[] = [];
    const log = createLog({ level: "info", format: "text", write: (line) => lines.push(line) });
    await using server = start({ data: disk.path, log });
    using wire = await Wire.connect(server);
    await register(wire, "alice", alice);
    disk.fill();
    let last = "";
    for (let i = 0; i < 100 && codeOf(last) !== "503"; i++) {
      last = await register(wire, `name${i}`, alice);
    }
    assertMatch(
      last,
      /^ERROR\r\nCode: 503\r\nReason: The server's list of names .*\r\nRetry-After: \d+\r\n/,
    );
    for (let i = 0; i < 20; i++) assertEquals(codeOf(await register(wire, `b${i}`, bob)), "503");
    assertEquals(lines.length, 1);
    assertMatch(lines[0]!, / error cannot use the database of names error=".*full.*"$/);
    assertEquals(codeOf(await register(wire, "alice", alice)), "REGACK");
    assertEquals(codeOf(await wire.ask(...registration("carol"))), "REGACK");
    assertMatch(await wire.ask("BRIDGE", "clientID: x", "Target: alice"), /^BRIDGEACK/);
    await Deno.remove(`${disk.path}/filling`);
    assertEquals(codeOf(await register(wire, "bob", bob)), "REGACK");
  },
});

Deno.test("data that cannot be opened is an error at once, and nothing listens", () => {
  using place = temporaryDirectory();
  Deno.writeTextFileSync(`${place.path}/file`, "");
  assertThrows(() => start({ data: `${place.path}/file` }), Error, "Cannot open the database");
});

Deno.test("if the port is in use, the data stays as it was", async () => {
  using place = temporaryDirectory();
  await using server = start();
  assertThrows(
    () => start({ port: server.address.port, data: place.path }),
    Deno.errors.AddrInUse,
  );
  // The last one to close the database deletes its log.
  assertEquals(namesIn(place.path), ["mailbox.db", "names.db"]);
});

Deno.test("two servers with the same data agree on who owns which name", async () => {
  using place = temporaryDirectory();
  await using first = start({ data: place.path });
  await using second = start({ data: place.path });
  using one = await Wire.connect(first);
  using two = await Wire.connect(second);
  assertEquals(codeOf(await register(one, "alice", alice)), "REGACK");
  assertEquals(codeOf(await register(two, "alice", bob)), "403");
  assertEquals(codeOf(await two.ask(...registration("alice"))), "403");
  assertEquals(codeOf(await register(two, "alice", alice)), "REGACK");
  assert(await realmOf(first) === await realmOf(second));
});
