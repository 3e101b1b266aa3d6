// A whole server and the mail that it keeps: over sockets, with TLS and without, and over restarts.

import { assertEquals, assertMatch } from "@std/assert";
import type { Server } from "../../../server/server.ts";
import { systemClock } from "../../../shared/time/clock.ts";
import { Identity } from "../../../shared/crypto/identity.ts";
import { mailBytesMax, subscribedIdleMs } from "../../../shared/protocol/limits.ts";
import { Authority } from "../../support/certificates.ts";
import { namesIn, temporaryDirectory } from "../../support/places.ts";
import { depositLines } from "../../support/core_fixture.ts";
import { register, start } from "../../support/server_fixture.ts";
import { until } from "../../support/events.ts";
import { Wire } from "../../support/wire.ts";

const alice = Identity.fromSeed(new Uint8Array(32).fill(1));
const bob = Identity.fromSeed(new Uint8Array(32).fill(2));

/** Registers a connection. */
async function registered(wire: Wire, id: string, identity: Identity): Promise<Wire> {
  assertMatch(await register(wire, id, identity), /^REGACK\r\n/);
  return wire;
}

async function connectAs(server: Server, id: string, identity: Identity): Promise<Wire> {
  return await registered(await Wire.connect(server), id, identity);
}

function dataIn(reply: string): Uint8Array {
  const data = [...reply.matchAll(/^Data: (.*)\r$/gm)].map(([, line]) => line).join("");
  return Uint8Array.fromBase64(data, { alphabet: "base64url" });
}

const collect = ["COLLECT", "clientID: bob", "Version: 1"];

async function wholeWay(a: Wire, b: Wire): Promise<void> {
  assertMatch(
    await a.ask("WATCH", "Version: 1", "Target: bob"),
    /\r\nPresence: bob registered\r\n/,
  );
  assertMatch(await b.ask("WATCH", "Version: 1"), /^WATCHACK\r\n/);
  assertEquals(await a.receive(), "PRESENCE\r\nPresence: bob online\r\n\r\n");
  const mail = crypto.getRandomValues(new Uint8Array(mailBytesMax));
  const id = "a".repeat(32);
  assertMatch(await a.ask(...depositLines("alice", "bob", bob, id, mail)), /^DEPOSITACK\r\n/);
  assertEquals(await b.receive(), "MAIL\r\nCount: 1\r\n\r\n");
  const collected = await b.ask(...collect);
  assertMatch(collected, /^COLLECTACK\r\nCount: 1\r\nNumber: 1\r\n/);
  assertEquals(dataIn(collected), mail);
  assertMatch(
    await b.ask(...collect, "Taken: 1"),
    /^COLLECTACK\r\nCount: 0\r\nVersion: 1\r\n\r\n$/,
  );
  b.close();
  assertEquals(await a.receive(), "PRESENCE\r\nPresence: bob registered\r\n\r\n");
}

Deno.test("presence and the longest mail are delivered without TLS", async () => {
  await using server = start();
  using a = await connectAs(server, "alice", alice);
  using b = await connectAs(server, "bob", bob);
  await wholeWay(a, b);
});

Deno.test("presence and the longest mail are delivered with TLS", async () => {
  using authority = new Authority();
  const certificate = authority.issue();
  await using server = start({ tls: certificate });
  using a = await registered(await Wire.connectTls(server, authority), "alice", alice);
  using b = await registered(await Wire.connectTls(server, authority), "bob", bob);
  await wholeWay(a, b);
});

Deno.test("a long DEPOSIT may come in any pieces, with other requests behind it", async () => {
  await using server = start();
  using b = await connectAs(server, "bob", bob);
  using a = await connectAs(server, "alice", alice);
  const mail = crypto.getRandomValues(new Uint8Array(40_000));
  const long = depositLines("alice", "bob", bob, "b".repeat(32), mail);
  const bytes = new TextEncoder().encode(
    [...long, "", "PING", "Id: 1", "", ""].join("\r\n").repeat(3),
  );
  let size = 1;
  for (let at = 0; at < bytes.length; at += size) {
    size = size * 3 % 7_001 + 1;
    await a.send(bytes.subarray(at, at + size));
  }
  for (let i = 0; i < 3; i++) {
    assertMatch(await a.receive(), /^DEPOSITACK\r\n/);
    assertMatch(await a.receive(), /^PONG\r\n/);
  }
  assertEquals(dataIn(await b.ask(...collect)), mail);
});

Deno.test("mail outlives a server that keeps its data; a server without a mailbox makes no database for it", async () => {
  using place = temporaryDirectory();
  {
    await using server = start({ data: place.path });
    using b = await connectAs(server, "bob", bob);
    await b.ask("PING");
    using a = await connectAs(server, "alice", alice);
    const deposit = depositLines("alice", "bob", bob, "c".repeat(32), new Uint8Array([7]));
    assertMatch(await a.ask(...deposit), /^DEPOSITACK\r\n/);
  }
  assertEquals(namesIn(place.path), ["mailbox.db", "names.db"]);
  {
    await using server = start({ data: place.path });
    using b = await connectAs(server, "bob", bob);
    await b.ask("WATCH", "Version: 1");
    assertEquals(await b.receive(), "MAIL\r\nCount: 1\r\n\r\n");
    assertEquals(dataIn(await b.ask(...collect)), new Uint8Array([7]));
  }
  using other = temporaryDirectory();
  await using server = start({ data: other.path, mailbox: false });
  using b = await connectAs(server, "bob", bob);
  assertMatch(await b.ask(...collect), /^ERROR\r\nCode: 503\r\n/);
  assertEquals(namesIn(other.path).includes("mailbox.db"), false);
});

Deno.test("a subscribed connection that is silent for 25 s is closed, and its client is no longer online", async () => {
  const clock = { ...systemClock, nowMs: 0, now: (): number => clock.nowMs };
  await using server = start({ clock });
  using a = await connectAs(server, "alice", alice);
  using b = await connectAs(server, "bob", bob);
  await b.ask("WATCH", "Version: 1");
  assertMatch(await a.ask("WATCH", "Version: 1", "Target: bob"), /\r\nPresence: bob online\r\n/);
  using c = await Wire.connect(server);
  const pass = async (ms: number) => {
    await c.ask("REGISTER", "clientID: c", "IP: ::1", "Port: 1", "Expires: 10");
    clock.nowMs += ms;
    // Once a registration has ended, the sweep has seen the time.
    await until(() => server.registrations === 2);
  };
  await pass(subscribedIdleMs - 2_000);
  await a.ask("PING");
  assertEquals(await b.ask("PING"), "PONG\r\n\r\n");
  await pass(subscribedIdleMs - 2_000);
  assertEquals(await a.ask("PING"), "PONG\r\n\r\n");
  clock.nowMs += 4_000;
  assertEquals(await b.rest(), "");
  assertEquals(await a.receive(), "PRESENCE\r\nPresence: bob registered\r\n\r\n");
  await until(() => server.connections === 2);
});

Deno.test("all clients that watch one name are told, and others are answered meanwhile", async () => {
  await using server = start();
  const watchers: Wire[] = [];
  for (let i = 0; i < 200; i++) watchers.push(await connectAs(server, `w${i % 50}`, alice));
  for (const wire of watchers) await wire.ask("WATCH", "Version: 1", "Target: bob");
  using b = await connectAs(server, "bob", bob);
  using other = await Wire.connect(server);
  assertEquals(await other.ask("PING"), "PONG\r\n\r\n");
  for (const wire of watchers) {
    assertEquals(await wire.receive(), "PRESENCE\r\nPresence: bob registered\r\n\r\n");
  }
  await b.ask("WATCH", "Version: 1");
  for (const wire of watchers) {
    assertEquals(await wire.receive(), "PRESENCE\r\nPresence: bob online\r\n\r\n");
    wire.close();
  }
});
