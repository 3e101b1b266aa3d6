// Peers without a key, between whole clients over real connections.

import { assertEquals, assertMatch } from "@std/assert";
import { wordingOf } from "../../../client/ui/wording/wording.ts";
import { Identity } from "../../../shared/crypto/identity.ts";
import { nowhere, Person } from "../../support/client_fixture.ts";
import { EncryptedPeer } from "../../support/encrypted_peer.ts";
import { RawPeer } from "../../support/raw_peer.ts";
import { sentenceOf } from "../../support/problems.ts";

Deno.test("every line that came in plaintext is marked, and no other", async () => {
  await using alice = new Person("alice", nowhere, { allowPlaintext: true });
  await using bob = new Person("bob", nowhere);
  using legacy = await RawPeer.dial(alice.client.address);
  await legacy.send("one\r\n");
  await alice.events.see("message");
  await legacy.send("two\r\n");
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

Deno.test("by default a program that does not encrypt is told why it is refused, and its texts are not shown", async () => {
  await using alice = new Person("alice", nowhere);
  using legacy = await RawPeer.dial(alice.client.address);
  await legacy.send("hello\r\n");
  assertMatch(await legacy.rest(), /^This client talks only over encrypted connections, .*\r\n$/);
  assertEquals(alice.heard, []);
  assertMatch(
    sentenceOf((await alice.events.see("turned-away")).why),
    /cannot encrypt.*--allow-plaintext/,
  );
});

Deno.test("a peer with another key, or with none, is another peer, whatever id it gives", async () => {
  await using alice = new Person("alice", nowhere, { allowPlaintext: true });
  // No key is saved, so nobody is refused.
  alice.store.knownPeers.meet = () => "full";
  const identity = Identity.generate();
  using bob = await EncryptedPeer.dial(alice.client.address, { id: "bob", identity });
  using mallory = await EncryptedPeer.dial(alice.client.address, { id: "bob" });
  using legacy = await RawPeer.dial(alice.client.address);
  await legacy.send("CHAT\r\nclientID: bob\r\nIP: 127.0.0.1\r\nPort: 5557\r\nVersion: 1\r\n\r\n");
  await legacy.message();
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
