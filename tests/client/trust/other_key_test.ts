// A peer with another key than the known one, between whole clients over real connections.

import { assert, assertEquals, assertMatch } from "@std/assert";
import { UserError } from "../../../client/user_error.ts";
import { wordingOf } from "../../../client/ui/wording/wording.ts";
import { Identity } from "../../../shared/crypto/identity.ts";
import { hears, nowhere, Person } from "../../support/client_fixture.ts";
import { EncryptedPeer } from "../../support/encrypted_peer.ts";
import { refusalOf, rejectsSaying, sentenceOf } from "../../support/problems.ts";
import type { Fingerprint } from "../../../shared/crypto/public_key.ts";

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
    // A refusal of our own call is reported each time.
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
  assertEquals(bob.events.types, ["listening"]);
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

Deno.test("if two other keys were shown, /trust takes the one that is named", async () => {
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

Deno.test("no key can be trusted for a name of which none was shown", async () => {
  await using alice = new Person("alice", nowhere);
  for (const which of ["bob", `bob ${alice.identity.fingerprint}`]) {
    await rejectsSaying(
      () => alice.client.people.trust(which),
      UserError,
      "No other key has been shown for bob",
    );
  }
});

Deno.test("another client under our own id is refused, as caller and as called", async () => {
  await using alice = new Person("alice", nowhere);
  await using mallory = new Person("alice", nowhere);
  const message = await refusalOf(() => mallory.chat(alice.place));
  // The initiator is the first to see that the other one has its name.
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
