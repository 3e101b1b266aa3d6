// First contact, between whole clients over real connections: the key is shown, then remembered.

import { assertEquals, assertMatch } from "@std/assert";
import { DatabaseSync } from "node:sqlite";
import { KnownPeers } from "../../../client/store/known_peers.ts";
import { Transactions } from "../../../client/store/transactions.ts";
import { openStore } from "../../../client/store/store.ts";
import { temporaryDirectory } from "../../support/places.ts";
import { nowhere, Person } from "../../support/client_fixture.ts";
import { openingLinksPerHostMax } from "../../../shared/protocol/limits.ts";
import { EncryptedPeer } from "../../support/encrypted_peer.ts";
import { until } from "../../support/events.ts";
import { sentenceOf } from "../../support/problems.ts";

Deno.test("on first contact each is told the other's key, and after that no more", async () => {
  await using alice = new Person("alice", nowhere);
  await using bob = new Person("bob", nowhere);
  for (let i = 1; i <= 3; i++) {
    await alice.chat(bob.place);
    await bob.events.count("opened", i);
    await alice.close();
    await bob.events.count("closed", i);
  }
  await bob.chat(alice.place);
  for (const [one, other] of [[alice, bob], [bob, alice]] as const) {
    assertEquals(one.events.of("first-contact"), [{
      type: "first-contact",
      name: other.client.id,
      fingerprint: other.identity.fingerprint,
      ...one === bob && { unasked: true },
      vouched: false,
    }]);
    assertEquals(one.events.of("opened").map(({ security }) => security), [
      "encrypted",
      "encrypted",
      "encrypted",
      "encrypted",
    ]);
    assertEquals(one.events.of("problem"), []);
  }
});

Deno.test("of several who come at once under a new name, one is trusted", async () => {
  await using alice = new Person("alice", nowhere);
  const peers = await Promise.all(
    Array.from(
      { length: openingLinksPerHostMax },
      () => EncryptedPeer.dial(alice.client.address, { id: "bob" }),
    ),
  );
  try {
    await until(() => alice.names.length === 1);
    assertEquals(alice.events.of("first-contact").length, 1);
    assertEquals(alice.events.of("opened").length, 1);
    for (const peer of peers) await peer.send("MSG\r\nId: 1\r\nText: hello\r\n\r\n");
    const answers = await Promise.all(peers.map((peer) => peer.message()));
    assertEquals(answers.filter((answer) => answer.startsWith("ACK\r\n")).length, 1);
    assertEquals(
      answers.filter((answer) => answer.startsWith("ERROR\r\nCode: 403")).length,
      openingLinksPerHostMax - 1,
    );
    assertEquals(alice.heard, ["bob: hello"]);
  } finally {
    for (const peer of peers) peer.close();
  }
});

Deno.test("the user is told of a store that cannot be written, and the conversation goes on", async () => {
  using place = temporaryDirectory();
  const path = `${place.path}/store.db`;
  openStore(path)[Symbol.dispose]();
  const database = new DatabaseSync(path);
  database.exec("PRAGMA query_only = 1");
  using memory = openStore(":memory:");
  const store = { ...memory, knownPeers: new KnownPeers(database, new Transactions(database)) };
  const alice = new Person("alice", nowhere, { store });
  try {
    await using bob = new Person("bob", nowhere);
    await alice.chat(bob.place);
    assertMatch(
      sentenceOf((await alice.events.see("problem")).problem),
      /^Cannot save the key of bob: it is read-only.* Next time it will be new again$/,
    );
    await bob.send("hello");
    await alice.events.see("message");
    await bob.chat(alice.place);
  } finally {
    await alice.client.stop();
    database.close();
  }
});
