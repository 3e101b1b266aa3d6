// Alice writes to bob, whom she has never met and who is away: by the keys that a server names, or forges.

import { assertEquals, assertMatch, assertRejects } from "@std/assert";
import { UserError } from "../../client/user_error.ts";
import { wordingOf } from "../../client/ui/wording/wording.ts";
import { Identity } from "../../shared/crypto/identity.ts";
import { formatAgreement } from "../../shared/protocol/agreement_record.ts";
import { FakeServer, hears, Home, nowhere, Person } from "../support/client_fixture.ts";
import { until } from "../support/events.ts";
import { temporaryDirectory } from "../support/places.ts";
import { sentenceOf } from "../support/problems.ts";
import { start } from "../support/server_fixture.ts";

/** What a server says of somebody who is away. */
function absent(...headers: string[]): FakeServer {
  const lines = ["ERROR", "Code: 404", "Reason: No client bob is registered", ...headers, "", ""];
  return new FakeServer(() => lines.join("\r\n"));
}

Deno.test("a first message waits at the mailbox for somebody who was never met, and comes once", async () => {
  using place = temporaryDirectory();
  await using server = start({ data: place.path });
  using alices = new Home("alice", server);
  using bobs = new Home("bob", server);
  await (await bobs.come())[Symbol.asyncDispose]();
  {
    await using alice = await alices.come();
    const { how, conversation } = await alice.chat("bob");
    assertEquals([how, conversation.keyFromServer], ["away", true]);
    const [met] = alice.events.of("first-contact");
    assertEquals([met?.fingerprint, met?.keyFromServer], [bobs.identity.fingerprint, true]);
    assertMatch(wordingOf(met!)!.lines[0]!, /the server's word/);
    await alice.send("we have not met");
    await alice.events.see("deposited");
    await alice.send("but we could");
    await until(() => alice.events.of("deposited").length > 1);
    assertEquals(alice.events.of("delivered"), []);
  }
  {
    // Alice has gone, too.
    await using bob = await bobs.come();
    await bob.events.see("message", ({ text }) => text === "but we could");
    assertEquals(bob.heard, ["alice: we have not met", "alice: but we could"]);
    // He answers, and so confirms by mail.
    bob.client.people.accept("alice");
    await bob.client.send("alice", "hello");
    await bob.events.see("deposited");
  }
  await using alice = alices.start();
  assertEquals(alice.client.conversation("bob")?.keyFromServer, true);
  await alice.client.register();
  await alice.events.see("message", ({ text }) => text === "hello");
  // He has shown his key.
  assertEquals(alice.client.conversation("bob")?.keyFromServer, undefined);
  await until(() => alice.client.conversation("bob")?.waiting === 0);
  await using bob = await bobs.come();
  await alice.chat("bob");
  await hears(bob, alice, "third");
  assertEquals(bobs.said, [
    "alice: we have not met",
    "alice: but we could",
    "bob: hello",
    "alice: third",
  ]);
});

Deno.test("a server that restarts still knows the keys", async () => {
  using place = temporaryDirectory();
  const bobs = Identity.generate();
  {
    await using server = start({ data: place.path });
    await using bob = new Person("bob", server, { identity: bobs });
    await bob.client.register();
  }
  await using server = start({ data: place.path });
  await using alice = new Person("alice", server);
  assertEquals((await alice.chat("bob")).conversation.person, bobs.fingerprint);
});

Deno.test("keys that do not belong together are not taken", async () => {
  const [bob, mallory] = [Identity.generate(), Identity.generate()];
  const { numberedCertificate } = bob;
  const forged = formatAgreement({ agreement: mallory.agreement, numberedCertificate });
  const lies = [
    // Mallory's X25519 key as bob's.
    [`Fingerprint: ${bob.fingerprint}`, `Key: ${bob.publicKey}`, `Agreement: ${forged}`],
    [`Fingerprint: ${bob.fingerprint}`, `Key: ${bob.publicKey}`, "Agreement: x"],
    [
      `Fingerprint: ${bob.fingerprint}`,
      `Key: ${bob.publicKey}`,
      `Agreement: ${formatAgreement(mallory)}`,
    ],
    // The fingerprint that is shown, and the key of another.
    [
      `Fingerprint: ${bob.fingerprint}`,
      `Key: ${mallory.publicKey}`,
      `Agreement: ${formatAgreement(mallory)}`,
    ],
    [`Key: ${bob.publicKey}`, `Agreement: ${formatAgreement(bob)}`],
    [`Fingerprint: ${bob.fingerprint}`, `Key: ${bob.publicKey}`],
  ];
  for (const headers of lies) {
    await using server = absent(...headers);
    await using alice = new Person("alice", server);
    await assertRejects(() => alice.chat("bob"), UserError);
    assertEquals(alice.names, []);
    assertEquals(alice.store.knownPeers.find("bob"), undefined);
  }
});

Deno.test("the keys of the user, of somebody blocked, or found to be wrong are not taken", async () => {
  const bob = Identity.generate();
  const keys = (of: Identity) => [
    `Fingerprint: ${of.fingerprint}`,
    `Key: ${of.publicKey}`,
    `Agreement: ${formatAgreement(of)}`,
  ];
  {
    await using server = absent(...keys(bob));
    await using alice = new Person("alice", server, { identity: bob });
    await assertRejects(() => alice.chat("bob"), UserError);
    assertEquals(alice.names, []);
  }
  await using server = absent(...keys(bob));
  await using alice = new Person("alice", server);
  alice.store.blockedKeys.add({ fingerprint: bob.fingerprint, name: undefined }, 0);
  const { problem } = await assertRejects(() => alice.chat("bob"), UserError);
  assertMatch(sentenceOf(problem), /blocked/);
  alice.store.blockedKeys.delete(bob.fingerprint);
  alice.store.knownPeers.reject("bob", bob.publicKey);
  await assertRejects(() => alice.chat("bob"), UserError);
  assertEquals(alice.events.of("key-refused").map(({ verdict }) => verdict.type), ["rejected"]);
  assertEquals(alice.store.knownPeers.find("bob"), undefined);
});

Deno.test("a server that names a wrong key gets the mail, and nothing of it counts as delivered to another", async () => {
  await using server = start();
  await using alice = new Person("alice", server);
  {
    // Whoever runs the server has put a key of theirs under bob's name.
    await using mallory = new Person("bob", server);
    await mallory.client.register();
    await mallory.client.unregister();
  }
  await alice.client.register();
  await alice.chat("bob");
  await alice.send("for bob");
  await alice.events.see("deposited");
  await using bob = new Person("bob", nowhere);
  await assertRejects(() => bob.chat(alice.place), UserError);
  const [changed] = alice.events.of("key-changed");
  assertEquals(changed?.verdict.presentedFingerprint, bob.identity.fingerprint);
  assertEquals(alice.events.of("delivered"), []);
  assertEquals(alice.client.conversation("bob")?.keyFromServer, true);
  // Bob says on the phone that the key is his.
  await alice.trust("bob");
  assertEquals([alice.client.conversation("bob")?.keyFromServer, alice.waiting], [undefined, 1]);
  await bob.chat(alice.place);
  await bob.events.see("message");
  assertEquals(bob.heard, ["alice: for bob"]);
  await alice.events.see("delivered");
});
