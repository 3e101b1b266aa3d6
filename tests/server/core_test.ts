// A server's core without sockets: presence, mail and news as its clients see them.

import { assert, assertEquals, assertMatch } from "@std/assert";
import { sweepMs } from "../../server/core.ts";
import { Identity } from "../../shared/crypto/identity.ts";
import {
  mailBytesMax,
  mailMessageBytesMax,
  messageBytesMax,
  subscribedIdleMs,
  takenMax,
  watchedMax,
  writeTimeoutMs,
} from "../../shared/protocol/limits.ts";
import { contactEntry, contactParts } from "../../shared/protocol/contact_token.ts";
import { dataHeaders } from "../../shared/protocol/mail_data.ts";
import { CoreServer, depositLines } from "../support/core_fixture.ts";

const alice = Identity.fromSeed(new Uint8Array(32).fill(1));
const bob = Identity.fromSeed(new Uint8Array(32).fill(2));
const carol = Identity.fromSeed(new Uint8Array(32).fill(3));
const someId = "0".repeat(32);

function told(...lines: string[]): string {
  return ["PRESENCE", ...lines.map((line) => `Presence: ${line}`), "", ""].join("\n");
}

function watchack(...lines: string[]): string {
  const presence = lines.map((line) => `Presence: ${line}`);
  return ["WATCHACK", ...presence, "Version: 1", `Mailbox: ${mailBytesMax}`, "", ""].join("\n");
}

function codeOf(reply: string): string {
  return /^ERROR\nCode: (\d+)\n/.exec(reply)?.[1] ?? reply;
}

Deno.test("a client that watches another is told once of each change: away, registered, online and back", async () => {
  const server = new CoreServer();
  const a = await server.connectAs("alice", alice);
  assertEquals(await a.watch("bob"), watchack("bob away"));
  await server.sweep();
  assertEquals(await a.heard(), "");

  const b = await server.connectAs("bob", bob);
  await server.sweep();
  assertEquals(await a.heard(), told("bob registered"));
  assertEquals(await b.watch(), watchack());
  await server.sweep();
  assertEquals(await a.heard(), told("bob online"));
  await b.register("bob", bob);
  await server.sweep();
  assertEquals(await a.heard(), "");

  b.conn.close();
  await b.ended;
  await server.sweep();
  assertEquals(await a.heard(), told("bob registered"));
  // Bob's registration expires. Alice says something from time to time meanwhile.
  for (let passed = 0; passed < 300_000; passed += 20_000) {
    await a.ask("PING");
    await server.pass(20_000);
  }
  assertEquals(await a.heard(), told("bob away"));
});

Deno.test("a client that comes and goes between two sweeps has not changed, and nobody is told", async () => {
  const server = new CoreServer();
  const a = await server.connectAs("alice", alice);
  await a.watch("bob");
  const b = server.connect();
  await b.ask("REGISTER", "clientID: bob", "IP: 127.0.0.1", "Port: 5557");
  await b.ask("UNREGISTER", "clientID: bob");
  await server.sweep();
  assertEquals(await a.heard(), "");
});

Deno.test("after UNREGISTER a client is away at once, and after REGISTER on the same connection online", async () => {
  const server = new CoreServer();
  const a = await server.connectAs("alice", alice);
  const b = await server.connectAs("bob", bob);
  await b.watch();
  assertEquals(await a.watch("bob"), watchack("bob online"));
  const c = server.connect();
  await c.ask("REGISTER", "clientID: carol", "IP: 127.0.0.1", "Port: 1");
  await server.sweep();
  assertEquals(await a.heard(), "");
  await a.watch("bob", "carol");
  await c.ask("UNREGISTER", "clientID: carol");
  await server.sweep();
  assertEquals(await a.heard(), told("carol away"));
});

Deno.test("if two connections are subscribed for one name, the end of one of them changes nothing", async () => {
  const server = new CoreServer();
  const a = await server.connectAs("alice", alice);
  const old = await server.connectAs("bob", bob);
  await old.watch();
  assertEquals(await a.watch("bob"), watchack("bob online"));
  const newer = await server.connectAs("bob", bob);
  await newer.watch();
  old.conn.close();
  await old.ended;
  await server.sweep();
  assertEquals(await a.heard(), "");
  newer.conn.close();
  await newer.ended;
  await server.sweep();
  assertEquals(await a.heard(), told("bob registered"));
});

Deno.test("a connection that is subscribed with a key that lost the name does not make the name online", async () => {
  const server = new CoreServer({ nameLeaseMs: 1_000 });
  const a = await server.connectAs("alice", alice);
  const old = await server.connectAs("bob", bob);
  await old.watch();
  for (let passed = 0; passed < 300_000; passed += 10_000) {
    for (const client of [a, old]) await client.ask("PING");
    await server.pass(10_000);
  }
  const thief = await server.connectAs("bob", carol);
  assertEquals(await a.watch("bob"), watchack("bob registered"));
  await thief.watch();
  await server.sweep();
  assertEquals(await a.heard(), told("bob online"));
});

Deno.test("once another client registers on a connection, the subscription is that client's", async () => {
  const server = new CoreServer();
  const a = await server.connectAs("alice", alice);
  const b = await server.connectAs("bob", bob);
  await b.watch();
  assertEquals(await a.watch("bob", "carol"), watchack("bob online", "carol away"));
  await b.register("carol", carol);
  await server.sweep();
  assertEquals(await a.heard(), told("carol online", "bob registered"));
});

Deno.test("WATCH replaces the list, answers each name once, and has a bound", async () => {
  const server = new CoreServer();
  const a = await server.connectAs("alice", alice);
  assertEquals(await a.watch("bob", "carol", "bob"), watchack("bob away", "carol away"));
  assertEquals(await a.watch("carol"), watchack("carol away"));
  await server.connectAs("bob", bob);
  await server.sweep();
  assertEquals(await a.heard(), "");
  const many = Array.from({ length: watchedMax }, (_, i) => `name${i}`);
  assertEquals(await a.watch(...many), watchack(...many.map((id) => `${id} away`)));
  assertEquals(codeOf(await a.watch(...many, "one-more")), "400");
  assertEquals(codeOf(await a.watch("a b")), "400");
  // The refused lists have changed nothing.
  await server.connect().ask("REGISTER", "clientID: name59", "IP: ::1", "Port: 1");
  await server.sweep();
  assertEquals(await a.heard(), told("name59 registered"));
});

Deno.test("WATCH, DEPOSIT and COLLECT need a registration with a key on the same connection", async () => {
  const server = new CoreServer();
  await server.connectAs("bob", bob);
  const legacy = server.connect();
  await legacy.ask("REGISTER", "clientID: legacy", "IP: 127.0.0.1", "Port: 1");
  const deposit = depositLines("legacy", "bob", bob, someId, new Uint8Array(3));
  const requests = [["WATCH", "Version: 1"], deposit, [
    "COLLECT",
    "clientID: legacy",
    "Version: 1",
  ]];
  for (const lines of requests) {
    assertMatch(await legacy.ask(...lines), /^ERROR\nCode: 403\nReason: Register with a key on/);
    const unversioned = lines.filter((line) => line !== "Version: 1");
    assertEquals(codeOf(await legacy.ask(...unversioned)), "400");
  }
  const b = await server.connectAs("bob", bob);
  const asked = ["COLLECT", "clientID: alice", "Version: 1"];
  for (const lines of [depositLines("alice", "bob", bob, someId, new Uint8Array(3)), asked]) {
    assertEquals(codeOf(await b.ask(...lines)), "403");
  }
});

Deno.test("silence of 25 s ends a subscribed connection, and no other", async () => {
  const server = new CoreServer();
  const a = await server.connectAs("alice", alice);
  await a.watch("bob", "carol");
  const b = await server.connectAs("bob", bob);
  await b.watch();
  const idle = await server.connectAs("carol", carol);
  await server.pass(subscribedIdleMs - 2 * sweepMs);
  assert(!b.conn.closed);
  await a.ask("PING");
  assertEquals(await b.ask("PING"), "PONG\n\n");
  await server.pass(subscribedIdleMs - 2 * sweepMs);
  assert(!b.conn.closed);
  await a.ask("PING");
  // The server's times are exact to a second and a sweep.
  await server.pass(1_000 + 3 * sweepMs);
  assert(b.conn.closed);
  assert(!idle.conn.closed && !a.conn.closed);
  await server.sweep();
  assertEquals(await a.heard(), told("bob registered"));
});

Deno.test("news and replies never mix, however few bytes each write takes", async () => {
  for (const takes of [1, 2, 7, 1_000]) {
    const server = new CoreServer();
    const a = await server.connectAs("alice", alice);
    await a.watch("bob");
    a.conn.takes = takes;
    let b = await server.connectAs("bob", bob);
    for (let i = 0; i < 20; i++) {
      if (i % 2 === 0) b.conn.close();
      else await (b = await server.connectAs("bob", bob)).watch();
      // A reply and news at the same time, in either order.
      if (i % 3 === 0) a.send("PING", `Id: ${i}`);
      const sweeping = server.sweep();
      if (i % 3 === 1) a.send("PING", `Id: ${i}`);
      await sweeping;
      const messages = (await a.heard()).split("\n\n").slice(0, -1);
      for (const message of messages) {
        assertMatch(message, /^(PONG\nId: \d+|PRESENCE\nPresence: bob (away|registered|online))$/);
      }
    }
  }
});

Deno.test("news waits for the reply that is being written, and a reply for the news", async () => {
  const server = new CoreServer();
  const a = await server.connectAs("alice", alice);
  await a.watch("bob");
  const gate = Promise.withResolvers<void>();
  a.conn.writable = gate.promise;
  a.send("PING", "Id: 1");
  await server.connectAs("bob", bob);
  await server.sweep();
  assertEquals(await a.heard(), "");
  gate.resolve();
  assertEquals(await a.heard(), "PONG\nId: 1\n\n" + told("bob registered"));

  const second = Promise.withResolvers<void>();
  const b = await server.connectAs("bob", bob);
  await b.watch();
  a.conn.writable = second.promise;
  await server.sweep();
  // When alice asks, the news of bob is being written. The reply says the same again, and follows it.
  a.send("WATCH", "Version: 1", "Target: bob");
  b.conn.close();
  await b.ended;
  await server.sweep();
  second.resolve();
  assertEquals(
    await a.heard(),
    told("bob online") + watchack("bob online") + told("bob registered"),
  );
});

Deno.test("a client that does not read its news gets the latest, and is closed in the end", async () => {
  const server = new CoreServer();
  const a = await server.connectAs("alice", alice);
  await a.watch("bob", "carol");
  const gate = Promise.withResolvers<void>();
  a.conn.writable = gate.promise;
  for (let i = 0; i < 10; i++) {
    const b = await server.connectAs("bob", bob);
    await b.watch();
    await server.sweep();
    b.conn.close();
    await b.ended;
    await server.sweep();
  }
  await server.connect().ask("REGISTER", "clientID: carol", "IP: 127.0.0.1", "Port: 1");
  await server.sweep();
  gate.resolve();
  assertEquals(await a.heard(), told("bob online") + told("bob registered", "carol registered"));

  a.conn.writable = new Promise(() => {});
  await server.connectAs("bob", bob).then((b) => b.watch());
  await server.pass(sweepMs);
  // It goes on to say something, so that silence is not what ends it.
  for (let passed = 0; passed < 2 * writeTimeoutMs; passed += 1_000) {
    if (!a.conn.closed) a.send("PING");
    await server.pass(1_000);
  }
  assert(a.conn.closed);
});

Deno.test("a connection that is closed while it says WATCH is not subscribed", async () => {
  const server = new CoreServer();
  const a = await server.connectAs("alice", alice);
  const b = await server.connectAs("bob", bob);
  // It is not known to be complete before the rest has been looked for.
  b.send("WATCH", "Version: 1");
  b.conn.feed("PI");
  b.conn.close();
  await b.ended;
  assertEquals(await a.watch("bob"), watchack("bob registered"));
});

Deno.test("a client is told of a mail, collects it, and the mail is deleted once the client says that it has it", async () => {
  const server = new CoreServer();
  const b = await server.connectAs("bob", bob);
  const a = await server.connectAs("alice", alice);
  await b.watch();
  const deposit = depositLines("alice", "bob", bob, someId, new Uint8Array([1, 2, 3]));
  a.send(...deposit);
  await server.sweep();
  assertEquals(await a.heard(), `DEPOSITACK\nId: ${someId}\nVersion: 1\n\n`);
  assertEquals(await b.heard(), "MAIL\nCount: 1\n\n");
  await server.sweep();
  assertEquals(await b.heard(), "");
  const collect = ["COLLECT", "clientID: bob", "Version: 1"];
  const first = "COLLECTACK\nCount: 1\nNumber: 1\nData: AQID\nVersion: 1\n\n";
  assertEquals(await b.ask(...collect), first);
  assertEquals(await b.ask(...collect), first);
  assertEquals(await b.ask(...collect, "After: 1"), "COLLECTACK\nCount: 1\nVersion: 1\n\n");
  // Nobody can delete the mail of another client.
  const other = await server.connectAs("carol", carol);
  const others = ["COLLECT", "clientID: carol", "Version: 1"];
  assertEquals(await other.ask(...others, "Taken: 1"), "COLLECTACK\nCount: 0\nVersion: 1\n\n");
  const none = "COLLECTACK\nCount: 0\nVersion: 1\n\n";
  assertEquals(await b.ask(...collect, "Taken: 1", "Taken: 77"), none);
  // The same mail is kept again with a new number, because the first one is gone.
  a.send(...deposit);
  await server.sweep();
  assertMatch(await b.ask(...collect), /\nNumber: 2\n/);
});

Deno.test("COLLECT that names no numbers, or too many, is 400", async () => {
  const server = new CoreServer();
  const b = await server.connectAs("bob", bob);
  const collect = ["COLLECT", "clientID: bob", "Version: 1"];
  for (
    const line of ["After: -1", "After: ", "Taken: x", "Taken: 1.5", `After: ${"9".repeat(16)}`]
  ) {
    assertEquals(codeOf(await b.ask(...collect, line)), "400", line);
  }
  const many = Array.from({ length: takenMax + 1 }, (_, i) => `Taken: ${i}`);
  assertEquals(codeOf(await b.ask(...collect, ...many)), "400");
  assertMatch(await b.ask(...collect, ...many.slice(1)), /^COLLECTACK\n/);
});

Deno.test("mail waits for a client that comes later, even if the server restarts, and WATCH tells of it", async () => {
  const server = new CoreServer();
  const b = await server.connectAs("bob", bob);
  b.conn.close();
  const a = await server.connectAs("alice", alice);
  a.send(...depositLines("alice", "bob", bob, someId, new Uint8Array(300)));
  await server.sweep();
  assertMatch(await a.heard(), /^DEPOSITACK\n/);
  await server.restart();
  await a.ended;
  const later = await server.connectAs("bob", bob);
  await later.watch();
  await server.sweep();
  assertEquals(await later.heard(), "MAIL\nCount: 1\n\n");
});

Deno.test("a deposit that was not acknowledged when the server ended is not kept", async () => {
  const server = new CoreServer();
  await server.connectAs("bob", bob);
  const a = await server.connectAs("alice", alice);
  // It is not due to be written yet.
  assertEquals(await a.ask(...depositLines("alice", "bob", bob, someId, new Uint8Array(3))), "");
  await server.restart();
  assertEquals(await a.heard(), "");
  const b = await server.connectAs("bob", bob);
  await server.pass(1_000);
  assertMatch(await b.ask("COLLECT", "clientID: bob", "Version: 1"), /\nCount: 0\n/);
});

Deno.test("mail is for a name and the key that owns it", async () => {
  const server = new CoreServer({ nameLeaseMs: 60_000 });
  await server.connectAs("bob", bob);
  await server.connect().ask("REGISTER", "clientID: legacy", "IP: 127.0.0.1", "Port: 1");
  const a = await server.connectAs("alice", alice);
  const deposit = async (to: string, identity: Identity) => {
    a.send(...depositLines("alice", to, identity, someId, new Uint8Array(3)));
    await server.sweep();
    return codeOf(await a.heard());
  };
  assertEquals(await deposit("nobody", bob), "404");
  assertEquals(await deposit("legacy", bob), "404");
  assertEquals(await deposit("bob", carol), "403");
  assertMatch(await deposit("bob", bob), /^DEPOSITACK/);
  // Mail for one name of a key is not read by another name of the same key.
  const other = await server.connectAs("bob2", bob);
  assertMatch(await other.ask("COLLECT", "clientID: bob2", "Version: 1"), /\nCount: 0\n/);
  await server.pass(60_000);
  assertEquals(await deposit("bob", bob), "404", "the name has lapsed");
});

Deno.test("a DEPOSIT with an invalid Id or Data gets 400", async () => {
  const server = new CoreServer();
  await server.connectAs("bob", bob);
  const a = await server.connectAs("alice", alice);
  const lines = depositLines("alice", "bob", bob, someId, new Uint8Array([1]));
  const changed: [from: RegExp, to: string][] = [
    [/^Id: .*/, "Id: 1"],
    [/^Id: .*/, `Id: ${"A".repeat(32)}`],
    [/^Data: .*/, "Data: A"],
    [/^Data: .*/, "Data: AB"],
    [/^Data: .*/, "Data: AA=="],
    [/^Data: .*/, "Data: A A"],
    [/^Data: .*/, "Data: +A"],
    [/^Target: .*/, "Target: a b"],
    [/^Key: .*/, "Key: AA"],
  ];
  for (const [from, to] of changed) {
    assertEquals(codeOf(await a.ask(...lines.map((line) => line.replace(from, to)))), "400", to);
  }
});

Deno.test("a mail has at most 64 KiB, and its message at most 96 KiB", async () => {
  const server = new CoreServer();
  await server.connectAs("bob", bob);
  const a = await server.connectAs("alice", alice);
  const mail = crypto.getRandomValues(new Uint8Array(mailBytesMax));
  a.send(...depositLines("alice", "bob", bob, someId, mail));
  await server.sweep();
  assertMatch(await a.heard(), /^DEPOSITACK\n/);
  const longer = depositLines(
    "alice",
    "bob",
    bob,
    "1".repeat(32),
    new Uint8Array(mailBytesMax + 1),
  );
  assertMatch(
    await a.ask(...longer),
    /^ERROR\nCode: 413\nReason: A mail has at most 65536 bytes\n/,
  );
  assertEquals(await a.ask("PING"), "PONG\n\n", "the connection goes on");
  const b = await server.connectAs("bob", bob);
  const collected = await b.ask("COLLECT", "clientID: bob", "Version: 1");
  const data = [...collected.matchAll(/^Data: (.*)$/gm)].map(([, line]) => line).join("");
  assertEquals(Uint8Array.fromBase64(data, { alphabet: "base64url" }), mail);

  const line = `Data: ${"A".repeat(3_840)}`;
  const tooLong = [...longer.slice(0, 6), ...Array.from({ length: 26 }, () => line)];
  assert(tooLong.join("\r\n").length > mailMessageBytesMax);
  assertMatch(
    await a.ask(...tooLong),
    /^ERROR\nCode: 413\nReason: A message with a mail has at most 98304/,
  );
});

Deno.test("only a DEPOSIT may be long, and only after a registration with a key", async () => {
  const server = new CoreServer();
  await server.connectAs("bob", bob);
  const lines = depositLines("alice", "bob", bob, someId, new Uint8Array(messageBytesMax));
  const unregistered = server.connect();
  assertMatch(
    await unregistered.ask(...lines),
    /^ERROR\nCode: 413\nReason: A message has at most 16384/,
  );
  for (const verb of ["DEPOSI", "DDEPOSIT", "PING", "COLLECT"]) {
    const a = await server.connectAs("alice", alice);
    assertMatch(
      await a.ask(verb, ...lines.slice(1)),
      /^ERROR\nCode: 413\nReason: A message has at/,
    );
  }
});

Deno.test("deposits that come together are answered in order, among other requests", async () => {
  const server = new CoreServer();
  await server.connectAs("bob", bob);
  const a = await server.connectAs("alice", alice);
  const requests: string[] = [];
  for (let i = 0; i < 40; i++) {
    const id = i.toString(16).padStart(32, "0");
    if (i % 7 === 3) requests.push(["PING", `Id: ${i}`, "", ""].join("\r\n"));
    requests.push(
      [...depositLines("alice", "bob", bob, id, new Uint8Array(i + 1)), "", ""].join("\r\n"),
    );
  }
  a.conn.feed(requests.join(""));
  await server.pass(5_000);
  const replies = [...(await a.heard()).matchAll(/^Id: (\w+)$/gm)].map(([, id]) => id);
  assertEquals(replies, [...requests.join("").matchAll(/^Id: (\w+)\r$/gm)].map(([, id]) => id));
  const b = await server.connectAs("bob", bob);
  let after = 0;
  for (let i = 0; i < 40; i++) {
    const reply = await b.ask("COLLECT", "clientID: bob", "Version: 1", `After: ${after}`);
    after = Number(/^Number: (\d+)$/m.exec(reply)![1]);
    assertEquals(/^Data: (.*)$/m.exec(reply)![1], "A".repeat(Math.ceil((i + 1) * 4 / 3)));
  }
});

Deno.test("while a deposit is written other clients are answered", async () => {
  const server = new CoreServer();
  await server.connectAs("bob", bob);
  const a = await server.connectAs("alice", alice);
  assertEquals(await a.ask(...depositLines("alice", "bob", bob, someId, new Uint8Array(3))), "");
  assertEquals(await server.connect().ask("PING"), "PONG\n\n");
  a.send("PING");
  await server.sweep();
  assertMatch(await a.heard(), /^DEPOSITACK\n[^]*\n\nPONG\n\n$/);
});

Deno.test("the ERROR says what is full: the mailbox, the sender's share of it, the sender, the server", async () => {
  const limits = { mailboxMails: 3, shareMails: 2, senderMails: 4, mails: 6 };
  const server = new CoreServer({ capacity: limits });
  for (const id of ["bob", "bob2", "bob3"]) await server.connectAs(id, bob);
  const a = await server.connectAs("alice", alice);
  const c = await server.connectAs("carol", carol);
  let number = 0;
  const deposit = async (from: "alice" | "carol", to: string) => {
    const client = from === "alice" ? a : c;
    const id = (number++).toString(16).padStart(32, "0");
    client.send(...depositLines(from, to, bob, id, new Uint8Array(3)));
    await server.sweep();
    const reply = await client.heard();
    return /^DEPOSITACK/.test(reply) ? "kept" : reply.split("\n").slice(1, -2).join(" / ");
  };
  assertEquals(await deposit("alice", "bob"), "kept");
  assertEquals(await deposit("alice", "bob"), "kept");
  assertEquals(
    await deposit("alice", "bob"),
    "Code: 507 / Reason: The mailbox of bob takes no more from you / Retry-After: 600",
  );
  assertEquals(await deposit("carol", "bob"), "kept");
  assertEquals(
    await deposit("carol", "bob"),
    "Code: 507 / Reason: The mailbox of bob is full / Retry-After: 600",
  );
  for (let i = 0; i < 2; i++) assertEquals(await deposit("alice", "bob2"), "kept");
  assertEquals(
    await deposit("alice", "bob3"),
    "Code: 429 / Reason: The server keeps no more mail from you / Retry-After: 600",
  );
  assertEquals(await deposit("carol", "bob3"), "kept");
  // The server is full now. One of alice's, who has the most, makes room; then they have as much as each other.
  assertEquals(await deposit("carol", "bob3"), "kept");
  assertEquals(
    await deposit("carol", "bob2"),
    "Code: 503 / Reason: The server is full: it keeps no more mail / Retry-After: 600",
  );
});

Deno.test("whoever shows a token with its key has the room of contacts, from whichever connection", async () => {
  const server = new CoreServer({ capacity: { unknownMails: 2 } });
  const b = await server.connectAs("bob", bob);
  assertEquals(await b.ask("WATCH", "Version: 1"), "WATCHACK\nVersion: 1\nMailbox: 65536\n\n");
  const watchack = await b.ask("WATCH", "Version: 1", "Features: contacts");
  assertMatch(watchack, /\nFeatures: contacts\n\n$/);
  const token = new Uint8Array(16).fill(7);
  const [part] = contactParts([contactEntry(token, alice.publicKey)]);
  const lines = ["CONTACTS", "clientID: bob", "Version: 1", "Epoch: 0", "Part: 1", "Parts: 1"];
  const data = dataHeaders(part!).map(([name, value]) => `${name}: ${value}`);
  const stranger = server.connect();
  assertMatch(await stranger.ask(...lines, ...data), /^ERROR\nCode: 403\n/);
  assertMatch(await b.ask(...lines, ...data), /^CONTACTSACK\nContacts: 0 [0-9a-f]{32}\n/);
  let count = 0;
  const deposit = async (from: "alice" | "carol", ...more: string[]) => {
    const client = await server.connectAs(from, from === "alice" ? alice : carol);
    const id = (count++).toString(16).padStart(32, "0");
    client.send(...depositLines(from, "bob", bob, id, new Uint8Array(3)), ...more);
    await server.sweep();
    return (await client.heard()).split("\n", 2).join(" ");
  };
  const shown = `Token: ${token.toHex()}`;
  const kept = `DEPOSITACK Id: `;
  const full = "ERROR Code: 507";
  assert((await deposit("carol", shown)).startsWith(kept));
  assertEquals(await deposit("carol", shown), full, "the token is not hers");
  for (let i = 0; i < 3; i++) assert((await deposit("alice", shown)).startsWith(kept));
  assert((await deposit("alice")).startsWith(kept), "an unknown sender, as without a token");
  await server.restart();
  assert((await deposit("alice", shown)).startsWith(kept));
  assertEquals(await deposit("alice"), full);
});

Deno.test("a server that keeps no mail says so, and sends no Mailbox header", async () => {
  const server = new CoreServer({ mailbox: undefined });
  await server.connectAs("bob", bob);
  const b = await server.connectAs("bob", bob);
  assertEquals(await b.watch(), "WATCHACK\nVersion: 1\n\n");
  const reply = "ERROR\nCode: 503\nReason: This server keeps no mail\n\n";
  assertEquals(await b.ask(...depositLines("bob", "bob", bob, someId, new Uint8Array(3))), reply);
  assertEquals(await b.ask("COLLECT", "clientID: bob", "Version: 1"), reply);
});

Deno.test("names and realm outlive the core that served them", async () => {
  const server = new CoreServer();
  await server.connectAs("bob", bob);
  await server.restart();
  const legacy = server.connect();
  const lines = ["REGISTER", "clientID: bob", "IP: 127.0.0.1", "Port: 1"];
  assertEquals(codeOf(await legacy.ask(...lines)), "403");
  assertMatch(await server.connect().register("bob", bob), /^REGACK\n/);
});
