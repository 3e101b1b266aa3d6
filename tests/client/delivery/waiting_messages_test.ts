// Messages to somebody who is away, without a mailbox: they wait, and arrive when both are there.

import { assert, assertEquals, assertMatch, assertRejects } from "@std/assert";
import { UserError } from "../../../client/user_error.ts";
import { type Network, tcpNetwork } from "../../../client/transport/transport.ts";
import type { Store } from "../../../client/store/store.ts";
import { Identity } from "../../../shared/crypto/identity.ts";
import { type NumberedMessage, writeChatMessage } from "../../../shared/protocol/message_stream.ts";
import { unknownSenderMessagesMax } from "../../../shared/protocol/limits.ts";
import { encode } from "../../../shared/protocol/message.ts";
import { Home, nowhere, Person } from "../../support/client_fixture.ts";
import { start } from "../../support/server_fixture.ts";
import { EncryptedPeer } from "../../support/encrypted_peer.ts";
import { until } from "../../support/events.ts";
import { chat } from "../../support/link_fixture.ts";
import { RawPeer } from "../../support/raw_peer.ts";
import { stream } from "../../support/store_fixture.ts";
import { failing as failingPart, failingStore } from "../../support/failing.ts";
import { rejectsSaying, sentenceOf } from "../../support/problems.ts";

/** A server that keeps no mail. */
function startWithoutMailbox() {
  return start({ mailbox: false });
}

/** Alice and bob, who have met, and have both stopped. */
async function twoContacts(server = startWithoutMailbox(), more = {}) {
  const alice = new Home("alice", server, more);
  const bob = new Home("bob", server, more);
  {
    await using a = await alice.come();
    await using b = await bob.come();
    await a.chat("bob");
    await a.send("hello");
    await a.events.see("delivered");
    await b.events.see("message");
    await b.send("hello alice");
    await b.events.see("delivered");
  }
  return {
    server,
    alice,
    bob,
    async [Symbol.asyncDispose]() {
      alice[Symbol.dispose]();
      bob[Symbol.dispose]();
      await server.stop();
    },
  };
}

/** A store of which some calls fail as long as a test says so. */
function failing(ofStore: Store, calls: readonly string[]) {
  const broken = new Set<string>();
  const state = {
    set fails(fails: boolean) {
      for (const call of calls) fails ? broken.add(call) : broken.delete(call);
    },
  };
  return { state, store: failingStore(ofStore, broken) };
}

const numbered = (count: number) => Array.from({ length: count }, (_, i) => `message ${i}`);

Deno.test("messages to somebody who is away wait, and arrive when they are back", async () => {
  await using scene = await twoContacts();
  await using alice = await scene.alice.come();
  const { how, why } = await alice.chat("bob");
  assertEquals([how, why?.code], ["away", "server-refused"]);
  assertEquals([alice.current, alice.names], ["bob", ["bob"]]);
  for (const text of ["one", "two", "three"]) await alice.send(text);
  assertEquals(alice.events.of("waiting").map(({ count }) => count), [1, 2, 3]);
  assertEquals(alice.waiting, 3);
  await using bob = await scene.bob.come();
  await bob.events.count("message", 3);
  assertEquals(bob.heard, ["alice: one", "alice: two", "alice: three"]);
  const delivered = await alice.shown.count("delivered", 3);
  assertEquals(delivered.map(({ wasWaiting }) => wasWaiting), [true, true, true]);
  assertEquals(alice.waiting, 0);
  await alice.send("four");
  assertEquals((await alice.shown.count("delivered", 4))[3]!.wasWaiting, false);
});

Deno.test("messages that are sent together are said to wait together", async () => {
  await using scene = await twoContacts();
  await using alice = await scene.alice.come();
  await alice.chat("bob");
  await Promise.all(numbered(3).map((text) => alice.send(text)));
  assertEquals(alice.events.of("waiting").map(({ count }) => count), [3]);
});

Deno.test("messages are not lost if the sender stops in between, any number of times", async () => {
  await using scene = await twoContacts();
  for (let i = 0; i < 4; i++) {
    await using alice = scene.alice.start();
    if (i > 0) {
      assertEquals(alice.events.of("waiting").map(({ count }) => count), [i]);
      assertEquals(alice.names, ["bob"]);
    }
    assertEquals(alice.current, undefined);
    assertEquals(await alice.session.send("to nobody"), undefined);
    await alice.chat("bob");
    await alice.send(`message ${i}`);
  }
  await using bob = await scene.bob.come();
  await using alice = await scene.alice.come();
  await bob.events.count("message", 4);
  await alice.events.count("delivered", 4);
  assertEquals(bob.heard, numbered(4).map((text) => `alice: ${text}`));
  // A call that delivers what waits makes nobody current.
  assertEquals([alice.current, alice.names], [undefined, ["bob"]]);
});

Deno.test("if no server can say where a peer is, its last address is called", async () => {
  using aliceAtHome = new Home("alice", nowhere);
  using bobAtHome = new Home("bob", nowhere);
  let port;
  {
    await using alice = aliceAtHome.start();
    await using bob = bobAtHome.start();
    port = bob.client.address.port;
    await alice.chat(bob.place);
    await alice.send("hello");
    await alice.events.see("delivered");
  }
  await using alice = aliceAtHome.start();
  await assertRejects(() => alice.chat("carol"), UserError);
  await alice.chat("bob");
  await alice.send("are you there?");
  await using bob = bobAtHome.start({ port });
  await bob.events.see("message");
  await alice.events.see("delivered");
  assertEquals(bob.heard, ["alice: are you there?"]);
});

Deno.test("many messages arrive in order, whichever side restarts in between", async () => {
  await using scene = await twoContacts();
  const texts = numbered(3_000);
  {
    await using alice = await scene.alice.come();
    await alice.chat("bob");
    await Promise.all(texts.slice(0, 2_000).map((text) => alice.send(text)));
    await using bob = await scene.bob.come();
    await bob.events.count("message", 700);
  }
  {
    await using bob = await scene.bob.come();
    await using alice = await scene.alice.come();
    await alice.chat("bob");
    await Promise.all(texts.slice(2_000).map((text) => alice.send(text)));
    await until(() => alice.waiting === 0);
    await bob.client.allDelivered();
  }
  const heard = scene.bob.said.filter((line) => line.startsWith("alice: message"));
  assertEquals(heard, texts.map((text) => `alice: ${text}`));
});

/** A message as MSG. */
const msgOf = (chatMessage: NumberedMessage) => encode(writeChatMessage(chatMessage));

Deno.test("a contact is still one after a restart, and may write any number of messages", async () => {
  await using scene = await twoContacts();
  await using bob = await scene.bob.come();
  const { identity } = scene.alice;
  using alice = await EncryptedPeer.dial(bob.client.address, { id: "alice", identity });
  const texts = Array.from({ length: unknownSenderMessagesMax + 3 }, (_, i) => `${i}`);
  for (const chatMessage of stream(texts)) {
    await alice.send(msgOf(chatMessage));
    assertMatch(await alice.message(), /^ACK/);
  }
  assertEquals(bob.events.of("problem"), []);
});

Deno.test("an unknown sender is stopped at the limit, and goes on once answered", async () => {
  using home = new Home("alice", nowhere);
  await using alice = home.start();
  const self = { id: "mallory", identity: Identity.generate() };
  const texts = Array.from({ length: unknownSenderMessagesMax + 1 }, (_, i) => `${i + 1}`);
  const messages = stream(texts);
  const [second, third] = messages.slice(-2);
  {
    using peer = await EncryptedPeer.dial(alice.client.address, self);
    for (const message of messages.slice(0, -2)) {
      await peer.send(msgOf(message));
      assertMatch(await peer.message(), /^ACK/);
    }
  }
  await alice.events.see("closed");
  // Neither another link nor a restart allows more.
  using peer = await EncryptedPeer.dial(alice.client.address, self);
  await peer.send(msgOf(second!));
  assertMatch(await peer.message(), /^ACK/);
  await peer.send(msgOf(third!));
  assertMatch(await peer.rest(), /^ERROR\r\nCode: 429\r\nReason: The user has not answered[^]*BYE/);
  assertEquals(alice.events.of("problem").length, 1);
  assertMatch(
    sentenceOf(alice.events.of("problem")[0]!.problem),
    /mallory has sent 20 messages/,
  );
  await alice.events.count("closed", 2);
  using again = await EncryptedPeer.dial(alice.client.address, self);
  await again.send(msgOf(third!));
  assertMatch(await again.rest(), /Code: 429/);
  assertEquals(alice.heard, texts.slice(0, -1).map((text) => `mallory: ${text}`));

  using last = await EncryptedPeer.dial(alice.client.address, self);
  alice.switchTo("mallory");
  await last.send(msgOf(third!));
  assertMatch(await last.message(), /^ACK/);
});

Deno.test("messages of a peer without a key are in the history, too", async () => {
  using home = new Home("alice", nowhere, { allowPlaintext: true });
  const { store, state } = failing(home.store, ["receive", "accept"]);
  await using alice = home.start({ store });
  using bob = await RawPeer.dial(alice.client.address);
  await bob.send(chat);
  await bob.message();
  await bob.send("MSG\r\nId: 1\r\nText: hello\r\n\r\n");
  await alice.events.see("message");
  await alice.send("hello bob");
  await bob.upTo("hello bob\r\n\r\n");
  const history = () => home.store.history.latest("alice", "bob", 10);
  assertEquals(history().map(({ text, plaintext, state }) => [text, plaintext, state]), [
    ["hello", true, "received"],
    ["hello bob", true, "sent"],
  ]);
  // Nobody sends it again, so it is shown, and sent, even if it cannot be saved.
  state.fails = true;
  await bob.send("MSG\r\nId: 2\r\nText: still there?\r\n\r\n");
  await alice.events.count("message", 2);
  await alice.send("yes");
  await bob.upTo("yes\r\n\r\n");
  assertEquals(alice.events.of("problem").length, 2);
  assertEquals(history().length, 2);
});

Deno.test("what the receiver's disk does not take is not acknowledged, and arrives once when it does", async () => {
  await using scene = await twoContacts();
  await using alice = await scene.alice.come();
  const { store, state } = failing(scene.bob.store, ["receive"]);
  await using bob = await scene.bob.come({ store });
  await alice.chat("bob");
  state.fails = true;
  for (const text of ["one", "two", "three"]) await alice.send(text);
  assertMatch(
    sentenceOf((await bob.events.see("problem")).problem),
    /disk is full; it will be sent again$/,
  );
  state.fails = false;
  assertEquals([alice.waiting, bob.heard], [3, []]);
  await bob.close("alice");
  await alice.events.count("delivered", 3);
  assertEquals(bob.heard, ["alice: one", "alice: two", "alice: three"]);
  assertEquals(bob.events.of("problem").length, 1);
});

Deno.test("what the sender's disk does not take is refused, and not sent", async () => {
  await using scene = await twoContacts();
  const { store, state } = failing(scene.alice.store, ["accept"]);
  await using alice = await scene.alice.come({ store });
  await using bob = await scene.bob.come();
  await alice.chat("bob");
  state.fails = true;
  const refused = await Promise.allSettled([alice.send("one"), alice.send("two")]);
  for (const result of refused) {
    assert(result.status === "rejected");
    assertMatch(
      sentenceOf(result.reason.problem),
      /^Cannot save the message: the disk is full. It was not sent$/,
    );
  }
  state.fails = false;
  await alice.send("three");
  await alice.events.see("delivered");
  assertEquals(bob.heard, ["alice: three"]);
});

Deno.test("if an acknowledgement cannot be saved the message is sent again, and shown once", async () => {
  await using scene = await twoContacts();
  const { store, state } = failing(scene.alice.store, ["acknowledge", "markShown"]);
  await using bob = await scene.bob.come();
  {
    await using alice = await scene.alice.come({ store });
    await alice.chat("bob");
    state.fails = true;
    await alice.send("one");
    await bob.events.see("message");
    await bob.send("two");
    await alice.events.see("message");
    await alice.events.see("problem");
    assertEquals(alice.waiting, 1);
  }
  // Alice can still start. What was not noted as shown is shown once more.
  {
    await using alice = await scene.alice.come({ store });
    assertEquals(alice.heard, ["bob: two"]);
    assertMatch(sentenceOf(alice.events.of("problem")[0]!.problem), /will be shown again/);
  }
  state.fails = false;
  {
    await using alice = await scene.alice.come({ store });
    assertEquals(alice.heard, ["bob: two"]);
    await alice.events.see("delivered");
  }
  await using alice = await scene.alice.come({ store });
  assertEquals(alice.heard, []);
  assertEquals(bob.heard, ["alice: one"]);
});

Deno.test("messages go on waiting when their conversation is closed, which is reported", async () => {
  await using scene = await twoContacts();
  await using alice = await scene.alice.come();
  await alice.chat("bob");
  await alice.send("one");
  await alice.close();
  assertEquals([alice.current, alice.names], [undefined, ["bob"]]);
  assertEquals(alice.events.of("waiting").map(({ count }) => count), [1, 1]);
  await using bob = await scene.bob.come();
  await alice.events.see("delivered");
  assertEquals(bob.heard, ["alice: one"]);
  assertEquals(alice.current, undefined);
  await alice.close("bob");
  assertEquals(alice.names, []);
  // The user can switch to any contact.
  alice.switchTo("bob");
  assertEquals([alice.current, alice.names], ["bob", ["bob"]]);
});

Deno.test("a script is done at once if its peer is away and there is no mailbox", async () => {
  await using scene = await twoContacts();
  await using alice = await scene.alice.come();
  await alice.chat("bob");
  const from = performance.now();
  for (const text of ["one", "two"]) {
    await alice.send(text);
    await alice.client.allDelivered();
  }
  assert(performance.now() - from < 2_000);
  assertEquals(alice.waiting, 2);
});

Deno.test("/trust sends what waits to the accepted key, and nothing to the other", async () => {
  await using server = startWithoutMailbox();
  using home = new Home("alice", server);
  await using alice = await home.come();
  {
    await using old = new Person("bob", nowhere);
    await alice.chat(old.place);
    await alice.send("hello");
    await alice.events.see("delivered");
  }
  await alice.events.see("closed");
  await alice.send("one");
  await alice.send("two");
  await using bob = new Person("bob", server);
  await bob.client.register();
  await alice.events.see("key-changed");
  assertEquals([bob.heard, alice.waiting], [[], 2]);
  await alice.trust("bob");
  assertEquals([alice.current, alice.names], ["bob", ["bob"]]);
  await bob.events.count("message", 2);
  await alice.send("three");
  await bob.events.count("message", 3);
  assertEquals(bob.heard, ["alice: one", "alice: two", "alice: three"]);
  await until(() => alice.waiting === 0);
});

Deno.test("if what waits cannot be moved to an accepted key, the user knows that the key is accepted", async () => {
  using home = new Home("alice", nowhere);
  const { store, state } = failing(home.store, ["reassign"]);
  await using alice = home.start({ store });
  {
    await using old = new Person("bob", nowhere);
    await alice.chat(old.place);
  }
  await alice.events.see("closed");
  await alice.send("one");
  await using bob = new Person("bob", nowhere);
  await assertRejects(() => alice.chat(bob.place), UserError);
  state.fails = true;
  await rejectsSaying(
    () => alice.trust("bob"),
    UserError,
    `bob's key is ${bob.identity.fingerprint} from now on`,
  );
  await alice.chat(bob.place);
  assertEquals(bob.heard, []);
});

Deno.test("a key that is refused again and again is reported once in a while", async () => {
  await using server = startWithoutMailbox();
  let calls = 0;
  const dial: Network["dial"] = (...args) => {
    calls++;
    return tcpNetwork.dial(...args);
  };
  await using alice = new Person("alice", server, { network: { ...tcpNetwork, dial } });
  await alice.client.register();
  {
    await using old = new Person("bob", nowhere);
    await alice.chat(old.place);
    await alice.send("hello");
    await alice.events.see("delivered");
  }
  await alice.events.see("closed");
  await using bob = new Person("bob", server);
  await bob.client.register();
  await alice.send("one");
  await alice.events.see("key-changed");
  const before = calls;
  await until(() => calls >= before + 2);
  assertEquals(alice.events.of("key-changed").length, 1);
  assertEquals(alice.events.of("opened").length, 1);
});

Deno.test("after /verify no, none of the waiting messages goes to that key", async () => {
  await using alice = new Person("alice", nowhere);
  await using mallory = new Person("bob", nowhere);
  await alice.chat(mallory.place);
  alice.client.verify("bob");
  await mallory.events.see("verification-asked");
  mallory.client.verify("alice");
  await alice.events.see("verification-words");
  const { history } = mallory.store;
  const before = history.latest("bob", undefined, 10).length;
  const sending = ["one", "two"].map((text) => alice.send(text));
  const concluding = alice.session.confirmVerification("bob", false);
  await Promise.all([...sending, concluding]);
  assertEquals([alice.current, alice.names], [undefined, []]);
  await mallory.events.see("closed");
  assertEquals(history.latest("bob", undefined, 10).length, before);
  assertEquals(alice.client.who().map(({ name, waiting }) => [name, waiting]), [["bob", 2]]);
  await assertRejects(() => alice.chat(mallory.place), UserError);
  assertEquals(mallory.heard, []);
});

Deno.test("two names of one profile, with one key and one store, talk to each other", async () => {
  await using server = startWithoutMailbox();
  using home = new Home("alice", server);
  const { identity, store } = home;
  await using alice = await home.come();
  {
    await using bob = new Person("bob", server, { identity, store });
    await bob.client.register();
    await alice.chat("bob");
    await alice.send("hello bob");
    await bob.events.see("message");
    await bob.send("hello alice");
    await alice.events.see("message");
  }
  await alice.events.see("closed");
  await alice.send("still there?");
  await using bob = new Person("bob", server, { identity, store });
  await bob.client.register();
  await alice.events.count("delivered", 2);
  await bob.events.see("message");
  assertEquals(bob.heard, ["alice: still there?"]);
  for (const [self, name] of [["alice", "bob"], ["bob", "alice"]] as const) {
    const lines = store.history.latest(self, name, 10).map(({ direction, text }) => [
      direction === "in" ? name : self,
      text,
    ]);
    assertEquals(lines, [
      ["alice", "hello bob"],
      ["bob", "hello alice"],
      ["alice", "still there?"],
    ]);
  }
});

Deno.test("that somebody comes or goes is told once, and not if a connection shows it", async () => {
  await using scene = await twoContacts();
  await using alice = await scene.alice.come();
  const lines = () =>
    alice.events.all.filter(({ type }) => ["presence", "opened", "closed"].includes(type)).map(
      (event) => event.type === "presence" ? (event.here ? "here" : "gone") : event.type,
    );
  {
    await using _bob = await scene.bob.come();
    await alice.events.see("presence");
    assertEquals(lines(), ["here"]);
    await alice.chat("bob");
    await alice.send("hello");
    await alice.events.see("delivered");
    assertEquals(lines(), ["here", "opened"]);
  }
  await alice.events.see("closed");
  await until(() => alice.client.who()[0]!.presence === "away");
  {
    await using _bob = await scene.bob.come();
    await alice.events.count("presence", 2);
  }
  // That bob has gone is said some seconds later, in case bob is back at once.
  await alice.events.count("presence", 3);
  assertEquals(lines(), ["here", "opened", "closed", "here", "gone"]);
});

for (const readReceipts of [false, true]) {
  Deno.test(`the sender learns what was read if the reader allows that: ${readReceipts}`, async () => {
    await using scene = await twoContacts(undefined, { readReceipts });
    await using alice = await scene.alice.come();
    await using bob = await scene.bob.come();
    await alice.chat("bob");
    await bob.events.see("opened");
    await bob.close("alice");
    await alice.chat("bob");
    for (const text of ["one", "two"]) await alice.send(text);
    await alice.events.count("delivered", 2);
    await bob.events.count("message", 2);
    const states = () =>
      scene.alice.store.history.latest("alice", "bob", 2).map(({ state }) => state);
    bob.switchTo("alice");
    if (readReceipts) {
      await alice.events.until(
        () => alice.events.of("read").reduce((sum, { count }) => sum + count, 0) >= 2,
        "read",
      );
      assertEquals(states(), ["read", "read"]);
    } else {
      // This comes after the receipt would have come.
      await bob.send("I have seen it");
      await alice.events.see("message");
      assertEquals([alice.events.of("read"), states()], [[], ["delivered", "received"]]);
    }
  });
}

Deno.test("an audit over the open link finds that both sides have the same", async () => {
  await using scene = await twoContacts();
  await using alice = await scene.alice.come();
  await using bob = await scene.bob.come();
  assertEquals(alice.current, undefined);
  await rejectsSaying(() => alice.client.audit("bob"), UserError, "No conversation is called bob");
  await alice.chat("bob");
  for (const text of numbered(60)) await alice.send(text);
  await alice.events.count("delivered", 60);
  for (const { streams } of [await alice.client.audit("bob"), await bob.client.audit("alice")]) {
    assertEquals(streams.reduce((sum, { same }) => sum + same, 0), 62);
    for (const { waiting, missingHere, missingThere, differing } of streams) {
      assertEquals([waiting, missingHere, missingThere, differing], [0, [], [], []]);
    }
  }
  await bob.client.stop();
  await alice.events.see("closed");
  await rejectsSaying(() => alice.client.audit("bob"), UserError, "bob is not connected");
});

Deno.test("if one server is gone, both meet at the next", async () => {
  const first = startWithoutMailbox();
  await using second = startWithoutMailbox();
  const servers = [first.address, second.address];
  await using scene = await twoContacts(first, { servers });
  await using alice = await scene.alice.come();
  assertEquals(first.registrations, 1);
  await first.stop();
  await alice.events.see("registered-again");
  await alice.chat("bob");
  await alice.send("hello");
  assertEquals(alice.waiting, 1);
  await using bob = await scene.bob.come();
  await alice.events.see("delivered");
  assertEquals(bob.heard, ["alice: hello"]);
  assertEquals(second.registrations, 2);
});

Deno.test("unknown senders who come and go leave no conversation behind", async () => {
  await using server = start();
  await using alice = new Person("alice", server);
  for (let i = 0; i < 20; i++) {
    using peer = await EncryptedPeer.dial(alice.client.address, { id: `unknown${i}` });
    await peer.send(`MSG\r\nId: ${i}\r\nText: hello\r\n\r\n`);
    await peer.message();
    peer.close();
    await alice.events.count("closed", i + 1);
  }
  assertEquals([alice.names, alice.current], [[], undefined]);
});

Deno.test("a store that fails while somebody is looked for does not end the client", async () => {
  await using scene = await twoContacts();
  const { store, state } = failing(scene.alice.store, ["get"]);
  await using alice = await scene.alice.come({ store });
  await alice.chat("bob");
  await alice.send("are you there?");
  state.fails = true;
  await using bob = await scene.bob.come();
  await bob.events.see("message");
  state.fails = false;
  assertEquals(bob.heard, ["alice: are you there?"]);
});

Deno.test("a conversation goes on if the store cannot say whether its peer is verified", async () => {
  await using scene = await twoContacts();
  const broken = new Set<string>();
  const knownPeers = failingPart(scene.alice.store.knownPeers, broken);
  await using alice = await scene.alice.come({ store: { ...scene.alice.store, knownPeers } });
  await using bob = await scene.bob.come();
  await alice.chat("bob");
  broken.add("find");
  assertEquals(alice.client.conversation("bob")?.security, "encrypted");
  await alice.send("can you read this?");
  await bob.events.see("message");
  await bob.chat("alice");
  await bob.send("yes");
  await alice.events.see("message");
  assertEquals([alice.heard, alice.current], [["bob: yes"], "bob"]);
});

Deno.test("what is written while the client leaves waits for the next run, and leaves no timer", async () => {
  await using scene = await twoContacts();
  const alice = await scene.alice.come();
  using carol = await EncryptedPeer.dial(alice.client.address, { id: "carol" });
  await alice.events.see("opened");
  // carol does not acknowledge it, so that leaving takes its time.
  await alice.send("hello carol");
  await carol.message();
  const stopped = alice.client.stop();
  await new Promise((resolve) => setTimeout(resolve, 50));
  await alice.client.send("bob", "late");
  await stopped;
  await using next = await scene.alice.come();
  await using bob = await scene.bob.come();
  await bob.events.see("message", ({ text }) => text === "late");
  await next.events.see("delivered");
});
