// Bob is registered with a server, and away. Mallory calls alice under his name; later bob himself comes.

import { assertEquals, assertMatch, assertRejects } from "@std/assert";
import { UserError } from "../../client/user_error.ts";
import { wordingOf } from "../../client/ui/wording/wording.ts";
import { Identity } from "../../shared/crypto/identity.ts";
import { hears, Home, nowhere, Person } from "../support/client_fixture.ts";
import { until } from "../support/events.ts";
import { sentenceOf } from "../support/problems.ts";
import { start } from "../support/server_fixture.ts";

/** Somebody who says the name of another. */
function impostor(): Person {
  return new Person("bob", nowhere, { identity: Identity.generate() });
}

Deno.test("nobody calls by the name of somebody who is registered with the server and away", async () => {
  await using server = start();
  using bobs = new Home("bob", server);
  await using alice = new Person("alice", server);
  await alice.client.register();
  {
    await using bob = await bobs.come();
    await bob.client.unregister();
  }
  await using mallory = impostor();
  const { problem } = await assertRejects(() => mallory.chat(alice.place), UserError);
  assertMatch(sentenceOf(problem), /This client knows another key of bob/);
  assertEquals(alice.events.of("key-refused").map(({ verdict }) => verdict), [{
    type: "contradicted",
    presentedFingerprint: mallory.identity.fingerprint,
    serverFingerprint: bobs.identity.fingerprint,
  }]);
  assertEquals(alice.names, []);
  // Bob comes, and is nobody else.
  await using bob = await bobs.come();
  await bob.chat(alice.place);
  await hears(alice, bob, "it is me");
  assertEquals(alice.events.of("key-changed"), []);
  const [met] = alice.events.of("first-contact");
  assertEquals([met?.fingerprint, met?.vouched], [bob.identity.fingerprint, true]);
});

Deno.test("if the server does not know the name yet, the caller is marked, and its owner displaces them", async () => {
  await using server = start();
  await using alice = new Person("alice", server);
  await alice.client.register();
  await using mallory = impostor();
  await mallory.chat(alice.place);
  await hears(alice, mallory, "I am bob");
  const [met] = alice.events.of("first-contact");
  assertEquals([met?.fingerprint, met?.vouched], [mallory.identity.fingerprint, false]);
  assertMatch(wordingOf(met!)!.lines[0]!, /for which no server vouches; \/verify bob confirms it/);

  await using bob = new Person("bob", server);
  await bob.client.register();
  await bob.chat(alice.place);
  await hears(alice, bob, "no, it is me");
  assertEquals(alice.events.of("key-changed"), []);
  const second = alice.events.of("first-contact")[1];
  assertEquals(
    [second?.fingerprint, second?.displaced],
    [bob.identity.fingerprint, mallory.identity.fingerprint],
  );
  await mallory.events.see("closed");
  assertEquals(alice.names, ["bob"]);
  assertEquals(alice.heard, ["bob: I am bob", "bob: no, it is me"]);
  // What alice says to bob goes to him.
  await alice.chat("bob");
  await hears(bob, alice, "welcome");
  assertEquals(mallory.heard, []);
  await assertRejects(() => mallory.chat(alice.place), UserError);
});

Deno.test("somebody who is called by name has the key that the server vouches for, whoever has called before", async () => {
  await using server = start();
  await using alice = new Person("alice", server);
  await alice.client.register();
  await using mallory = impostor();
  await mallory.chat(alice.place);
  await hears(alice, mallory, "I am bob");
  await mallory.close();
  await alice.events.see("closed");
  await using bob = new Person("bob", server);
  await bob.client.register();
  await alice.chat("bob");
  await hears(bob, alice, "for bob alone");
  assertEquals(mallory.heard, []);
});

Deno.test("mail displaces as well, and a restart forgets nothing of whom a server vouches for", async () => {
  await using server = start();
  using alices = new Home("alice", server);
  await using bob = new Person("bob", server);
  {
    await using alice = await alices.come();
    await using mallory = impostor();
    await mallory.chat(alice.place);
    await hears(alice, mallory, "I am bob");
    await bob.client.register();
    await bob.chat("alice");
    await hears(alice, bob, "no, it is me");
  }
  await until(() => bob.events.of("closed").length > 0);
  await bob.send("by mail");
  await bob.events.see("deposited");
  await using alice = alices.start();
  // Without a server there is nobody to ask: bob's key holds, and mallory's is another.
  await using mallory = impostor();
  await assertRejects(() => mallory.chat(alice.place), UserError);
  await alice.client.register();
  await alice.events.see("message", ({ text }) => text === "by mail");
});
