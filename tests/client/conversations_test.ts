import { assert, assertEquals, assertRejects } from "@std/assert";
import { ChatError } from "../../client/chat_error.ts";
import { linksMax } from "../../shared/protocol/limits.ts";
import { nowhere, Person } from "./client_fixture.ts";
import { until } from "./events.ts";
import { chat, chatack } from "./link/link_fixture.ts";
import { RawListener, RawPeer } from "./raw_peer.ts";

/** A call to somebody by a peer whose opening says who it is. */
async function callBy(id: string, { client }: Person, port = 5557): Promise<RawPeer> {
  const peer = await RawPeer.dial(client.address);
  await peer.send(chat.replace("bob", id).replace("5557", String(port)));
  await peer.message();
  return peer;
}

Deno.test("a call by address opens a conversation on both sides, current on both", async () => {
  await using alice = new Person("alice", nowhere);
  await using bob = new Person("bob", nowhere);
  await alice.client.chat(bob.place);
  assertEquals(alice.events.of("opened"), [{
    type: "opened",
    name: "bob",
    address: bob.client.address,
    dialect: "p2pchat",
    called: "by-us",
    current: true,
  }]);
  assertEquals(await bob.events.see("opened"), {
    type: "opened",
    name: "alice",
    address: alice.client.address,
    dialect: "p2pchat",
    called: "by-them",
    current: true,
  });
});

Deno.test("the called side answers over the same connection", async () => {
  await using alice = new Person("alice", nowhere);
  await using bob = new Person("bob", nowhere);
  await alice.client.chat(bob.place);
  await alice.client.send("Hello Bob!\nI am Alice.");
  await bob.events.see("message");
  await bob.client.send("Hello Alice!");
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
  await Promise.all([alice.client.chat(bob.place), bob.client.chat(alice.place)]);
  await Promise.all([alice.client.send("from alice"), bob.client.send("from bob")]);
  await Promise.all([alice.events.see("delivered"), bob.events.see("delivered")]);
  assertEquals(alice.heard, ["bob: from bob"]);
  assertEquals(bob.heard, ["alice: from alice"]);
  assertEquals([alice.client.names, alice.client.current], [["bob"], "bob"]);
  assertEquals([bob.client.names, bob.client.current], [["alice"], "alice"]);
  assertEquals(alice.events.of("opened").length, 1);
  assertEquals(bob.events.of("opened").length, 1);
  await alice.client.close();
  await bob.events.see("closed");
  await until(() => bob.client.names.length === 0);
  assertEquals(alice.events.of("closed").length, 1);
  assertEquals(bob.events.of("closed").length, 1);
});

Deno.test("a conversation outlives one of its two connections", async () => {
  await using alice = new Person("alice", nowhere);
  using first = await callBy("bob", alice);
  using second = await callBy("bob", alice);
  assertEquals(alice.events.of("opened").length, 1);
  await first.send("MSG\r\nId: 1\r\nText: last\r\n\r\nBYE\r\n\r\n");
  await first.rest();
  await second.send("MSG\r\nId: 2\r\nText: still here\r\n\r\n");
  assertEquals(await second.message(), "ACK\r\nId: 2\r\n\r\n");
  assertEquals(alice.heard, ["bob: last", "bob: still here"]);
  assertEquals(alice.events.of("closed"), []);
  await alice.client.send("good");
  assert((await second.message()).includes("good"));
});

Deno.test("of several conversations one is current, and /switch makes another so", async () => {
  await using alice = new Person("alice", nowhere);
  await using bob = new Person("bob", nowhere);
  await using carol = new Person("carol", nowhere);
  await alice.client.chat(bob.place);
  await carol.client.chat(alice.place);
  // Whoever calls does not take what is being typed from whom it was meant for.
  assertEquals((await alice.events.see("opened", ({ name }) => name === "carol")).current, false);
  assertEquals(alice.client.current, "bob");
  await alice.client.send("to bob");
  alice.client.switchTo("carol");
  await alice.client.send("to carol");
  await alice.client.chat(bob.place);
  await alice.client.send("to bob again");
  await bob.events.count("message", 2);
  await carol.events.count("message", 1);
  assertEquals(bob.heard, ["alice: to bob", "alice: to bob again"]);
  assertEquals(carol.heard, ["alice: to carol"]);
  assertEquals(alice.events.of("switched").map(({ name }) => name), ["carol", "bob"]);
  alice.client.peers();
  assertEquals(alice.events.of("peers")[0]!.peers, [
    { name: "bob", address: bob.client.address, dialect: "p2pchat", current: true },
    { name: "carol", address: carol.client.address, dialect: "p2pchat", current: false },
  ]);
});

Deno.test("when the current conversation closes, none takes its place unasked", async () => {
  await using alice = new Person("alice", nowhere);
  using bob = await callBy("bob", alice, 5557);
  using _carol = await callBy("carol", alice, 5558);
  assertEquals(alice.client.current, "bob");
  await bob.send("BYE\r\n\r\n");
  await alice.events.see("closed");
  assertEquals(alice.client.current, undefined);
  await assertRejects(() => alice.client.send("Hello"), ChatError, "/switch to one of carol");
});

Deno.test("when another conversation closes, the current one stays", async () => {
  await using alice = new Person("alice", nowhere);
  using _bob = await callBy("bob", alice, 5557);
  using carol = await callBy("carol", alice, 5558);
  await carol.send("BYE\r\n\r\n");
  await alice.events.see("closed");
  assertEquals(alice.client.current, "bob");
});

Deno.test("a peer that answers and leaves at once is not current any more", async () => {
  await using alice = new Person("alice", nowhere);
  using listener = new RawListener();
  const called = alice.client.chat(`127.0.0.1:${listener.address.port}`);
  using peer = await listener.accept();
  await peer.send(chatack + "BYE\r\n\r\n");
  await called.catch(() => {});
  await alice.events.see("closed");
  assertEquals(alice.client.names, []);
  assertEquals(alice.client.current, undefined);
});

Deno.test("another peer that says the same id gets a number, and /switch tells them apart", async () => {
  await using alice = new Person("alice", nowhere);
  using bob = await callBy("bob", alice, 5557);
  using impostor = await callBy("bob", alice, 6666);
  assertEquals(alice.client.names, ["bob", "bob~2"]);
  await impostor.send("MSG\r\nId: 1\r\nText: it is me\r\n\r\n");
  await alice.events.see("message");
  assertEquals(alice.heard, ["bob~2: it is me"]);
  alice.client.switchTo("bob~2");
  await alice.client.send("who?");
  assert((await impostor.upTo("who?")).includes("who?"));
  alice.client.switchTo("bob");
  await alice.client.send("Bob?");
  assert((await bob.upTo("Bob?")).includes("Bob?"));
});

Deno.test("a peer of the wild that says the id of an open conversation does not join it", async () => {
  await using alice = new Person("alice", nowhere);
  using _bob = await callBy("bob", alice);
  using relative = await RawPeer.dial(alice.client.address);
  await relative.send(chat.replace("Version: 1\r\n", "") + "it is me\r\n");
  await alice.events.see("message");
  assertEquals(alice.heard, ["bob~2: it is me"]);
});

Deno.test("a raw caller's conversation has the name of its address, and is answered raw", async () => {
  await using alice = new Person("alice", nowhere);
  using peer = await RawPeer.dial(alice.client.address);
  await peer.send("Hello");
  const { port } = peer.conn.localAddr;
  await alice.events.see("message");
  assertEquals(alice.heard, [`127.0.0.1:${port}: Hello`]);
  await alice.client.send("Hi");
  assertEquals(await peer.upTo("Hi"), "Hi");
});

Deno.test("a listener of the original's kind can be called, and gets raw text", async () => {
  await using alice = new Person("alice", nowhere, { chatackMs: 10, pingMs: 1e6, pongMs: 1e6 });
  using listener = new RawListener();
  const place = `127.0.0.1:${listener.address.port}`;
  const called = alice.client.chat(place);
  using peer = await listener.accept();
  await called;
  await peer.message();
  await alice.client.send("Hello");
  assertEquals(await peer.upTo("Hello"), "Hello");
  await peer.send("Hi");
  await alice.events.see("message");
  assertEquals(alice.heard, [`${place}: Hi`]);
  // Calling it again is the same conversation.
  await alice.client.chat(place);
  assertEquals(alice.client.names, [place]);
});

Deno.test("/close leaves the current conversation, or the one of that name", async () => {
  await using alice = new Person("alice", nowhere);
  using bob = await callBy("bob", alice, 5557);
  using carol = await callBy("carol", alice, 5558);
  await alice.client.close("carol");
  assertEquals(await carol.rest(), "BYE\r\n\r\n");
  await alice.client.close();
  assertEquals(await bob.rest(), "BYE\r\n\r\n");
  assertEquals(alice.events.of("closed").map(({ name, reason }) => [name, reason]), [
    ["carol", "you-left"],
    ["bob", "you-left"],
  ]);
  await assertRejects(() => alice.client.close(), ChatError, "No conversation is current");
});

Deno.test("who leaves right after sending is not told that it did not arrive", async () => {
  await using alice = new Person("alice", nowhere);
  await using bob = new Person("bob", nowhere);
  await alice.client.chat(bob.place);
  await alice.client.send("good night");
  await alice.client.close();
  await bob.events.see("closed");
  assertEquals(bob.heard, ["alice: good night"]);
  assertEquals(alice.events.of("undelivered"), []);
});

Deno.test("texts that a lost peer did not confirm are told", async () => {
  await using alice = new Person("alice", nowhere);
  using bob = await callBy("bob", alice);
  await alice.client.send("one");
  await alice.client.send("two");
  await bob.upTo("two");
  bob.close();
  assertEquals(await alice.events.see("undelivered"), {
    type: "undelivered",
    name: "bob",
    texts: ["one", "two"],
  });
  assertEquals((await alice.events.see("closed")).reason, "lost");
});

Deno.test("a name that no conversation has is answered with those that there are", async () => {
  await using alice = new Person("alice", nowhere);
  await assertRejects(
    () => Promise.resolve().then(() => alice.client.switchTo("bob")),
    ChatError,
    "No conversation is called bob: none is open; /chat opens one",
  );
  using _bob = await callBy("bob", alice);
  await assertRejects(() => alice.client.close("rob"), ChatError, "there is bob");
});

Deno.test("a text to nobody is refused with what to do", async () => {
  await using alice = new Person("alice", nowhere);
  await assertRejects(() => alice.client.send("Hello"), ChatError, "/chat NAME opens");
});

Deno.test("callers that say nothing are bounded, the oldest making room", async () => {
  await using alice = new Person("alice", nowhere);
  const silent: RawPeer[] = [];
  try {
    for (let i = 0; i < linksMax + 5; i++) silent.push(await RawPeer.dial(alice.client.address));
    for (const peer of silent.slice(0, 5)) assertEquals(await peer.rest(), "");
    // Whoever says something is taken in all the same.
    using bob = await callBy("bob", alice);
    await bob.send("MSG\r\nId: 1\r\nText: Hello\r\n\r\n");
    await alice.events.see("message");
    // And of the youngest silent ones none was sent away for it.
    await silent.at(-1)!.send("I, too");
    await alice.events.count("message", 2);
  } finally {
    for (const peer of silent) peer.close();
  }
});

Deno.test("with as many conversations as there may be, more are refused", async () => {
  await using alice = new Person("alice", nowhere);
  await using bob = new Person("bob", nowhere);
  const peers: RawPeer[] = [];
  try {
    for (let i = 0; i < linksMax; i++) peers.push(await callBy(`peer${i}`, alice, 10_000 + i));
    using late = await RawPeer.dial(alice.client.address);
    assertEquals(await late.rest(), "");
    await assertRejects(() => alice.client.chat(bob.place), ChatError, "/close one first");
    await alice.client.close("peer0");
    await alice.client.chat(bob.place);
    assertEquals(alice.client.current, "bob");
  } finally {
    for (const peer of peers) peer.close();
  }
});
