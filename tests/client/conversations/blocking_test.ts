// /block, /unblock and --contacts-only: what somebody whom the user does not want to hear from can still do.

import { assert, assertEquals, assertMatch } from "@std/assert";
import { UserError } from "../../../client/user_error.ts";
import { Identity } from "../../../shared/crypto/identity.ts";
import { encode } from "../../../shared/protocol/message.ts";
import { writeChatMessage } from "../../../shared/protocol/message_stream.ts";
import { Home, nowhere, Person } from "../../support/client_fixture.ts";
import { EncryptedPeer } from "../../support/encrypted_peer.ts";
import { until } from "../../support/events.ts";
import { befriend } from "../../support/friends.ts";
import { chat } from "../../support/link_fixture.ts";
import { rejectsSaying } from "../../support/problems.ts";
import { RawPeer } from "../../support/raw_peer.ts";
import { start } from "../../support/server_fixture.ts";
import { stream } from "../../support/store_fixture.ts";

const refused = /^ERROR\r\nCode: 403\r\nReason: This client's user does not want/;
const hello = () => encode(writeChatMessage(stream(["hello"])[0]!));

Deno.test("blocking closes all links of a key, and refuses it under every name, also after a restart", async () => {
  using home = new Home("alice", nowhere);
  const identity = Identity.generate();
  {
    await using alice = home.start();
    using bob = await EncryptedPeer.dial(alice.client.address, { id: "bob", identity });
    using bobby = await EncryptedPeer.dial(alice.client.address, { id: "bobby", identity });
    using carol = await EncryptedPeer.dial(alice.client.address, { id: "carol" });
    await alice.events.count("opened", 3);
    alice.switchTo("bob");
    const blocked = await alice.session.block("bob");
    assertEquals(blocked, { name: "bob", fingerprint: identity.fingerprint });
    assertMatch(await bob.rest(), /^BYE/);
    assertMatch(await bobby.rest(), /^BYE/);
    await until(() => alice.names.length === 1);
    assertEquals([alice.current, alice.names], [undefined, ["carol"]]);
    await carol.send(hello());
    await alice.events.see("message");
  }
  await using alice = home.start();
  for (const id of ["bob", "robert"]) {
    using again = await EncryptedPeer.dial(alice.client.address, { id, identity });
    assertMatch(await again.rest(), refused);
  }
  // Nothing of that is shown, and nothing is sent to them either.
  assertEquals(alice.events.all.map(({ type }) => type), ["listening"]);
  for (const turn of ["chat", "switchTo"] as const) {
    await rejectsSaying(
      async () => await alice[turn]("bob"),
      UserError,
      turn === "chat" ? "" : "/unblock bob first",
    );
  }
  assertEquals(alice.client.people.unblock("bob"), [
    { name: "bob", fingerprint: identity.fingerprint },
  ]);
  using back = await EncryptedPeer.dial(alice.client.address, { id: "bob", identity });
  await back.send(hello());
  assertMatch(await back.message(), /^ACK/);
  // Who was blocked is no contact any more.
  assertEquals((await alice.events.see("opened")).contact, false);
});

Deno.test("a key is blocked by its fingerprint, also before it has ever called", async () => {
  await using alice = new Person("alice", nowhere);
  const identity = Identity.generate();
  const { fingerprint } = identity;
  assertEquals(await alice.session.block(fingerprint), { name: undefined, fingerprint });
  using bob = await EncryptedPeer.dial(alice.client.address, { id: "bob", identity });
  assertMatch(await bob.rest(), refused);
  await rejectsSaying(() => alice.session.block("bob"), UserError, "No key of bob is known");
  await rejectsSaying(
    () => Promise.resolve().then(() => alice.client.people.unblock("bob")),
    UserError,
    `bob is not blocked: there is ${fingerprint}`,
  );
  assertEquals(alice.client.people.unblock(fingerprint), [{ name: undefined, fingerprint }]);
});

Deno.test("what waits for somebody who is blocked is not sent, and goes out once they are not", async () => {
  using home = new Home("alice", nowhere);
  using bobs = new Home("bob", nowhere);
  const port = await (async () => {
    await using alice = home.start();
    await using bob = bobs.start();
    await alice.chat(bob.place);
    await bob.client.stop();
    await alice.events.see("closed");
    await alice.send("one");
    await alice.session.block("bob");
    return bob.client.address.port;
  })();
  await using bob = bobs.start({ port });
  await using alice = home.start();
  assertEquals(alice.events.all.map(({ type }) => type), ["listening"]);
  alice.client.people.unblock("bob");
  alice.switchTo("bob");
  await bob.events.see("message");
  assertEquals(bob.heard, ["alice: one"]);
});

Deno.test("mail of a blocked key, and of strangers with --contacts-only, is deleted unread", async () => {
  for (const contactsOnly of [false, true]) {
    await using server = start();
    using alices = new Home("alice", server, { contactsOnly });
    using bobs = new Home("bob", server);
    {
      await using alice = await alices.come({ contactsOnly: false });
      await using bob = await bobs.come();
      await bob.chat("alice");
      await alice.events.see("opened");
      await alice.client.stop();
      await bob.events.see("closed");
      await bob.send("to the mailbox");
      await bob.events.see("deposited");
    }
    if (!contactsOnly) {
      const { fingerprint } = bobs.identity;
      alices.store.blockedKeys.add({ fingerprint, name: undefined }, 1);
    }
    for (let i = 0; i < 2; i++) {
      await using alice = await alices.come();
      // What comes behind it says that it has been seen.
      await alice.client.info();
      assertEquals(alice.heard, []);
    }
    alices.store.blockedKeys.delete(bobs.identity.fingerprint);
    await using alice = await alices.come({ contactsOnly: false });
    await alice.client.info();
    assertEquals(alice.heard, []);
  }
});

Deno.test("with --contacts-only nobody else calls, and the user may call anybody", async () => {
  const friend = Identity.generate();
  using home = new Home("alice", nowhere, { contactsOnly: true, allowPlaintext: true });
  befriend(home.store, "friend", friend.publicKey);
  await using alice = home.start();
  using stranger = await EncryptedPeer.dial(alice.client.address, { id: "mallory" });
  assertMatch(
    await stranger.rest(),
    /^ERROR\r\nCode: 403\r\nReason: This client talks only to people/,
  );
  using plain = await RawPeer.dial(alice.client.address);
  await plain.send(chat);
  assertMatch(await plain.rest(), /Code: 403/);
  // No key of theirs is saved.
  assertEquals(alice.store.knownPeers.find("mallory"), undefined);
  assertEquals((await alice.events.see("turned-away")).why.code, "no-contact");
  using call = await EncryptedPeer.dial(alice.client.address, { id: "friend", identity: friend });
  await call.send(hello());
  assertMatch(await call.message(), /^ACK/);
  await using bob = new Person("bob", nowhere);
  await alice.chat(bob.place);
  assert(alice.names.includes("bob"));
  // Who was called is a contact.
  await bob.send("hi");
  await alice.events.see("message", ({ name }) => name === "bob");
});
