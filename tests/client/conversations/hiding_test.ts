// /hide: a conversation is off the list until something is said in it, also after a restart.

import { assertEquals } from "@std/assert";
import { Identity } from "../../../shared/crypto/identity.ts";
import { encode } from "../../../shared/protocol/message.ts";
import { writeChatMessage } from "../../../shared/protocol/message_stream.ts";
import { Home, nowhere } from "../../support/client_fixture.ts";
import { EncryptedPeer } from "../../support/encrypted_peer.ts";
import { stream } from "../../support/store_fixture.ts";

const [first, second] = stream(["first", "second"]).map((said) => encode(writeChatMessage(said)));

Deno.test("who is hidden is so until something is said, and their messages stay", async () => {
  using home = new Home("alice", nowhere);
  const identity = Identity.generate();
  {
    await using alice = home.start();
    using bob = await EncryptedPeer.dial(alice.client.address, { id: "bob", identity });
    await bob.send(first!);
    await alice.events.see("message");
    const { people } = alice.client;
    assertEquals(people.isHidden("bob"), false);
    people.hide("bob");
    assertEquals(people.isHidden("bob"), true);
    people.unhide("bob");
    assertEquals(people.isHidden("bob"), false);
    people.hide("bob");
  }
  await using alice = home.start();
  const { people } = alice.client;
  assertEquals([people.isHidden("bob"), people.isHidden("carol")], [true, false]);
  using bob = await EncryptedPeer.dial(alice.client.address, { id: "bob", identity });
  assertEquals(people.isHidden("bob"), true);
  await bob.send(second!);
  await alice.events.see("message");
  assertEquals(people.isHidden("bob"), false);
  assertEquals(alice.client.history("bob", 9).map(({ text }) => text), ["first", "second"]);
});
