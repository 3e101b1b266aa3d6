// Who has named the address that is kept with a conversation.

import { assertEquals } from "@std/assert";
import { Home, nowhere, type Person } from "../../support/client_fixture.ts";
import { befriend } from "../../support/friends.ts";
import { start } from "../../support/server_fixture.ts";
import { WatchedNetwork } from "../../support/watched_network.ts";

/** Who has named the address of somebody, for somebody else. */
function sourceOf(home: Home, id: string) {
  return home.store.conversations.find(home.id, id)[0]?.address?.source;
}

async function leave(...people: Person[]): Promise<void> {
  for (const person of people) await person.client.stop();
}

Deno.test("an address that the user has typed is the user's word, and the caller's that of a stranger", async () => {
  using home = new Home("alice", nowhere);
  using bobs = new Home("bob", nowhere);
  await using alice = home.start();
  await using bob = bobs.start();
  await alice.chat(bob.place);
  await bob.events.see("opened");
  assertEquals([sourceOf(home, "bob"), sourceOf(bobs, "alice")], ["user", "caller"]);
  await leave(alice, bob);

  // Bob has answered now, so that the next call is a contact's.
  await using again = home.start({ port: alice.client.address.port });
  await using bobAgain = bobs.start();
  await bobAgain.chat(again.place);
  await leave(again, bobAgain);
  await using last = home.start();
  await using bobLast = bobs.start();
  await last.chat(bobLast.place);
  await bobLast.events.see("opened");
  assertEquals(sourceOf(bobs, "alice"), "contact");
});

Deno.test("where a call by name was answered is as good as a contact's word", async () => {
  await using server = start();
  using home = new Home("alice", server);
  using bobs = new Home("bob", server);
  await using bob = await bobs.come();
  await using alice = await home.come();
  await alice.chat("bob");
  assertEquals([sourceOf(home, "bob"), bob.client.address.host], ["contact", "127.0.0.1"]);
});

Deno.test("what a contact or the user has named is called if the server's word is not followed", async () => {
  for (
    const [source, isCalled] of [["user", true], ["contact", true], ["caller", false]] as const
  ) {
    await using server = start();
    const watched = new WatchedNetwork();
    using home = new Home("alice", server, { network: watched.network });
    using bobs = new Home("bob", server);
    await using bob = await bobs.come();
    const { publicKey: key } = bobs.identity;
    befriend(home.store, "bob", key);
    const address = { host: "10.9.9.9", port: 80, source };
    home.store.conversations.open({ self: "alice", name: "bob", key }, { address });
    await using alice = home.start();
    // The server says 127.0.0.1, and seems to be elsewhere.
    const { how, why } = await alice.chat("bob");
    assertEquals([how, why?.code], ["away", isCalled ? "peer-unreachable" : "address-not-called"]);
    await alice.send("are you there?");
    await alice.client.allDelivered();
    assertEquals([...new Set(watched.called)], isCalled ? ["10.9.9.9:80"] : []);
    assertEquals(bob.heard, []);
  }
});
