import { assert, assertEquals, assertMatch, assertRejects, assertThrows } from "@std/assert";
import { UserError } from "../../client/user_error.ts";
import { ChatClient } from "../../client/client.ts";
import { Identity } from "../../shared/crypto/identity.ts";
import type { Address } from "../../shared/net/address.ts";
import { namedBy } from "../../shared/net/named_address.ts";
import { ServerRefusal } from "../../client/rendezvous/reply.ts";
import { depositLines } from "../support/core_fixture.ts";
import { FakeServer, nowhere, Person } from "../support/client_fixture.ts";
import { register as registerOver, start } from "../support/server_fixture.ts";
import { until } from "../support/events.ts";
import { rejectsSaying, sentenceOf, throwsSaying } from "../support/problems.ts";
import { RawListener, RawPeer } from "../support/raw_peer.ts";
import { Wire } from "../support/wire.ts";

const register = (id: string, port = 5000) =>
  `REGISTER\r\nclientID: ${id}\r\nIP: 127.0.0.1\r\nPort: ${port}\r\n\r\n`;
const regack = (id: string) => `REGACK\r\nclientID: ${id}\r\nIP: 127.0.0.1\r\nPort: 5000\r\n\r\n`;
const bridgeack = (id: string, port: number) =>
  `BRIDGEACK\r\nclientID: ${id}\r\nIP: 127.0.0.1\r\nPort: ${port}\r\n\r\n`;

// With a server of this project

Deno.test("the original's example: register, info, bridge, chat, answer", async () => {
  await using server = start();
  await using alice = new Person("alice", server);
  await using bob = new Person("bob", server);
  const registered = await alice.client.register();
  await bob.client.register();
  assertEquals(registered, {
    id: "alice",
    address: alice.client.address,
    server: server.address,
    expiresS: 300,
    keyed: true,
  });
  assertEquals(await alice.client.info(), { count: 2, clients: [alice.known, bob.known] });
  assertEquals(await alice.client.bridge(), bob.known);
  await alice.chat(bob.place);
  await alice.send("Hello Bob!");
  await bob.events.see("message");
  await bob.send("Hello Alice!");
  await alice.events.see("message");
  assertEquals(bob.heard, ["alice: Hello Bob!"]);
  assertEquals(alice.heard, ["bob: Hello Alice!"]);
});

Deno.test("info shows everyone, however many pages that takes", async () => {
  await using server = start();
  using wire = await RawPeer.dial(server.address);
  const ids = Array.from({ length: 130 }, (_, i) => `client${String(i).padStart(3, "0")}`);
  await wire.send(ids.map((id) => register(id)).join(""));
  await until(() => server.registrations === ids.length);
  await using alice = new Person("alice", server);
  const { count, clients } = await alice.client.info();
  assertEquals(count, ids.length);
  assertEquals(clients.map(({ id }) => id), ids);
});

Deno.test("bridge finds nobody if nobody else is registered, and with a name the client of that name", async () => {
  await using server = start();
  await using alice = new Person("alice", server);
  await using bob = new Person("bob", server);
  await using carol = new Person("carol", server);
  await alice.client.register();
  assertEquals(await alice.client.bridge(), undefined);
  await bob.client.register();
  await carol.client.register();
  assertEquals(await alice.client.bridge("carol"), carol.known);
});

Deno.test("chat with an id asks the server, then dials", async () => {
  await using server = start();
  await using alice = new Person("alice", server);
  await using bob = new Person("bob", server);
  await bob.client.register();
  const called: Address[] = [];
  const { how, conversation } = await alice.session.chat("bob", (address) => called.push(address));
  assertEquals([called, how, conversation.name], [[bob.client.address], "opened", "bob"]);
  assertEquals(alice.current, "bob");
  // There is a conversation now, so the server is not asked.
  await server.stop();
  assertEquals((await alice.chat("bob")).how, "already-open");
  assertEquals(alice.events.of("opened").length, 1);
  assertEquals([called.length, alice.current], [1, "bob"]);
});

Deno.test("that nobody has an id is reported", async () => {
  await using server = start();
  await using alice = new Person("alice", server);
  for (const ask of [() => alice.chat("bob"), () => alice.client.bridge("bob")]) {
    await rejectsSaying(
      ask,
      ServerRefusal,
      "The server refused: No client bob is registered (404)",
    );
  }
});

Deno.test("that nobody listens at an address is reported", async () => {
  await using alice = new Person("alice", nowhere);
  const free = new RawListener();
  const { port } = free.address;
  free[Symbol.dispose]();
  const error = await assertRejects(() => alice.chat(`127.0.0.1:${port}`), UserError);
  assertEquals(
    sentenceOf(error.problem),
    `Cannot reach a client at 127.0.0.1:${port}: nobody listens there`,
  );
  assertEquals(alice.current, undefined);
});

Deno.test("that a called peer hangs up is reported", async () => {
  await using alice = new Person("alice", nowhere);
  using listener = new RawListener();
  const called = alice.chat(`127.0.0.1:${listener.address.port}`);
  const rejected = rejectsSaying(() => called, UserError, "ended the call: it hung up");
  using peer = await listener.accept();
  await peer.message();
  peer.close();
  await rejected;
  assertEquals(alice.events.of("opened"), []);
});

for (const whom of ["alice", "own address", "localhost"]) {
  Deno.test(`a chat with oneself, by ${whom}, is refused`, async () => {
    await using alice = new Person("alice", nowhere);
    const place = {
      "alice": "alice",
      "own address": alice.place,
      "localhost": `localhost:${alice.client.address.port}`,
    }[whom]!;
    await rejectsSaying(() => alice.chat(place), UserError, "yourself");
    assertEquals(alice.names, []);
  });
}

for (const whom of ["", "b b", "127.0.0.1:", "127.0.0.1:0", ":5557", "1.2.3:5557", "böb"]) {
  Deno.test(`'${whom}' is neither an address nor an id`, async () => {
    await using alice = new Person("alice", nowhere);
    await rejectsSaying(() => alice.chat(whom), UserError, "is neither an address");
  });
}

Deno.test("a client with an invalid id is not made", () => {
  throwsSaying(() => new Person("b b", nowhere), "The id 'b b' is not 1 to 32 letters");
});

Deno.test("that a port is taken is reported", async () => {
  await using alice = new Person("alice", nowhere);
  const { host, port } = alice.client.address;
  assertThrows(
    () =>
      new ChatClient({
        id: "bob",
        host,
        port,
        servers: [nowhere.address],
        identity: alice.identity,
        store: alice.store,
        sink: { emit() {}, room: () => undefined, shown: () => undefined },
      }),
    Deno.errors.AddrInUse,
  );
});

Deno.test("stopping says BYE to everyone and UNREGISTER to the server", async () => {
  await using server = start();
  await using alice = new Person("alice", server);
  await using bob = new Person("bob", server);
  await alice.client.register();
  await alice.chat(bob.place);
  await alice.client.stop();
  assertEquals((await bob.events.see("closed")).reason, "peer-left");
  assertEquals(server.registrations, 0);
  await assertRejects(() => RawPeer.dial(alice.client.address), Deno.errors.ConnectionRefused);
});

Deno.test("stopping twice, even at the same time, is the same as once", async () => {
  await using server = start();
  await using alice = new Person("alice", server);
  await alice.client.register();
  await Promise.all([alice.client.stop(), alice.client.stop()]);
  await alice.client.stop();
  await until(() => server.connections === 0);
});

Deno.test("stopping while a call is being answered leaves nothing open", async () => {
  await using alice = new Person("alice", nowhere);
  using listener = new RawListener();
  const called = alice.chat(`127.0.0.1:${listener.address.port}`).catch((error) => error);
  using peer = await listener.accept();
  await peer.message();
  await alice.client.stop();
  assert(await called instanceof UserError);
  assertEquals(await peer.rest(), "");
});

Deno.test("unregistering succeeds, and a second time is refused", async () => {
  await using server = start();
  await using alice = new Person("alice", server);
  await alice.client.register();
  await alice.client.unregister();
  assertEquals(server.registrations, 0);
  await rejectsSaying(() => alice.client.unregister(), ServerRefusal, "(404)");
});

Deno.test("that a server cannot be reached is reported, and it is asked again when it is back", async () => {
  const free = new RawListener();
  free[Symbol.dispose]();
  await using alice = new Person("alice", free);
  await rejectsSaying(
    () => alice.client.register(),
    UserError,
    `Cannot reach the server at 127.0.0.1:${free.address.port}: nobody listens there`,
  );
  await using _server = start({ port: free.address.port });
  assertEquals((await alice.client.register()).id, "alice");
});

Deno.test("a kept connection that the server closed meanwhile is opened again", async () => {
  await using first = start();
  await using alice = new Person("alice", first);
  await alice.client.register();
  await first.stop();
  await using second = start({ port: first.address.port });
  await alice.client.register();
  assertEquals(second.registrations, 1);
});

Deno.test("of two clients with one identity the one that registered last gets the mail", async () => {
  await using server = start();
  const identity = Identity.generate();
  await using one = new Person("alice", server, { identity });
  await using two = new Person("alice", server, { identity });
  await one.client.register();
  await two.client.register();
  await one.events.see("displaced");
  using wire = await Wire.connect(server);
  await registerOver(wire, "bob", Identity.generate());
  const unreadable = async (person: Person, data: number) => {
    const bytes = new Uint8Array([data]);
    const id = String(data).repeat(32);
    const reply = await wire.ask(...depositLines("bob", "alice", identity, id, bytes));
    assertMatch(reply, /^DEPOSITACK/);
    await person.events.see("problem", ({ problem }) => problem.code === "mail-unreadable");
  };
  // Mail that nobody can read is told of by the client that has fetched it.
  await unreadable(two, 1);
  assertEquals(one.events.of("problem"), []);
  await one.client.register();
  await two.events.see("displaced");
  await unreadable(one, 2);
  assertEquals(two.events.of("problem").length, 1);
  assertEquals(one.events.of("displaced").length + two.events.of("displaced").length, 2);
});

Deno.test("after a restart of the server, which is noticed, the client registers again", async () => {
  const brief = new FakeServer((request) =>
    request.startsWith("REGISTER")
      ? regack("alice").replace("\r\n\r\n", "\r\nExpires: 2\r\n\r\n")
      : undefined
  );
  await using alice = new Person("alice", brief);
  await alice.client.register();
  await brief[Symbol.asyncDispose]();
  assertMatch(
    sentenceOf((await alice.events.see("server-lost")).problem),
    /^Cannot reach the server at 127.0.0.1:\d+: nobody listens there$/,
  );
  await using server = start({ port: brief.address.port });
  await alice.events.see("registered-again");
  assertEquals(server.registrations, 1);
  assertEquals((await alice.client.info()).count, 1);
});

Deno.test("simultaneous requests each get their own reply", async () => {
  await using server = start();
  await using alice = new Person("alice", server);
  await using bob = new Person("bob", server);
  await bob.client.register();
  const asked = [
    alice.client.bridge("bob"),
    rejectsSaying(() => alice.client.bridge("carol"), ServerRefusal, "No client carol"),
    alice.client.info(),
    alice.client.bridge("bob"),
  ];
  const [first, , everybody, last] = await Promise.all(asked);
  assertEquals([first, last], [bob.known, bob.known]);
  assertEquals(everybody, { count: 1, clients: [bob.known] });
});

// With other servers

Deno.test("after 423 the client asks for the Min-Expires that the server names", async () => {
  await using server = new FakeServer((request) =>
    request.includes("Expires: 300\r\n")
      ? "ERROR\r\nCode: 423\r\nReason: too brief\r\nMin-Expires: 900\r\n\r\n"
      : regack("alice").replace("\r\n\r\n", "\r\nExpires: 900\r\n\r\n")
  );
  await using alice = new Person("alice", server);
  assertEquals((await alice.client.register()).expiresS, 900);
  assertEquals(server.requests.length, 2);
});

Deno.test("a refusal is reported with the time after which to try again", async () => {
  await using server = new FakeServer(() =>
    "ERROR\r\nCode: 403\r\nReason: The id is taken\r\nRetry-After: 40\r\n\r\n"
  );
  await using alice = new Person("alice", server);
  await rejectsSaying(
    () => alice.client.register(),
    ServerRefusal,
    "The server refused: The id is taken (403); try again in 40 s",
  );
});

Deno.test("a legacy server, with a bare REGACK and a connection for each reply, works as well", async () => {
  await using bob = new Person("bob", nowhere);
  await using server = new FakeServer((request) => {
    if (request.startsWith("REGISTER")) return regack("alice");
    return request.startsWith("BRIDGE") ? bridgeack("bob", bob.client.address.port) : undefined;
  }, true);
  await using alice = new Person("alice", server);
  const { expiresS, keyed } = await alice.client.register();
  assertEquals([expiresS, keyed], [undefined, false]);
  for (let i = 0; i < 3; i++) {
    assertEquals(await alice.client.bridge(), { id: "bob", address: bob.known.address });
  }
  await alice.chat("bob");
  assertEquals(alice.current, "bob");
});

for (const empty of ["clientID: \r\nIP: \r\nPort: \r\n", "clientID:\r\nIP:\r\nPort:\r\n", ""]) {
  Deno.test(`BRIDGEACK with ${JSON.stringify(empty)} is nobody`, async () => {
    await using server = new FakeServer(() => `BRIDGEACK\r\n${empty}\r\n`);
    await using alice = new Person("alice", server);
    assertEquals(await alice.client.bridge(), undefined);
    await rejectsSaying(() => alice.chat("bob"), UserError, "The server knows no bob");
  });
}

Deno.test("a legacy server that names another client than the one asked for is not believed", async () => {
  // It knows no Target. What is meant for bob must not reach the client that it names instead.
  await using carol = new Person("carol", nowhere);
  await using server = new FakeServer(() => bridgeack("carol", carol.client.address.port));
  await using alice = new Person("alice", server);
  await assertRejects(() => alice.chat("bob"), UserError);
  assertEquals(alice.names, []);
});

for (
  const [what, garbage] of [
    ["another protocol", "HTTP/1.1 400 Bad Request\r\nConnection: close\r\n\r\n"],
    ["another verb", "PONG\r\n\r\n"],
    ["a reply that lacks a header", "REGACK\r\nclientID: alice\r\n\r\n"],
    ["an ERROR without a code", "ERROR\r\nReason: no\r\n\r\n"],
    ["a line without an end", "x".repeat(5_000)],
    ["control characters", "REGACK\r\nclientID: \x1b[2J\r\n\r\n"],
    ["nothing, and hangs up", undefined],
  ] as const
) {
  Deno.test(`a server that answers ${what} is reported in a sentence`, async () => {
    await using server = new FakeServer(() => garbage);
    await using alice = new Person("alice", server);
    await rejectsSaying(
      () => alice.client.register(),
      UserError,
      `127.0.0.1:${server.address.port}`,
    );
    assertEquals(alice.events.types, ["listening"]);
  });
}

Deno.test("a server of another protocol is not reported as silent", async () => {
  await using server = new FakeServer(() => "HTTP/1.1 400 Bad Request\r\nServer: x\r\n\r\n");
  await using alice = new Person("alice", server);
  await rejectsSaying(() => alice.client.register(), UserError, "is not a p2pchat server");
});

Deno.test("a server with endless pages is not asked forever", async () => {
  const most = 2_000;
  await using server = new FakeServer((_, number) =>
    number > most ? undefined : `INFOACK\r\nCount: 1\r\nAfter: ${number % 2 ? "a" : "b"}\r\n\r\n`
  );
  await using alice = new Person("alice", server);
  await alice.client.info().catch(() => {});
  assert(server.requests.length < most, `asked ${server.requests.length} times`);
});

Deno.test("malformed Client lines are left out", async () => {
  await using server = new FakeServer(() =>
    "INFOACK\r\nCount: 5\r\nClient: bob 127.0.0.1:5557\r\nClient: b\u202eb 127.0.0.1:1\r\n" +
    "Client: carol\r\nClient: \r\nClient: dave nowhere:x\r\n\r\n"
  );
  await using alice = new Person("alice", server);
  assertEquals((await alice.client.info()).clients, [
    { id: "bob", address: namedBy({ serverHost: "127.0.0.1" }, { host: "127.0.0.1", port: 5557 }) },
  ]);
});
