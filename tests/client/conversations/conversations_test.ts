import { assert, assertEquals, assertMatch, assertRejects } from "@std/assert";
import { CallRefused } from "../../../client/connector/call_failure.ts";
import { problemSentence } from "../../../client/ui/wording/problem_sentences.ts";
import { UserError } from "../../../client/user_error.ts";
import { Identity } from "../../../shared/crypto/identity.ts";
import { leftForOtherLink } from "../../../shared/protocol/bye_reasons.ts";
import { linksMax, linksPerPeerMax, ownLinksReserved } from "../../../shared/protocol/limits.ts";
import { Home, nowhere, Person } from "../../support/client_fixture.ts";
import { failing } from "../../support/failing.ts";
import { befriend } from "../../support/friends.ts";
import { EncryptedPeer } from "../../support/encrypted_peer.ts";
import { until } from "../../support/events.ts";
import { chat, patient } from "../../support/link_fixture.ts";
import { RawListener, RawPeer } from "../../support/raw_peer.ts";
import { rejectsSaying } from "../../support/problems.ts";

/** A call to somebody by a peer that says who it is and encrypts. */
function callBy(id: string, { client }: Person, identity?: Identity): Promise<EncryptedPeer> {
  return EncryptedPeer.dial(client.address, { id, ...identity && { identity } });
}

/** A call by a peer that does not encrypt. Its port distinguishes it from others that say the same id. */
async function plainCallBy(id: string, { client }: Person, port = 5557): Promise<RawPeer> {
  const peer = await RawPeer.dial(client.address);
  await peer.send(chat.replace("bob", id).replace("5557", String(port)));
  await peer.message();
  return peer;
}

/** Lets one call the other; both leave again. */
async function meet(one: Home, other: Home): Promise<void> {
  await using caller = one.start();
  await using called = other.start();
  await caller.chat(called.place);
}

Deno.test("a call by address opens a conversation on both sides, which is the current one of the caller", async () => {
  await using alice = new Person("alice", nowhere);
  await using bob = new Person("bob", nowhere);
  await alice.chat(bob.place);
  assertEquals(alice.shown.of("opened"), [{
    ...bob.refOf(alice),
    type: "opened",
    address: bob.client.address,
    dialect: "p2pchat",
    security: "encrypted",
    cause: "chat",
    contact: true,
    isCurrent: true,
    waiting: 0,
  }]);
  assertEquals(await bob.shown.see("opened"), {
    ...alice.refOf(bob),
    type: "opened",
    address: alice.client.address,
    dialect: "p2pchat",
    security: "encrypted",
    cause: "call",
    contact: false,
    isCurrent: false,
    waiting: 0,
  });
});

Deno.test("the responder answers over the same connection", async () => {
  await using alice = new Person("alice", nowhere);
  await using bob = new Person("bob", nowhere);
  await alice.chat(bob.place);
  await alice.send("Hello Bob!\nI am Alice.");
  await bob.events.see("message");
  await bob.send("Hello Alice!");
  await alice.events.see("message");
  assertEquals(bob.heard, ["alice: Hello Bob!\nI am Alice."]);
  assertEquals(alice.heard, ["bob: Hello Alice!"]);
  await alice.events.see("delivered");
  await bob.events.see("delivered");
  assertEquals(alice.events.of("opened").length + bob.events.of("opened").length, 2);
});

Deno.test("two who call each other at once have one conversation, and hear each text once", async () => {
  await using alice = new Person("alice", nowhere);
  await using bob = new Person("bob", nowhere);
  await Promise.all([alice.chat(bob.place), bob.chat(alice.place)]);
  await Promise.all([alice.send("from alice"), bob.send("from bob")]);
  await Promise.all([alice.events.see("delivered"), bob.events.see("delivered")]);
  assertEquals(alice.heard, ["bob: from bob"]);
  assertEquals(bob.heard, ["alice: from alice"]);
  assertEquals([alice.names, alice.current], [["bob"], "bob"]);
  assertEquals([bob.names, bob.current], [["alice"], "alice"]);
  assertEquals(alice.events.of("opened").length, 1);
  assertEquals(bob.events.of("opened").length, 1);
  await alice.close();
  await bob.events.see("closed");
  assertEquals(alice.names, []);
  assertEquals([bob.names, bob.current], [["alice"], "alice"]);
  assertEquals(alice.events.of("closed").length, 1);
  assertEquals(bob.events.of("closed").length, 1);
});

Deno.test("a conversation outlives one of its two connections", async () => {
  await using alice = new Person("alice", nowhere);
  const identity = Identity.generate();
  using first = await callBy("bob", alice, identity);
  using second = await callBy("bob", alice, identity);
  assertEquals(alice.events.of("opened").length, 1);
  await first.send("MSG\r\nId: 1\r\nText: last\r\n\r\nBYE\r\n\r\n");
  await first.rest();
  await second.send("MSG\r\nId: 2\r\nText: still here\r\n\r\n");
  assertEquals(await second.message(), "ACK\r\nId: 2\r\n\r\n");
  assertEquals(alice.heard, ["bob: last", "bob: still here"]);
  assertEquals(alice.events.of("closed"), []);
  await alice.send("good");
  assert((await second.message()).includes("good"));
});

Deno.test("one of several conversations is current, and /switch makes another one current", async () => {
  await using alice = new Person("alice", nowhere);
  await using bob = new Person("bob", nowhere);
  await using carol = new Person("carol", nowhere);
  await alice.chat(bob.place);
  await carol.chat(alice.place);
  // A call does not change who gets what is being typed.
  assertEquals((await alice.shown.see("opened", ({ name }) => name === "carol")).isCurrent, false);
  assertEquals(alice.current, "bob");
  await alice.send("to bob");
  alice.switchTo("carol");
  await alice.send("to carol");
  await alice.chat(bob.place);
  await alice.send("to bob again");
  await bob.events.count("message", 2);
  await carol.events.count("message", 1);
  await alice.events.count("delivered", 3);
  assertEquals(bob.heard, ["alice: to bob", "alice: to bob again"]);
  assertEquals(carol.heard, ["alice: to carol"]);
  assertEquals(alice.current, "bob");
  const { publicKey: bobsKey } = bob.identity;
  const { publicKey: carolsKey } = carol.identity;
  assertEquals(alice.client.conversations(), [
    {
      ...bob.refOf(alice),
      devices: [{ device: bobsKey, address: bob.client.address, connected: true }],
      dialect: "p2pchat",
      security: "encrypted",
      waiting: 0,
    },
    {
      ...carol.refOf(alice),
      devices: [{ device: carolsKey, address: carol.client.address, connected: true }],
      dialect: "p2pchat",
      security: "encrypted",
      waiting: 0,
    },
  ]);
});

Deno.test("if nobody is the current one, nobody becomes it unasked, and nothing is sent", async () => {
  await using alice = new Person("alice", nowhere);
  using bob = await callBy("bob", alice);
  using _carol = await callBy("carol", alice);
  assertEquals(alice.current, undefined);
  await bob.send("BYE\r\n\r\n");
  await alice.events.see("closed");
  assertEquals(alice.current, undefined);
  assertEquals(await alice.session.send("Hello"), undefined);
  assertEquals(alice.names, ["carol"]);
});

Deno.test("the current conversation stays so if its peer leaves, with or without a key", async () => {
  await using alice = new Person("alice", nowhere, { allowPlaintext: true });
  using bob = await callBy("bob", alice);
  using plain = await plainCallBy("eve", alice);
  using _carol = await callBy("carol", alice);
  alice.switchTo("bob");
  await bob.send("BYE\r\n\r\n");
  await alice.events.see("closed");
  assertEquals(alice.current, "bob");
  await alice.send("waits");
  assertEquals((await alice.events.see("waiting")).name, "bob");
  alice.switchTo("eve");
  await plain.send("BYE\r\n\r\n");
  await alice.events.count("closed", 2);
  assertEquals([alice.current, alice.names], ["eve", ["bob", "carol"]]);
  await assertRejects(() => alice.session.send("Hello"), UserError, "not-connected");
  using again = await plainCallBy("eve", alice);
  await alice.events.see("opened", ({ name }) => name === "eve");
  await until(() => alice.names.includes("eve"));
  await alice.send("again");
  assert((await again.upTo("again")).includes("again"));
});

Deno.test("a caller is a contact if the user has answered them in this run or an earlier one", async () => {
  using home = new Home("alice", nowhere);
  using bobs = new Home("bob", nowhere);
  for (const [run, contact] of [[1, false], [2, false], [3, true]] as const) {
    await using alice = home.start();
    await using bob = bobs.start();
    await bob.chat(alice.place);
    const opened = await alice.shown.see("opened");
    // Only a contact becomes the current one by calling.
    assertEquals([opened.contact, opened.isCurrent], [contact, contact], `run ${run}`);
    if (run === 2) alice.switchTo("bob");
  }
});

Deno.test("a contact who has called and left without an answer can be written to", async () => {
  using home = new Home("alice", nowhere);
  using bobs = new Home("bob", nowhere);
  await meet(home, bobs);
  await using alice = home.start();
  {
    await using bob = bobs.start();
    await bob.chat(alice.place);
    await alice.events.see("opened");
  }
  await alice.events.see("closed");
  assertEquals([alice.current, alice.names], ["bob", []]);
  await alice.session.send("Hello");
  assertEquals((await alice.events.see("waiting")).name, "bob");
});

Deno.test("a client whose name is the id of a conversation does not get what is meant for that one", async () => {
  using home = new Home("alice", nowhere);
  using bobs = new Home("bob", nowhere);
  await meet(home, bobs);
  await using alice = home.start();
  const bob = bobs.start();
  await bob.chat(alice.place);
  const { conversation } = await alice.events.see("opened");
  await bob.client.stop();
  await alice.events.see("closed");
  assertEquals([alice.current, alice.names], ["bob", []]);
  await using mallory = new Person(conversation, nowhere);
  await mallory.chat(alice.place);
  await until(() => alice.names.includes(conversation));
  await alice.session.send("for bob");
  assertEquals((await alice.events.see("waiting")).name, "bob");
  await alice.session.close();
  assertEquals([alice.current, alice.names], [undefined, [conversation, "bob"]]);
  assertEquals(mallory.heard, []);
});

Deno.test("/chat with the name of an open conversation turns to it, whatever the name looks like", async () => {
  await using alice = new Person("alice", nowhere, { allowPlaintext: true });
  using _bob = await plainCallBy("bob", alice, 5557);
  using _other = await plainCallBy("bob", alice, 6666);
  using raw = await RawPeer.dial(alice.client.address);
  await raw.send("hi");
  await alice.events.see("message");
  const names = alice.names;
  assertEquals(names.slice(0, 2), ["bob", "bob~2"]);
  for (const name of names) {
    assertEquals((await alice.chat(name)).how, "already-open");
    assertEquals(alice.current, name);
  }
});

Deno.test("when another conversation closes, the current one stays", async () => {
  await using alice = new Person("alice", nowhere);
  using _bob = await callBy("bob", alice);
  using carol = await callBy("carol", alice);
  alice.switchTo("bob");
  await carol.send("BYE\r\n\r\n");
  await alice.events.see("closed");
  assertEquals(alice.current, "bob");
});

Deno.test("a peer that answers and leaves at once stays current, and what is written then waits", async () => {
  await using alice = new Person("alice", nowhere);
  using listener = new RawListener();
  const called = alice.chat(`127.0.0.1:${listener.address.port}`);
  using peer = await EncryptedPeer.accept(await listener.accept(), { id: "bob" });
  await peer.send("BYE\r\n\r\n");
  await called;
  await alice.events.see("closed");
  assertEquals([alice.names, alice.current], [["bob"], "bob"]);
  await alice.send("gone?");
  const { name, count } = await alice.events.see("waiting");
  assertEquals([name, count], ["bob", 1]);
  assertEquals(alice.waiting, 1);
});

Deno.test("a caller of whom the store cannot say that they are a contact does not count as one", async () => {
  using home = new Home("alice", nowhere);
  using bobs = new Home("bob", nowhere);
  await meet(home, bobs);
  const knownPeers = failing(home.store.knownPeers, new Set(["isContact"]));
  await using alice = home.start({ store: { ...home.store, knownPeers } });
  await using bob = bobs.start();
  await bob.chat(alice.place);
  assertEquals((await alice.events.see("opened")).contact, false);
});

Deno.test("another plaintext peer with the same id gets a number, by which /switch distinguishes them", async () => {
  await using alice = new Person("alice", nowhere, { allowPlaintext: true });
  using bob = await plainCallBy("bob", alice, 5557);
  using impostor = await plainCallBy("bob", alice, 6666);
  assertEquals(alice.names, ["bob", "bob~2"]);
  await impostor.send("MSG\r\nId: 1\r\nText: it is me\r\n\r\n");
  await alice.events.see("message");
  assertEquals(alice.heard, ["bob~2: it is me"]);
  alice.switchTo("bob~2");
  await alice.send("who?");
  assert((await impostor.upTo("who?")).includes("who?"));
  alice.switchTo("bob");
  await alice.send("Bob?");
  assert((await bob.upTo("Bob?")).includes("Bob?"));
});

Deno.test("a conversation in plaintext outlives one of its two connections, too", async () => {
  await using alice = new Person("alice", nowhere, { allowPlaintext: true });
  using first = await plainCallBy("bob", alice);
  using second = await plainCallBy("bob", alice);
  await first.send("MSG\r\nId: 1\r\nText: last\r\n\r\nBYE\r\n\r\n");
  await first.rest();
  await second.send("MSG\r\nId: 2\r\nText: still here\r\n\r\n");
  assertEquals(await second.message(), "ACK\r\nId: 2\r\n\r\n");
  assertEquals(
    alice.events.of("message").map(({ name, plaintext, text }) => ({ name, plaintext, text })),
    [
      { name: "bob", plaintext: true, text: "last" },
      { name: "bob", plaintext: true, text: "still here" },
    ],
  );
  assertEquals(alice.events.of("opened").map(({ security }) => security), ["plaintext"]);
  assertEquals(alice.events.of("closed"), []);
});

Deno.test("a peer that says a known id and does not have its key is not heard", async () => {
  await using alice = new Person("alice", nowhere, { allowPlaintext: true });
  using _bob = await callBy("bob", alice);
  using impostor = await callBy("bob", alice);
  assertMatch(await impostor.rest(), /^ERROR\r\nCode: 403\r\n/);
  for (const opening of [chat, chat.replace("Version: 1\r\n", "") + "it is me\r\n"]) {
    using plain = await RawPeer.dial(alice.client.address);
    await plain.send(opening);
    assertMatch(await plain.rest(), /This client talks to bob only over encrypted connections\r\n/);
  }
  assertEquals(alice.names, ["bob"]);
  assertEquals(alice.heard, []);
});

Deno.test("a legacy program that says the id of an open conversation does not join it", async () => {
  await using alice = new Person("alice", nowhere, { allowPlaintext: true });
  using _bob = await plainCallBy("bob", alice);
  using relative = await RawPeer.dial(alice.client.address);
  await relative.send(chat.replace("Version: 1\r\n", "") + "it is me\r\n");
  await alice.events.see("message");
  assertEquals(alice.heard, ["bob~2: it is me"]);
});

for (
  const [who, said, told] of [
    ["a raw caller", "Hello", /^This client talks only over encrypted connections[^\r\n]*\r\n$/],
    [
      "a legacy program that sends lines",
      chat.replace("Version: 1\r\n", "") + "Hello\r\n",
      /^This client talks only over encrypted connections[^\r\n]*\r\n$/,
    ],
    ["a peer that does not encrypt", chat, /^ERROR\r\nCode: 426\r\nReason: [^\r\n]+\r\n\r\n$/],
  ] as const
) {
  Deno.test(`${who} is refused, and told why`, async () => {
    await using alice = new Person("alice", nowhere);
    using peer = await RawPeer.dial(alice.client.address);
    await peer.send(said);
    assertMatch(await peer.rest(), told);
    assertEquals((await alice.events.see("turned-away")).why.code, "not-encrypted");
    assertEquals(alice.events.types, ["listening", "turned-away"]);
    assertEquals(alice.names, []);
  });
}

Deno.test("a called peer that does not encrypt is not talked to", async () => {
  for (const answer of ["", "Hi", chat.replace("CHAT", "CHATACK")]) {
    const isSilent = answer === "";
    // Whatever the machine does beside, an answer is no silence.
    const times = isSilent ? { ...patient, chatackMs: 10 } : patient;
    await using alice = new Person("alice", nowhere, { times });
    using listener = new RawListener();
    const place = `127.0.0.1:${listener.address.port}`;
    const called = rejectsSaying(
      () => alice.chat(place),
      CallRefused,
      `The call to ${place} was given up: `,
    );
    using peer = await listener.accept();
    assertMatch(await peer.message(), /^CHAT\r\n/);
    await peer.send(answer);
    assertMatch(await peer.rest(), /only over encrypted connections/);
    const sentence = problemSentence((await called).problem);
    assertMatch(sentence, /cannot encrypt.*--allow-plaintext/);
    assertEquals(sentence.includes("does not answer as a client that encrypts does"), isSilent);
    assertEquals(alice.events.of("opened"), []);
  }
});

Deno.test("a raw caller's conversation has the name of its address, and is answered raw", async () => {
  await using alice = new Person("alice", nowhere, { allowPlaintext: true });
  using peer = await RawPeer.dial(alice.client.address);
  await peer.send("Hello");
  const { port } = peer.conn.localAddr;
  await alice.events.see("message");
  assertEquals(alice.heard, [`127.0.0.1:${port}: Hello`]);
  await alice.send("Hi");
  assertEquals(await peer.upTo("Hi"), "Hi");
});

Deno.test("a program like the original one can be called, and gets raw text", async () => {
  const times = { ...patient, chatackMs: 10 };
  await using alice = new Person("alice", nowhere, { times, allowPlaintext: true });
  using listener = new RawListener();
  const place = `127.0.0.1:${listener.address.port}`;
  const called = alice.chat(place);
  using peer = await listener.accept();
  await called;
  await peer.message();
  await alice.send("Hello");
  assertEquals(await peer.upTo("Hello"), "Hello");
  await peer.send("Hi");
  await alice.events.see("message");
  assertEquals(alice.heard, [`${place}: Hi`]);
  // A second call leads to the same conversation.
  await alice.chat(place);
  assertEquals(alice.names, [place]);
});

Deno.test("/close leaves the current conversation, or the one of that name", async () => {
  await using alice = new Person("alice", nowhere);
  using bob = await callBy("bob", alice);
  using carol = await callBy("carol", alice);
  alice.switchTo("bob");
  await alice.close("carol");
  assertEquals(await carol.rest(), "BYE\r\n\r\n");
  await alice.close();
  assertEquals(await bob.rest(), "BYE\r\n\r\n");
  assertEquals(alice.events.of("closed").map(({ name, reason }) => [name, reason]), [
    ["carol", "you-left"],
    ["bob", "you-left"],
  ]);
  assertEquals([alice.current, alice.names], [undefined, []]);
});

Deno.test("a user who leaves right after sending is not told that the message did not arrive", async () => {
  await using alice = new Person("alice", nowhere);
  await using bob = new Person("bob", nowhere);
  await alice.chat(bob.place);
  await alice.send("good night");
  await alice.close();
  await bob.events.see("closed");
  assertEquals(bob.heard, ["alice: good night"]);
  assertEquals(alice.events.of("unconfirmed"), []);
});

Deno.test("texts that a lost peer did not confirm wait for it", async () => {
  await using alice = new Person("alice", nowhere);
  using bob = await callBy("bob", alice);
  await alice.send("one");
  await alice.send("two");
  await bob.upTo("two");
  bob.close();
  const { name, count } = await alice.events.see("waiting");
  assertEquals([name, count], ["bob", 2]);
  assertEquals((await alice.events.see("closed")).reason, "lost");
});

Deno.test("an unknown name of a conversation is answered with the names that there are", async () => {
  await using alice = new Person("alice", nowhere);
  await rejectsSaying(
    () => Promise.resolve().then(() => alice.switchTo("bob")),
    UserError,
    "No conversation is called bob: none is open; /chat opens one",
  );
  using _bob = await callBy("bob", alice);
  await rejectsSaying(() => alice.close("rob"), UserError, "there is bob");
});

Deno.test("the number of silent callers is limited: the oldest one makes room", async () => {
  await using alice = new Person("alice", nowhere, { allowPlaintext: true });
  const silent: RawPeer[] = [];
  try {
    // A peer that may talk in plaintext may be silent until its user types something.
    for (let i = 0; i < linksMax + 5; i++) silent.push(await RawPeer.dial(alice.client.address));
    for (const peer of silent.slice(0, 5)) assertEquals(await peer.rest(), "");
    // A peer that says something is accepted nevertheless.
    using bob = await callBy("bob", alice);
    await bob.send("MSG\r\nId: 1\r\nText: Hello\r\n\r\n");
    await alice.events.see("message");
    // None of the newest silent ones had to make room for it.
    await silent.at(-1)!.send("I, too");
    await alice.events.count("message", 2);
  } finally {
    for (const peer of silent) peer.close();
  }
});

Deno.test("at the limit of conversations, further ones are refused", async () => {
  await using alice = new Person("alice", nowhere);
  await using bob = new Person("bob", nowhere);
  const peers: EncryptedPeer[] = [];
  const befriended = (id: string) => {
    const identity = Identity.generate();
    befriend(alice.store, id, identity.publicKey);
    return identity;
  };
  try {
    for (let i = 0; i < linksMax - ownLinksReserved; i++) {
      const id = `peer${i}`;
      peers.push(await callBy(id, alice, befriended(id)));
    }
    using late = await RawPeer.dial(alice.client.address);
    assertEquals(await late.rest(), "");
    for (let i = 0; i < ownLinksReserved; i++) {
      using listener = new RawListener();
      const called = alice.chat(`127.0.0.1:${listener.address.port}`);
      peers.push(await EncryptedPeer.accept(await listener.accept(), { id: `called${i}` }));
      await called;
    }
    await rejectsSaying(() => alice.chat(bob.place), UserError, "/close one first");
    await alice.close("peer0");
    await alice.chat(bob.place);
    assertEquals(alice.current, "bob");
  } finally {
    for (const peer of peers) peer.close();
  }
});

Deno.test("the links of one peer are limited, under any id, and other peers still get theirs", async () => {
  await using alice = new Person("alice", nowhere);
  await using carol = new Person("carol", nowhere);
  const identity = Identity.generate();
  const peers: EncryptedPeer[] = [];
  for (const id of ["bob", "bob1", "bob3", "bob5", "bob7", "bobby"]) {
    befriend(alice.store, id, identity.publicKey);
  }
  const refused = /^ERROR\r\nCode: 429\r\nReason: You have as many connections [^\r\n]+\r\n\r\n$/;
  try {
    for (let i = 0; i < linksPerPeerMax; i++) {
      const peer = await callBy(i % 2 === 0 ? "bob" : `bob${i}`, alice, identity);
      peers.push(peer);
      await peer.send("PING\r\n\r\n");
      assertEquals(await peer.message(), "PONG\r\n\r\n");
    }
    const { length } = alice.names;
    for (const id of ["bob", "bobby"]) {
      using late = await callBy(id, alice, identity);
      assertMatch(await late.rest(), refused);
    }
    assertEquals(alice.names.length, length);
    await carol.chat(alice.place);
    await alice.events.see("opened", ({ name }) => name === "carol");
    // A call of ours may add one.
    using listener = new RawListener();
    await Promise.all([
      alice.chat(`127.0.0.1:${listener.address.port}`),
      listener.accept().then(async (raw) => {
        peers.push(await EncryptedPeer.accept(raw, { id: "bob", identity }));
      }),
    ]);
    // A peer that ends two may have one more.
    for (const peer of peers.slice(0, 2)) {
      await peer.send("BYE\r\n\r\n");
      await peer.rest();
    }
    using again = await callBy("bob", alice, identity);
    await again.send("PING\r\n\r\n");
    assertEquals(await again.message(), "PONG\r\n\r\n");
  } finally {
    for (const peer of peers) peer.close();
  }
});

Deno.test("/chat does not use the address at which a caller claims to listen", async () => {
  await using alice = new Person("alice", nowhere);
  await using bob = new Person("bob", nowhere);
  using _mallory = await EncryptedPeer.dial(alice.client.address, {
    id: "mallory",
    port: bob.client.address.port,
  });
  await alice.events.see("opened");
  await alice.chat(bob.place);
  await alice.send("for bob");
  await bob.events.see("message");
  assertEquals(bob.heard, ["alice: for bob"]);
  // A peer that was called at an address is found there.
  await alice.chat(bob.place);
  assertEquals(alice.names, ["mallory", "bob"]);
  assertEquals(bob.events.of("opened").length, 1);
});

Deno.test("a plaintext peer that answers and leaves at once was reached, and is gone", async () => {
  await using alice = new Person("alice", nowhere, { allowPlaintext: true });
  using listener = new RawListener();
  const called = alice.chat(`127.0.0.1:${listener.address.port}`);
  using peer = await listener.accept();
  await peer.message();
  await peer.send(
    "CHATACK\r\nclientID: bob\r\nIP: 127.0.0.1\r\nPort: 5557\r\nVersion: 1\r\n\r\nBYE\r\n\r\n",
  );
  assertEquals((await called).how, "opened");
  assertEquals(alice.events.of("closed").map(({ name, reason }) => [name, reason]), [
    ["bob", "peer-left"],
  ]);
  assertEquals([alice.names, alice.current], [[], "bob"]);
  await assertRejects(() => alice.session.send("Hello"), UserError, "not-connected");
});

Deno.test("who leaves one of two links for the other has not left, although that one is cut, too", async () => {
  await using alice = new Person("alice", nowhere);
  const identity = Identity.generate();
  using first = await callBy("bob", alice, identity);
  using second = await callBy("bob", alice, identity);
  await alice.events.see("opened");
  await first.send(`BYE\r\nReason: ${leftForOtherLink}\r\n\r\n`);
  await first.rest();
  second.close();
  assertEquals((await alice.events.see("closed")).reason, "lost");
  using third = await callBy("bob", alice, identity);
  await until(() => alice.events.of("opened").length === 2);
  await third.send(`BYE\r\nReason: ${leftForOtherLink}\r\n\r\n`);
  await until(() => alice.events.of("closed").length === 2);
  assertEquals(alice.events.of("closed")[1]!.reason, "lost");
});

Deno.test("who says goodbye on one of two links has left, although the other one is cut", async () => {
  await using alice = new Person("alice", nowhere);
  const identity = Identity.generate();
  using first = await callBy("bob", alice, identity);
  using second = await callBy("bob", alice, identity);
  await alice.events.see("opened");
  await first.send("BYE\r\n\r\n");
  await first.rest();
  second.close();
  assertEquals((await alice.events.see("closed")).reason, "peer-left");
  // What was said then does not count for what begins anew.
  using third = await callBy("bob", alice, identity);
  await until(() => alice.events.of("opened").length === 2);
  third.close();
  await until(() => alice.events.of("closed").length === 2);
  assertEquals(alice.events.of("closed")[1]!.reason, "lost");
});
