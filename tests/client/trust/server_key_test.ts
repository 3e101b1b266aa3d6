// Keys that a server names, and what they decide, between whole clients over real connections.

import { assert, assertEquals, assertMatch, assertRejects } from "@std/assert";
import { UserError } from "../../../client/user_error.ts";
import { wordingOf } from "../../../client/ui/wording/wording.ts";
import { Identity } from "../../../shared/crypto/identity.ts";
import { unknownSenderKeysMax } from "../../../shared/protocol/limits.ts";
import { FakeServer, hears, nowhere, Person } from "../../support/client_fixture.ts";
import { start } from "../../support/server_fixture.ts";
import { EncryptedPeer } from "../../support/encrypted_peer.ts";
import { RawListener } from "../../support/raw_peer.ts";
import { refusalOf, rejectsSaying, sentenceOf } from "../../support/problems.ts";
import { publicKeyFrom } from "../../../shared/crypto/public_key.ts";

/** A server that gives bob's address and key, and lets everyone register. */
function serverThatSays(bobs: { place: { port: number }; fingerprint?: string }): FakeServer {
  return new FakeServer((request) => {
    const id = /^clientID: (.*)\r$/m.exec(request)![1];
    if (request.startsWith("REGISTER")) {
      return `REGACK\r\nclientID: ${id}\r\nIP: 127.0.0.1\r\nPort: 1\r\nVersion: 1\r\n` +
        "Expires: 300\r\n\r\n";
    }
    if (request.startsWith("UNREGISTER")) return `UNREGACK\r\nclientID: ${id}\r\n\r\n`;
    return `BRIDGEACK\r\nclientID: bob\r\nIP: 127.0.0.1\r\nPort: ${bobs.place.port}\r\nVersion: 1\r\n` +
      (bobs.fingerprint === undefined ? "" : `Fingerprint: ${bobs.fingerprint}\r\n`) + "\r\n";
  });
}

Deno.test("two who have never met do not talk if the server names another key, and are told of it", async () => {
  await using bob = new Person("bob", nowhere);
  const { fingerprint } = Identity.generate();
  await using server = serverThatSays({ place: bob.client.address, fingerprint });
  await using alice = new Person("alice", server);
  const message = await refusalOf(() => alice.chat("bob"));
  assertMatch(message, /^The call to bob was given up: bob has another key than expected$/);
  const [refused] = alice.events.of("key-refused");
  assertEquals(refused?.verdict, {
    type: "contradicted",
    presentedFingerprint: bob.identity.fingerprint,
    serverFingerprint: fingerprint,
  });
  const words = wordingOf(refused!)!.lines.join("\n");
  for (const one of [fingerprint, bob.identity.fingerprint]) assert(words.includes(one), words);
  assertEquals(alice.events.of("first-contact"), []);
  assertEquals(bob.events.types, ["listening"]);
});

Deno.test("two who know each other talk even if the server names another key", async () => {
  await using bob = new Person("bob", nowhere);
  const { fingerprint } = Identity.generate();
  await using server = serverThatSays({ place: bob.client.address, fingerprint });
  await using alice = new Person("alice", server);
  await alice.chat(bob.place);
  await alice.close();
  await bob.events.see("closed");
  await alice.chat("bob");
  await hears(bob, alice, "all the same");
  assertEquals(alice.events.of("server-contradicted"), [{
    type: "server-contradicted",
    name: "bob",
    serverFingerprint: fingerprint,
    presentedFingerprint: bob.identity.fingerprint,
    verified: false,
  }]);
});

Deno.test("nothing is said of a server that names the right key", async () => {
  await using bob = new Person("bob", nowhere);
  const { fingerprint } = bob.identity;
  await using server = serverThatSays({ place: bob.client.address, fingerprint });
  await using alice = new Person("alice", server);
  await alice.chat("bob");
  await alice.events.see("opened");
  assertEquals(alice.events.types, ["listening", "first-contact", "opened"]);
});

Deno.test("a called client asks the server about a new peer only if it is registered", async () => {
  await using bob = new Person("bob", nowhere);
  const { fingerprint } = Identity.generate();
  await using server = serverThatSays({ place: bob.client.address, fingerprint });
  await using alice = new Person("alice", server);
  await alice.client.register();
  const message = await refusalOf(() => bob.chat(alice.place));
  assertMatch(message, /ended the call: “This client knows another key of bob, /);
  assertEquals(alice.events.of("key-refused").map(({ verdict }) => verdict), [{
    type: "contradicted",
    presentedFingerprint: bob.identity.fingerprint,
    serverFingerprint: fingerprint,
  }]);
  const asked = server.requests.filter((request) => request.startsWith("BRIDGE"));
  assertEquals(asked.length, 1);
  assertMatch(asked[0]!, /^Target: bob\r$/m);
  // A client that is not registered would get no answer, and would only reveal who calls it.
  await using carol = new Person("carol", server);
  await bob.chat(carol.place);
  await carol.events.see("first-contact");
  assertEquals(server.requests.filter((request) => request.startsWith("BRIDGE")).length, 1);
});

Deno.test("a called client asks the server again at the next call, and the latest answer counts", async () => {
  await using bob = new Person("bob", nowhere);
  const said = { place: bob.client.address, fingerprint: Identity.generate().fingerprint };
  await using server = serverThatSays(said);
  await using alice = new Person("alice", server);
  await alice.client.register();
  await alice.client.bridge("bob");
  said.fingerprint = bob.identity.fingerprint;
  await bob.chat(alice.place);
  await hears(alice, bob, "hello");
  assertEquals(alice.events.of("key-changed"), []);
  assertEquals(server.requests.filter((request) => request.startsWith("BRIDGE")).length, 2);
});

Deno.test("/chat opens no conversation with a caller for whom the server names another key", async () => {
  await using bob = new Person("bob", nowhere);
  const { client: { address: place }, identity: { fingerprint } } = bob;
  await using server = serverThatSays({ place, fingerprint });
  await using alice = new Person("alice", server);
  await using carol = new Person("carol", nowhere);
  await alice.chat(carol.place);
  const identity = Identity.generate();
  using mallory = await EncryptedPeer.dial(alice.client.address, { id: "bob", identity });
  await alice.events.see("opened", ({ name }) => name === "bob");
  for (let i = 1; i <= 2; i++) {
    const message = await refusalOf(() => alice.chat("bob"));
    for (const one of [fingerprint, identity.fingerprint, "/switch bob", "/close bob"]) {
      assert(message.includes(one), message);
    }
    assertEquals(alice.current, undefined);
    assertEquals(server.requests.length, i);
  }
  // After that the other one is reached, whose key the server names: mallory was never accepted.
  await alice.close("bob");
  assertEquals(await mallory.rest(), "BYE\r\n\r\n");
  await alice.chat("bob");
  await hears(bob, alice, "for bob alone");
});

Deno.test("/chat uses a caller's link if the server confirms its key, or knows none", async () => {
  for (const says of ["the same", "no key", "nothing", "not there"] as const) {
    await using bob = new Person("bob", nowhere);
    const { client: { address: place }, identity: { fingerprint } } = bob;
    await using server = says === "nothing"
      ? new FakeServer(() => undefined)
      : serverThatSays({ place, ...says === "the same" && { fingerprint } });
    await using alice = new Person("alice", says === "not there" ? nowhere : server);
    await using carol = new Person("carol", nowhere);
    await alice.chat(carol.place);
    await bob.chat(alice.place);
    await alice.events.see("opened", ({ name }) => name === "bob");
    await alice.chat("bob");
    assertEquals(alice.current, "bob", says);
    const asked = server.requests.length;
    assertEquals(asked > 0, says !== "not there");
    await hears(bob, alice, "answered");
    // A peer that the user has answered is known.
    alice.switchTo("carol");
    await alice.chat("bob");
    assertEquals(server.requests.length, asked);
  }
});

Deno.test("/chat asks no server about a peer that this client has called itself", async () => {
  await using bob = new Person("bob", nowhere);
  const { fingerprint } = Identity.generate();
  await using server = serverThatSays({ place: bob.client.address, fingerprint });
  await using alice = new Person("alice", server);
  await alice.chat(bob.place);
  assertEquals((await alice.chat("bob")).how, "already-open");
  assertEquals(server.requests, []);
});

Deno.test("/chat asks no server about a peer that called and was called", async () => {
  await using server = serverThatSays({
    place: nowhere.address,
    fingerprint: Identity.generate().fingerprint,
  });
  await using alice = new Person("alice", server);
  const identity = Identity.generate();
  using first = await EncryptedPeer.dial(alice.client.address, { id: "bob", identity });
  using listener = new RawListener();
  const [second] = await Promise.all([
    listener.accept().then((raw) => EncryptedPeer.accept(raw, { id: "bob", identity })),
    alice.chat(`127.0.0.1:${listener.address.port}`),
  ]);
  assertEquals(alice.names, ["bob"]);
  await first.send("BYE\r\n\r\n");
  await first.rest();
  assertEquals((await alice.chat("bob")).how, "already-open");
  assertEquals(server.requests, []);
  second.close();
});

Deno.test("the saved key of an unknown sender makes room for others, and that of a contact does not", async () => {
  await using alice = new Person("alice", nowhere);
  await using carol = new Person("carol", nowhere);
  const { knownPeers } = alice.store;
  const identity = Identity.generate();
  using bob = await EncryptedPeer.dial(alice.client.address, { id: "bob", identity });
  using _dave = await EncryptedPeer.dial(alice.client.address, { id: "dave" });
  await alice.chat(carol.place);
  alice.switchTo("bob");
  await alice.send("hello");
  await bob.message();
  const laterMs = Date.now() + 60_000;
  for (let i = 0; i < unknownSenderKeysMax; i++) {
    knownPeers.meet(`unknown${i}`, publicKeyFrom(new Uint8Array(32).fill(i)), laterMs);
  }
  assertEquals(knownPeers.find("bob")?.key, identity.publicKey);
  assertEquals(knownPeers.find("carol")?.key, carol.identity.publicKey);
  assertEquals(knownPeers.find("dave"), undefined);
});

Deno.test("a peer that called once and is called back is a contact, whose saved key does not make room", async () => {
  await using alice = new Person("alice", nowhere);
  await using bob = new Person("bob", nowhere);
  await bob.chat(alice.place);
  await bob.close();
  await alice.events.see("closed");
  await alice.chat(bob.place);
  const { knownPeers } = alice.store;
  const laterMs = Date.now() + 60_000;
  for (let i = 0; i < unknownSenderKeysMax; i++) {
    knownPeers.meet(`unknown${i}`, publicKeyFrom(new Uint8Array(32)), laterMs);
  }
  assertEquals(knownPeers.find("bob")?.key, bob.identity.publicKey);
});

Deno.test("an answer to an unknown sender is sent even if the contact cannot be saved", async () => {
  await using alice = new Person("alice", nowhere);
  await using bob = new Person("bob", nowhere);
  await bob.chat(alice.place);
  await alice.events.see("opened");
  alice.store.knownPeers.addContact = () => {
    throw new Error("attempt to write a readonly database");
  };
  await hears(bob, alice, "one");
  await hears(bob, alice, "two");
  assertEquals(alice.events.of("problem"), [{
    type: "problem",
    problem: {
      code: "cannot-note-contact",
      name: "bob",
      reason: "attempt to write a readonly database",
    },
  }]);
});

Deno.test("if no key can be looked up nobody is let in, and both sides are told why", async () => {
  await using alice = new Person("alice", nowhere);
  await using bob = new Person("bob", nowhere);
  alice.store.knownPeers.find = () => {
    throw new Error("disk I/O error");
  };
  const problem = { code: "cannot-look-up-key", name: "bob", reason: "disk I/O error" } as const;
  await rejectsSaying(
    () => bob.chat(alice.place),
    UserError,
    "ended the call: “This client cannot look up keys at the moment”",
  );
  await rejectsSaying(
    () => alice.chat(bob.place),
    UserError,
    `was given up: ${sentenceOf(problem)}`,
  );
  assertEquals(alice.events.of("problem"), [
    { type: "problem", problem },
    { type: "problem", problem },
  ]);
  assertEquals(alice.names, []);
});

Deno.test("a server that does not answer about a new peer keeps nobody out", async () => {
  await using bob = new Person("bob", nowhere);
  let registered = false;
  await using server = new FakeServer((request) => {
    if (!request.startsWith("REGISTER")) return undefined;
    registered = true;
    return "REGACK\r\nclientID: alice\r\nIP: 127.0.0.1\r\nPort: 1\r\nVersion: 1\r\nExpires: 300\r\n\r\n";
  });
  await using alice = new Person("alice", server);
  await alice.client.register();
  assert(registered);
  await bob.chat(alice.place);
  await hears(alice, bob, "hello");
  assertEquals(alice.events.of("first-contact").length, 1);
});

Deno.test("the key that the server knows is trusted by everyone who asks it", async () => {
  await using server = start();
  await using alice = new Person("alice", server);
  await using bob = new Person("bob", server);
  await alice.client.register();
  await bob.client.register();
  await using mallory = new Person("bob", nowhere);
  // Alice has never met bob, but the server knows bob's key.
  const message = await refusalOf(() => mallory.chat(alice.place));
  assertMatch(message, /This client knows another key of bob/);
  await alice.chat("bob");
  await hears(bob, alice, "hello");
  assertEquals(alice.events.of("key-refused").map(({ verdict }) => verdict), [{
    type: "contradicted",
    presentedFingerprint: mallory.identity.fingerprint,
    serverFingerprint: bob.identity.fingerprint,
  }]);
});

Deno.test("a call to bob that reaches carol is given up", async () => {
  await using carol = new Person("carol", nowhere);
  await using server = serverThatSays({ place: carol.client.address });
  await using alice = new Person("alice", server);
  const message = await refusalOf(() => alice.chat("bob"));
  assertMatch(message, /^The call to bob was given up: you called bob, and carol answers there: /);
  assertEquals(alice.events.types, ["listening"]);
  assertEquals(carol.events.types, ["listening"]);
  // Carol can be called by address.
  await alice.chat(carol.place);
  await hears(carol, alice, "hello");
});

Deno.test("after /trust, /chat reaches the peer with the new key, and not the one before it", async () => {
  await using bob = new Person("bob", nowhere);
  const { client: { address: place }, identity: { fingerprint } } = bob;
  await using server = serverThatSays({ place, fingerprint });
  await using alice = new Person("alice", server);
  using mallory = await EncryptedPeer.dial(alice.client.address, { id: "bob" });
  await alice.events.see("opened");
  await assertRejects(() => bob.chat(alice.place), UserError);
  await alice.trust("bob");
  assertEquals(alice.names, []);
  assertEquals(await mallory.message(), "BYE\r\n\r\n");
  await alice.chat("bob");
  await hears(bob, alice, "for bob alone");
  assertEquals(await mallory.rest(), "");
});
