// Verifying a peer by words, between whole clients over real connections.

import { assert, assertEquals, assertMatch, assertNotEquals, assertRejects } from "@std/assert";
import { UserError } from "../../../client/user_error.ts";
import { openStore } from "../../../client/store/store.ts";
import { wordingOf } from "../../../client/ui/wording/wording.ts";
import { Identity } from "../../../shared/crypto/identity.ts";
import { temporaryDirectory } from "../../support/places.ts";
import { hears, nowhere, Person } from "../../support/client_fixture.ts";
import { EncryptedPeer } from "../../support/encrypted_peer.ts";
import { RawListener, RawPeer } from "../../support/raw_peer.ts";
import { rejectsSaying, throwsSaying } from "../../support/problems.ts";

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

Deno.test("a peer that is asked to verify is told so, and both see words when it has done so", async () => {
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
  // A further comparison has other words.
  assertNotEquals(await wordsOf(alice, bob), words);
});

Deno.test("who waits for a peer to verify can stop waiting, and is asked when the peer begins", async () => {
  await using alice = new Person("alice", nowhere);
  await using bob = new Person("bob", nowhere);
  await alice.chat(bob.place);
  await bob.events.see("opened");
  assertEquals(alice.client.withdrawVerification("bob"), false);
  alice.client.verify("bob");
  await bob.events.see("verification-asked");
  assertEquals(alice.client.withdrawVerification("bob"), true);
  assertEquals(alice.client.withdrawVerification("bob"), false);
  // There is nothing to deny either, and that changes nothing.
  await rejectsSaying(
    () => alice.client.confirmVerification("bob", false),
    UserError,
    "no words to compare yet",
  );
  await hears(alice, bob, "still here");
  bob.client.verify("alice");
  const { words } = await bob.events.see("verification-words");
  await alice.events.see("verification-asked");
  assertEquals(alice.events.of("verification-words"), []);
  assertEquals(alice.client.verify("bob"), { state: "words", words });
});

Deno.test("a comparison that is cut off once our part of the words is out is told", async () => {
  await using alice = new Person("alice", nowhere);
  const commit = `VERIFY\r\nCommit: ${"00".repeat(32)}\r\n\r\n`;
  const identity = Identity.generate();
  const call = async () => {
    const mallory = await EncryptedPeer.dial(alice.client.address, { id: "mallory", identity });
    await alice.events.count("opened", alice.events.of("closed").length + 1);
    return mallory;
  };
  {
    using mallory = await call();
    alice.client.verify("mallory");
    await mallory.message();
    await mallory.send(commit);
    while (!(await mallory.message()).includes("Nonce"));
  }
  await alice.events.see("verification-cut");
  await alice.events.count("closed", 1);
  // Before that nothing was given away.
  {
    using mallory = await call();
    alice.client.verify("mallory");
    while (!(await mallory.message()).includes("Commit"));
  }
  await alice.events.count("closed", 2);
  assertEquals(alice.events.of("verification-cut").length, 1);
});

Deno.test("a verified peer stays verified until it has another key", async () => {
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

Deno.test("if the words differ the conversation ends, and the key is refused until it is trusted", async () => {
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
  // Bob is refused if alice calls, and if bob calls.
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

Deno.test("a key whose words differed is refused after a restart, and by all who use the profile", async () => {
  using place = temporaryDirectory();
  const path = `${place.path}/store.db`;
  const identity = Identity.generate();
  await using mallory = new Person("bob", nowhere);
  {
    await using alice = withStore(path, identity);
    await alice.chat(mallory.place);
    await mallory.events.see("opened");
    await wordsOf(alice, mallory);
    await alice.client.confirmVerification("bob", false);
    await alice.events.see("closed");
  }
  {
    await using alice = withStore(path, identity);
    await rejectsSaying(() => alice.chat(mallory.place), UserError, "another key than expected");
    await rejectsSaying(() => mallory.chat(alice.place), UserError, "knows another key of bob");
    assertEquals(alice.events.of("first-contact"), []);
    assertEquals((await alice.events.see("key-refused")).verdict.type, "rejected");
    await alice.trust("bob");
  }
  // What the user decides is saved as well.
  await using alice = withStore(path, identity);
  await alice.chat(mallory.place);
  await alice.events.see("opened");
});

Deno.test("a key whose words differed is refused even if version 0.3.0 has saved it again", async () => {
  await using alice = new Person("alice", nowhere);
  await using mallory = new Person("bob", nowhere);
  const { knownPeers } = alice.store;
  knownPeers.reject("bob", mallory.identity.publicKey);
  knownPeers.meet("bob", mallory.identity.publicKey, undefined);
  await rejectsSaying(() => alice.chat(mallory.place), UserError, "another key than expected");
});

Deno.test("if the words differ the conversation ends, even if the key cannot be forgotten", async () => {
  await using alice = new Person("alice", nowhere);
  await using bob = new Person("bob", nowhere);
  await alice.chat(bob.place);
  await bob.events.see("opened");
  await wordsOf(alice, bob);
  const { knownPeers } = alice.store;
  knownPeers.reject = () => {
    throw new Error("attempt to write a readonly database");
  };
  await assertRejects(() => alice.client.confirmVerification("bob", false), Error, "readonly");
  // The user is warned at once, not when the goodbye is through.
  assertEquals([alice.names, alice.events.of("closed").length], [[], 0]);
  await alice.events.see("closed");
});

Deno.test("a peer is not called verified if that cannot be saved", async () => {
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

Deno.test("/verify reveals somebody in the middle, whom each of two peers takes for the other", async () => {
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

Deno.test("nothing can be verified in plaintext, nor without a peer", async () => {
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

Deno.test("/peers tells who is verified, who encrypts and who does neither", async () => {
  await using alice = new Person("alice", nowhere, { allowPlaintext: true });
  await using bob = new Person("bob", nowhere);
  await using carol = new Person("carol", nowhere);
  await alice.chat(bob.place);
  await alice.chat(carol.place);
  await carol.events.see("opened");
  await wordsOf(alice, carol);
  await alice.client.confirmVerification("carol", true);
  using legacy = await RawPeer.dial(alice.client.address);
  await legacy.send("hello\r\n");
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
