// Somebody has stolen an X25519 key of bob's, with the certificates that bob has signed for it. Bob has replaced that
// key since, and alice has seen the new one: whatever is shown to her with the old one, she does not take it.

import { assertEquals, assertMatch } from "@std/assert";
import { UserError } from "../../client/user_error.ts";
import { Identity } from "../../shared/crypto/identity.ts";
import { hears, Home, nowhere, Person } from "../support/client_fixture.ts";
import { EncryptedPeer } from "../support/encrypted_peer.ts";
import { rejectsSaying, sentenceOf } from "../support/problems.ts";

const { seed } = Identity.generate();
/** The thief needs no more of it than the X25519 key and the certificates. */
const stolen = Identity.fromSeed(seed);
const replaced = Identity.fromSeed(seed, { number: 2 });

const refused = /^ERROR\r\nCode: 403\r\nReason: This client knows a later certificate of yours/;

/** Bob talks to alice with the key that he has now. */
async function talks(bob: Person, alice: Person): Promise<void> {
  await bob.chat(alice.place);
  await hears(alice, bob, "it is I");
}

Deno.test("a call with a key that was replaced is refused, also after a restart", async () => {
  using home = new Home("alice", nowhere);
  {
    await using alice = home.start();
    await using bob = new Person("bob", nowhere, { identity: replaced });
    await talks(bob, alice);
  }
  await using alice = home.start();
  for (const id of ["bob", "robert"]) {
    using thief = await EncryptedPeer.dial(alice.client.address, { id, identity: stolen });
    assertMatch(await thief.rest(), refused);
  }
  await using thief = new Person("bob", nowhere, { identity: stolen });
  await rejectsSaying(() => thief.chat(alice.place), UserError, "a later certificate of yours");
  const { why } = await alice.events.see("turned-away");
  assertMatch(sentenceOf(why), /its certificate has no number, and another key's is number 2/);
  assertEquals(alice.events.of("turned-away").length, 1);
  assertEquals(alice.events.of("opened"), []);
  assertEquals(alice.store.knownPeers.find("robert"), undefined);

  // To bob nothing is different, also if he uses version 0.3.0, whose certificates have no number.
  using earlier = await EncryptedPeer.dial(alice.client.address, { id: "bob", identity: replaced });
  await alice.events.see("opened");
  earlier.close();
  await using bob = new Person("bob", nowhere, { identity: replaced });
  await talks(bob, alice);
});

Deno.test("who answers a call with a key that was replaced is not talked to", async () => {
  await using alice = new Person("alice", nowhere);
  {
    await using bob = new Person("bob", nowhere, { identity: replaced });
    await talks(bob, alice);
  }
  await using thief = new Person("bob", nowhere, { identity: stolen });
  await rejectsSaying(
    () => alice.chat(thief.place),
    UserError,
    "bob shows an encryption key that bob has replaced: its certificate is number 1",
  );
  assertEquals(thief.events.of("opened"), []);
});
