// Whom whole clients believe, over real connections.

import { assert, assertEquals, assertMatch, assertNotEquals, assertRejects } from "@std/assert";
import { DatabaseSync } from "node:sqlite";
import { UserError } from "../../../client/user_error.ts";
import type { ClientEvent } from "../../../client/events.ts";
import { KnownPeers } from "../../../client/store/known_peers.ts";
import { Transactions } from "../../../client/store/transactions.ts";
import { openStore } from "../../../client/store/store.ts";
import { wordingOf } from "../../../client/ui/wording/wording.ts";
import { Identity } from "../../../shared/crypto/identity.ts";
import { knownStrangersMax } from "../../../shared/protocol/limits.ts";
import { temporaryDirectory } from "../../support/places.ts";
import { FakeServer, nowhere, Person, start } from "../../support/client_fixture.ts";
import { EncryptedPeer } from "../../support/encrypted_peer.ts";
import { type Events, until } from "../../support/events.ts";
import { RawListener, RawPeer } from "../../support/raw_peer.ts";
import { rejectsSaying, sentenceOf, throwsSaying } from "../../support/problems.ts";
import { type Fingerprint, publicKeyFrom } from "../../../shared/crypto/public_key.ts";

const typesOf = (person: { events: Events<ClientEvent> }) =>
  person.events.all.map(({ type }) => type);

/** Whether one hears what the other says. */
async function hears(listener: Person, speaker: Person, text: string): Promise<void> {
  await speaker.send(text);
  await listener.events.see("message", (message) => message.text === text);
}

/** What a user is told who asks for something that is refused. */
async function refusalOf(ask: () => Promise<unknown>): Promise<string> {
  return sentenceOf((await assertRejects(ask, UserError)).problem);
}

// First contact

Deno.test("on first contact each is told the other's key, and after that no more", async () => {
  await using alice = new Person("alice", nowhere);
  await using bob = new Person("bob", nowhere);
  for (let i = 1; i <= 3; i++) {
    await alice.chat(bob.place);
    await bob.events.count("opened", i);
    await alice.close();
    await bob.events.count("closed", i);
  }
  await bob.chat(alice.place);
  for (const [one, other] of [[alice, bob], [bob, alice]] as const) {
    assertEquals(one.events.of("first-contact"), [{
      type: "first-contact",
      name: other.client.id,
      fingerprint: other.identity.fingerprint,
    }]);
    assertEquals(one.events.of("opened").map(({ security }) => security), [
      "encrypted",
      "encrypted",
      "encrypted",
      "encrypted",
    ]);
    assertEquals(one.events.of("problem"), []);
  }
});

Deno.test("of several who come at once under a new name, one is believed", async () => {
  await using alice = new Person("alice", nowhere);
  const peers = await Promise.all(
    Array.from({ length: 8 }, () => EncryptedPeer.dial(alice.client.address, { id: "bob" })),
  );
  try {
    await until(() => alice.names.length === 1);
    assertEquals(alice.events.of("first-contact").length, 1);
    assertEquals(alice.events.of("opened").length, 1);
    for (const peer of peers) await peer.send("MSG\r\nId: 1\r\nText: hello\r\n\r\n");
    const answers = await Promise.all(peers.map((peer) => peer.message()));
    assertEquals(answers.filter((answer) => answer.startsWith("ACK\r\n")).length, 1);
    assertEquals(answers.filter((answer) => answer.startsWith("ERROR\r\nCode: 403")).length, 7);
    assertEquals(alice.heard, ["bob: hello"]);
  } finally {
    for (const peer of peers) peer.close();
  }
});

// Another key

Deno.test("a called peer with another key is refused, named with both, and let in by /trust", async () => {
  await using alice = new Person("alice", nowhere);
  let known: Fingerprint;
  {
    await using bob = new Person("bob", nowhere);
    await alice.chat(bob.place);
    known = bob.identity.fingerprint;
  }
  await alice.events.see("closed");
  await using bob = new Person("bob", nowhere);
  const shown = bob.identity.fingerprint;
  for (let i = 1; i <= 3; i++) {
    const message = await refusalOf(() => alice.chat(bob.place));
    assertMatch(message, /^The call to 127\S+ was given up: bob has another key than expected$/);
    // Whom one calls oneself one is told of each time.
    assertEquals(alice.events.of("key-changed").length, i);
  }
  const [refused] = alice.events.of("key-changed");
  assertEquals(refused?.verdict, {
    type: "changed",
    savedFingerprint: known,
    presentedFingerprint: shown,
    verified: false,
    serverFingerprint: undefined,
  });
  const words = wordingOf(refused!)!.lines.join("\n");
  for (const fingerprint of [known, shown]) assert(words.includes(fingerprint), words);
  assert(words.includes("/trust bob"));
  // Bob has not even learned who called.
  assertEquals(typesOf(bob), ["listening"]);
  assertEquals(alice.events.of("opened").length, 1);

  assertEquals(await alice.trust("bob"), shown);
  await alice.chat(bob.place);
  await hears(bob, alice, "you again");
  assertEquals(alice.events.of("opened").length, 2);
});

Deno.test("a caller with another key is told why, hears nothing, and is told of once", async () => {
  await using alice = new Person("alice", nowhere);
  {
    await using bob = new Person("bob", nowhere);
    await bob.chat(alice.place);
  }
  await alice.events.see("closed");
  await using bob = new Person("bob", nowhere);
  for (let i = 0; i < 3; i++) {
    const message = await refusalOf(() => bob.chat(alice.place));
    assertMatch(
      message,
      /ended the call: “This client knows another key of bob, and its user has not accepted yours”$/,
    );
  }
  assertEquals(alice.events.of("key-changed").length, 1);
  assertEquals(alice.events.of("opened").length, 1);
  assertEquals(bob.events.of("opened"), []);
  await alice.trust("bob");
  await bob.chat(alice.place);
  await hears(alice, bob, "it is me");
});

Deno.test("where two other keys were shown, /trust takes the one that is named", async () => {
  await using alice = new Person("alice", nowhere);
  (await EncryptedPeer.dial(alice.client.address, { id: "bob" })).close();
  await alice.events.see("closed");
  const identities = [Identity.generate(), Identity.generate()];
  for (const identity of identities) {
    using peer = await EncryptedPeer.dial(alice.client.address, { id: "bob", identity });
    assertMatch(await peer.message(), /^ERROR\r\nCode: 403/);
  }
  await rejectsSaying(
    () => alice.trust("bob"),
    UserError,
    "2 keys have been shown for bob",
  );
  await alice.trust("bob", `${identities[1]!.fingerprint}`);
  using right = await EncryptedPeer.dial(alice.client.address, {
    id: "bob",
    identity: identities[1]!,
  });
  await alice.events.count("opened", 2);
  using wrong = await EncryptedPeer.dial(alice.client.address, {
    id: "bob",
    identity: identities[0]!,
  });
  assertMatch(await wrong.message(), /^ERROR\r\nCode: 403/);
  await right.send("MSG\r\nId: 1\r\nText: hello\r\n\r\n");
  await alice.events.see("message");
  assertEquals(alice.heard, ["bob: hello"]);
});

Deno.test("whom /trust believes is who /chat reaches, and not who went by the name before", async () => {
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

Deno.test("nothing is trusted of whom nothing was shown", async () => {
  await using alice = new Person("alice", nowhere);
  for (const which of ["bob", `bob ${alice.identity.fingerprint}`]) {
    await rejectsSaying(
      () => alice.client.trust(which),
      UserError,
      "No other key has been shown for bob",
    );
  }
});

Deno.test("somebody else under one's own name is refused, as caller and as called", async () => {
  await using alice = new Person("alice", nowhere);
  await using mallory = new Person("alice", nowhere);
  const message = await refusalOf(() => mallory.chat(alice.place));
  // It is the caller who finds out first that the other one has its name.
  assertMatch(message, /somebody with another key than yours goes by your name, alice/);
  using peer = await EncryptedPeer.dial(alice.client.address, { id: "alice" });
  assertMatch(
    await peer.message(),
    /^ERROR\r\nCode: 403\r\nReason: This client itself goes by the name alice\r/,
  );
  const { why } = await alice.events.see("turned-away");
  assertMatch(sentenceOf(why), /somebody with another key than yours goes by your name, alice/);
  for (const one of [alice, mallory]) {
    assertEquals([...one.events.of("opened"), ...one.events.of("first-contact")], []);
  }
});

// What the server says

/** A server that says where bob is and which key he has, and lets everyone register. */
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

Deno.test("a server that names another key keeps two apart who have never met, and is named", async () => {
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
  assertEquals(typesOf(bob), ["listening"]);
});

Deno.test("a server that names another key does not keep two apart who know each other", async () => {
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

Deno.test("a server that names the right key is not worth a word", async () => {
  await using bob = new Person("bob", nowhere);
  const { fingerprint } = bob.identity;
  await using server = serverThatSays({ place: bob.client.address, fingerprint });
  await using alice = new Person("alice", server);
  await alice.chat("bob");
  await alice.events.see("opened");
  assertEquals(typesOf(alice), ["listening", "first-contact", "opened"]);
});

Deno.test("a called client that is registered asks the server about a stranger, else it does not", async () => {
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
  // Somebody who has not registered would be answered nothing, and tells nobody who calls.
  await using carol = new Person("carol", server);
  await bob.chat(carol.place);
  await carol.events.see("first-contact");
  assertEquals(server.requests.filter((request) => request.startsWith("BRIDGE")).length, 1);
});

Deno.test("a called client that is registered asks again, and the last word counts", async () => {
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

Deno.test("/chat does not take a caller for the one whom the server names another key of", async () => {
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
    assertEquals(alice.current, "carol");
    assertEquals(server.requests.length, i);
  }
  // Who leaves him reaches the other one, whose key is refused in turn: it is for the user to say.
  await alice.close("bob");
  assertEquals(await mallory.rest(), "BYE\r\n\r\n");
  await rejectsSaying(() => alice.chat("bob"), UserError, "another key than expected");
  await alice.trust("bob");
  await alice.chat("bob");
  await hears(bob, alice, "for bob alone");
});

Deno.test("/chat takes a caller for whom he says he is where the server says so, or nothing", async () => {
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
    // Whom one has answered one knows.
    alice.switchTo("carol");
    await alice.chat("bob");
    assertEquals(server.requests.length, asked);
  }
});

Deno.test("of whom one has called oneself /chat asks nobody", async () => {
  await using bob = new Person("bob", nowhere);
  const { fingerprint } = Identity.generate();
  await using server = serverThatSays({ place: bob.client.address, fingerprint });
  await using alice = new Person("alice", server);
  await alice.chat(bob.place);
  assertEquals((await alice.chat("bob")).how, "already-open");
  assertEquals(server.requests, []);
});

Deno.test("of a caller whom one has called as well, and who is left of the two, /chat asks nobody", async () => {
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

Deno.test("who was answered, or called, makes room for no caller, and who was not does", async () => {
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
  for (let i = 0; i < knownStrangersMax; i++) {
    knownPeers.meet(`stranger${i}`, publicKeyFrom(new Uint8Array(32)), laterMs);
  }
  assertEquals(knownPeers.find("bob")?.key, identity.publicKey);
  assertEquals(knownPeers.find("carol")?.key, carol.identity.publicKey);
  assertEquals(knownPeers.find("dave"), undefined);
});

Deno.test("who has called once and is called back makes room for no caller any more", async () => {
  await using alice = new Person("alice", nowhere);
  await using bob = new Person("bob", nowhere);
  await bob.chat(alice.place);
  await bob.close();
  await alice.events.see("closed");
  await alice.chat(bob.place);
  const { knownPeers } = alice.store;
  const laterMs = Date.now() + 60_000;
  for (let i = 0; i < knownStrangersMax; i++) {
    knownPeers.meet(`stranger${i}`, publicKeyFrom(new Uint8Array(32)), laterMs);
  }
  assertEquals(knownPeers.find("bob")?.key, bob.identity.publicKey);
});

Deno.test("that somebody was answered is sent all the same where it cannot be noted", async () => {
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

Deno.test("where no key can be looked up nobody is let in, and both sides are told why", async () => {
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

Deno.test("a server that does not answer about a stranger keeps nobody out", async () => {
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

Deno.test("whom the server knows with a key is believed by everyone who asks it", async () => {
  await using server = start();
  await using alice = new Person("alice", server);
  await using bob = new Person("bob", server);
  await alice.client.register();
  await bob.client.register();
  await using mallory = new Person("bob", nowhere);
  // Alice has never met bob; but the server knows his key.
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

Deno.test("who calls bob and reaches carol talks to nobody", async () => {
  await using carol = new Person("carol", nowhere);
  await using server = serverThatSays({ place: carol.client.address });
  await using alice = new Person("alice", server);
  const message = await refusalOf(() => alice.chat("bob"));
  assertMatch(message, /^The call to bob was given up: carol answers where bob should: /);
  assertEquals(typesOf(alice), ["listening"]);
  assertEquals(typesOf(carol), ["listening"]);
  // By her address she may be called.
  await alice.chat(carol.place);
  await hears(carol, alice, "hello");
});

// Two links, and verifying

/** Lets both compare words at once, which are the same for both. */
async function wordsOf(one: Person, other: Person): Promise<readonly string[]> {
  const shown = [one, other].map(({ events }) => events.of("verification-words").length);
  await Promise.all([one.client.verify(other.client.id), other.client.verify(one.client.id)]);
  const [a, b] = await Promise.all([one, other].map(async ({ events }, i) => {
    const all = await events.count("verification-words", shown[i]! + 1);
    return all.at(-1)!.words;
  }));
  assertEquals(a, b);
  return a!;
}

Deno.test("two who call each other at once have one encrypted conversation, and can verify it", async () => {
  for (let i = 0; i < 5; i++) {
    await using alice = new Person("alice", nowhere);
    await using bob = new Person("bob", nowhere);
    await Promise.all([alice.chat(bob.place), bob.chat(alice.place)]);
    for (const [one, other] of [[alice, bob], [bob, alice]] as const) {
      assertEquals(one.names, [other.client.id]);
      assertEquals(one.events.of("opened").map(({ security }) => security), ["encrypted"]);
      assertEquals(one.events.of("first-contact").length, 1);
    }
    await hears(bob, alice, "from alice");
    await hears(alice, bob, "from bob");
    assertEquals((await wordsOf(alice, bob)).length, 4);
    assertEquals(
      await Promise.all([
        alice.client.confirmVerification("bob", true),
        bob.client.confirmVerification("alice", true),
      ]),
      [bob.identity.fingerprint, alice.identity.fingerprint],
    );
    await Promise.all(
      [alice.close(), bob.close()].map((closed) => closed.catch(() => {})),
    );
    for (const { events } of [alice, bob]) {
      assertEquals((await events.count("closed", 1)).length, 1);
    }
  }
});

Deno.test("who is asked to verify is told so, and both see words when he has done it", async () => {
  await using alice = new Person("alice", nowhere);
  await using bob = new Person("bob", nowhere);
  await alice.chat(bob.place);
  await bob.events.see("opened");
  await rejectsSaying(
    () => alice.client.confirmVerification("bob", true),
    UserError,
    "no words to compare yet",
  );
  assertEquals(alice.client.verify("bob"), { state: "peer-must-begin" });
  await bob.events.see("verification-asked");
  // To ask again changes nothing.
  await alice.client.verify("bob");
  await rejectsSaying(
    () => bob.client.confirmVerification("alice", true),
    UserError,
    "no words to compare yet",
  );
  await bob.client.verify("alice");
  const { words } = await alice.events.see("verification-words");
  assertEquals((await bob.events.see("verification-words")).words, words);
  assertEquals(bob.events.of("verification-asked").length, 1);
  // They stay until they have been compared.
  assertEquals(alice.client.verify("bob"), { state: "words", words });
  await alice.client.confirmVerification("bob", true);
  await rejectsSaying(
    () => alice.client.confirmVerification("bob", true),
    UserError,
    "no words to compare yet",
  );
  await bob.client.confirmVerification("alice", true);
  // Whoever wants to do it once more sees other words.
  assertNotEquals(await wordsOf(alice, bob), words);
});

Deno.test("who is verified stays so for good, until there is another key", async () => {
  using place = temporaryDirectory();
  const path = `${place.path}/store.db`;
  const identity = Identity.generate();
  await using bob = new Person("bob", nowhere);
  {
    await using alice = withStore(path, identity);
    await alice.chat(bob.place);
    await bob.events.see("opened");
    await Promise.all([alice.client.verify("bob"), bob.client.verify("alice")]);
    await alice.events.see("verification-words");
    assertEquals(await alice.client.confirmVerification("bob", true), bob.identity.fingerprint);
    assertEquals(alice.client.conversation("bob")?.security, "verified");
  }
  await using alice = withStore(path, identity);
  await alice.chat(bob.place);
  assertEquals((await alice.events.see("opened")).security, "verified");
  assertEquals(alice.events.of("first-contact"), []);
  await alice.close();
  await using mallory = new Person("bob", nowhere);
  await assertRejects(() => alice.chat(mallory.place), UserError);
  const { verdict } = await alice.events.see("key-changed");
  assert(verdict.type === "changed" && verdict.verified);
  await alice.trust("bob");
  await alice.chat(mallory.place);
  assertEquals((await alice.events.count("opened", 2))[1]?.security, "encrypted");
});

/** A client whose store is a file, as it is after a restart. */
function withStore(path: string, identity: Identity): Person {
  const stack = new DisposableStack();
  const store = stack.use(openStore(path));
  const person = new Person("alice", nowhere, { identity, store });
  return Object.assign(person, {
    async [Symbol.asyncDispose]() {
      await person.client.stop();
      stack.dispose();
    },
  });
}

Deno.test("where the words differ the conversation ends, and the key is refused until it is trusted", async () => {
  await using alice = new Person("alice", nowhere);
  await using bob = new Person("bob", nowhere);
  await alice.chat(bob.place);
  await bob.events.see("opened");
  await wordsOf(alice, bob);
  assertEquals(await alice.client.confirmVerification("bob", false), undefined);
  await alice.events.see("closed");
  await bob.events.see("closed");
  assertEquals(alice.names, []);
  assertEquals(alice.store.knownPeers.find("bob"), undefined);
  // Neither as one whom alice calls nor as one who calls is bob let in again.
  await rejectsSaying(() => alice.chat(bob.place), UserError, "another key than expected");
  await rejectsSaying(() => bob.chat(alice.place), UserError, "knows another key of bob");
  const { fingerprint: shown } = bob.identity;
  const refused = await alice.events.count("key-refused", 2);
  for (const { verdict } of refused) {
    assertEquals(verdict, {
      type: "rejected",
      presentedFingerprint: shown,
      serverFingerprint: undefined,
    });
  }
  const words = wordingOf(refused[0]!)!.lines.join("\n");
  assertMatch(words, /^bob shows the key whose words differed from yours/);
  assertEquals(alice.events.of("first-contact").length, 1);
  await alice.trust("bob");
  await alice.chat(bob.place);
  await hears(bob, alice, "it was you after all");
});

Deno.test("where the words differ the conversation ends, also where no key can be forgotten", async () => {
  await using alice = new Person("alice", nowhere);
  await using bob = new Person("bob", nowhere);
  await alice.chat(bob.place);
  await bob.events.see("opened");
  await wordsOf(alice, bob);
  const { knownPeers } = alice.store;
  knownPeers.forget = () => {
    throw new Error("attempt to write a readonly database");
  };
  await assertRejects(() => alice.client.confirmVerification("bob", false), Error, "readonly");
  assertEquals(alice.names, []);
  assertEquals(alice.events.of("closed").length, 1);
});

Deno.test("who cannot be remembered is not called verified", async () => {
  await using alice = new Person("alice", nowhere);
  await using bob = new Person("bob", nowhere);
  alice.store.knownPeers.meet = () => "full";
  alice.store.knownPeers.remember = () => false;
  await alice.chat(bob.place);
  await bob.events.see("opened");
  await wordsOf(alice, bob);
  await rejectsSaying(
    () => alice.client.confirmVerification("bob", true),
    UserError,
    "Cannot save the key",
  );
  assertEquals(alice.client.conversation("bob")?.security, "encrypted");
});

Deno.test("who hands on what two say, each taking him for the other, is found out by /verify", async () => {
  await using alice = new Person("alice", nowhere);
  await using bob = new Person("bob", nowhere);
  using listener = new RawListener();
  const calling = alice.chat(`127.0.0.1:${listener.address.port}`);
  using left = await EncryptedPeer.accept(await listener.accept(), { id: "bob" });
  using right = await EncryptedPeer.dial(bob.client.address, { id: "alice" });
  await calling;
  const pass = async (from: EncryptedPeer, to: EncryptedPeer) => {
    for (let message; (message = await from.message()) !== "";) await to.send(message);
  };
  const passing = Promise.allSettled([pass(left, right), pass(right, left)]);
  await hears(bob, alice, "as if nobody were there");
  await Promise.all([alice.client.verify("bob"), bob.client.verify("alice")]);
  await Promise.all([alice.events.see("closed"), bob.events.see("closed")]);
  for (const { events } of [alice, bob]) assertEquals(events.of("verification-words"), []);
  assert([alice, bob].some(({ events }) => events.of("closed")[0]!.reason === "broken"));
  await passing;
});

Deno.test("there is nothing to verify in plaintext, nor with nobody", async () => {
  await using alice = new Person("alice", nowhere, { allowPlaintext: true });
  throwsSaying(() => alice.client.verify("bob"), "No conversation is called bob");
  using peer = await RawPeer.dial(alice.client.address);
  await peer.send("CHAT\r\nclientID: bob\r\nVersion: 1\r\n\r\n");
  await alice.events.see("opened");
  throwsSaying(() => alice.client.verify("bob"), "plaintext");
  await peer.message();
  await peer.send(`VERIFY\r\nCommit: ${"00".repeat(32)}\r\n\r\nPING\r\n\r\n`);
  assertEquals(await peer.message(), "PONG\r\n\r\n");
  assertEquals(alice.events.of("verification-asked"), []);
});

// Plaintext

Deno.test("/peers tells who is verified, who encrypts and who does neither", async () => {
  await using alice = new Person("alice", nowhere, { allowPlaintext: true });
  await using bob = new Person("bob", nowhere);
  await using carol = new Person("carol", nowhere);
  await alice.chat(bob.place);
  await alice.chat(carol.place);
  await carol.events.see("opened");
  await wordsOf(alice, carol);
  await alice.client.confirmVerification("carol", true);
  using wild = await RawPeer.dial(alice.client.address);
  await wild.send("hello\r\n");
  await alice.events.count("opened", 3);
  const peers = alice.client.conversations();
  assertEquals(peers.map(({ security, dialect }) => [security, dialect]), [
    ["encrypted", "p2pchat"],
    ["verified", "p2pchat"],
    ["plaintext", "raw"],
  ]);
  const lines =
    wordingOf({ type: "conversations", conversations: peers, current: undefined })!.lines;
  for (const [i, word] of ["encrypted", "verified", "plaintext"].entries()) {
    assertMatch(lines[i + 1]!, new RegExp(`  ${word}\\b`));
  }
});

Deno.test("every line that came in plaintext is marked, and no other", async () => {
  await using alice = new Person("alice", nowhere, { allowPlaintext: true });
  await using bob = new Person("bob", nowhere);
  using wild = await RawPeer.dial(alice.client.address);
  await wild.send("one\r\n");
  await alice.events.see("message");
  await wild.send("two\r\n");
  await alice.events.count("message", 2);
  await bob.chat(alice.place);
  await bob.send("three");
  const messages = await alice.events.count("message", 3);
  assertEquals(messages.map(({ plaintext }) => plaintext), [true, true, false]);
  assertEquals(messages.map((message) => wordingOf(message)?.mark), [
    "[plaintext]",
    "[plaintext]",
    undefined,
  ]);
});

Deno.test("on defaults one of the wild is told why, and its user's words are not shown", async () => {
  await using alice = new Person("alice", nowhere);
  using wild = await RawPeer.dial(alice.client.address);
  await wild.send("hello\r\n");
  assertMatch(await wild.rest(), /^This client talks only over encrypted connections, .*\r\n$/);
  assertEquals(alice.heard, []);
  assertMatch(
    sentenceOf((await alice.events.see("turned-away")).why),
    /cannot encrypt.*--allow-plaintext/,
  );
});

Deno.test("who has another key, or none, is another peer, whatever it says of itself", async () => {
  await using alice = new Person("alice", nowhere, { allowPlaintext: true });
  // So that nobody is refused.
  alice.store.knownPeers.meet = () => "full";
  const identity = Identity.generate();
  using bob = await EncryptedPeer.dial(alice.client.address, { id: "bob", identity });
  using mallory = await EncryptedPeer.dial(alice.client.address, { id: "bob" });
  using wild = await RawPeer.dial(alice.client.address);
  await wild.send("CHAT\r\nclientID: bob\r\nIP: 127.0.0.1\r\nPort: 5557\r\nVersion: 1\r\n\r\n");
  await wild.message();
  assertEquals(alice.names, ["bob", "bob~2", "bob~3"]);
  using again = await EncryptedPeer.dial(alice.client.address, { id: "bob", identity });
  await again.send("PING\r\n\r\n");
  await again.message();
  assertEquals(alice.names, ["bob", "bob~2", "bob~3"]);
  await mallory.send("MSG\r\nId: 1\r\nText: hello\r\n\r\n");
  await alice.events.see("message");
  assertEquals(alice.heard, ["bob~2: hello"]);
  alice.switchTo("bob");
  await alice.send("for bob");
  assertMatch(await bob.message(), /^Text: for bob\r$/m);
});

// Where nothing can be remembered

Deno.test("a store that cannot be written is said so, and the conversation goes on", async () => {
  using place = temporaryDirectory();
  const path = `${place.path}/store.db`;
  openStore(path)[Symbol.dispose]();
  const database = new DatabaseSync(path);
  database.exec("PRAGMA query_only = 1");
  using memory = openStore(":memory:");
  const store = { ...memory, knownPeers: new KnownPeers(database, new Transactions(database)) };
  const alice = new Person("alice", nowhere, { store });
  try {
    await using bob = new Person("bob", nowhere);
    await alice.chat(bob.place);
    assertMatch(
      sentenceOf((await alice.events.see("problem")).problem),
      /^Cannot save the key of bob: it is read-only.* Next time it will be new again$/,
    );
    await bob.send("hello");
    await alice.events.see("message");
    await bob.chat(alice.place);
  } finally {
    await alice.client.stop();
    database.close();
  }
});
