// /nick: what the user calls somebody is kept, holds for their key alone, and looks like nobody else's name.

import { assertEquals } from "@std/assert";
import { UserError } from "../../../client/user_error.ts";
import { Identity } from "../../../shared/crypto/identity.ts";
import { Home, nowhere } from "../../support/client_fixture.ts";
import { EncryptedPeer } from "../../support/encrypted_peer.ts";
import { until } from "../../support/events.ts";
import { rejectsSaying } from "../../support/problems.ts";

const [bobs, carols, others] = [1, 2, 3].map(() => Identity.generate()) as [
  Identity,
  Identity,
  Identity,
];

Deno.test("a local name holds for a name and its key, also after a restart", async () => {
  using home = new Home("alice", nowhere);
  const { fingerprint } = bobs;
  const named = { name: "bob", fingerprint, localName: "bro" };
  {
    await using alice = home.start();
    const { people } = alice.client;
    using _bob = await EncryptedPeer.dial(alice.client.address, { id: "bob", identity: bobs });
    await until(() => alice.names.includes("bob"));
    assertEquals(people.nick("bro", "bob"), named);
    assertEquals(people.localName("bob"), "bro");
    assertEquals(people.localName("bob", others.fingerprint), undefined);
    assertEquals(people.localName("carol"), undefined);
  }
  await using alice = home.start();
  const { people } = alice.client;
  assertEquals([people.nicked(), people.localName("bob")], [[named], "bro"]);
  assertEquals(people.nick("Big.Bro", "bob").localName, "Big.Bro");
  assertEquals(people.localName("bob", fingerprint), "Big.Bro");
  assertEquals(people.unnick("bob").name, "bob");
  assertEquals([people.nicked(), people.localName("bob")], [[], undefined]);
  await refuses(() => people.unnick("bob"), "bob has no local name");
});

Deno.test("a local name is a name, of somebody with a key, and nobody else's", async () => {
  using home = new Home("alice", nowhere);
  await using alice = home.start();
  const { people, address } = alice.client;
  using _bob = await EncryptedPeer.dial(address, { id: "bob", identity: bobs });
  using _carol = await EncryptedPeer.dial(address, { id: "carol", identity: carols });
  await until(() => alice.names.length === 2);
  await refuses(() => people.nick("bro", "dave"), "No key of dave is known");
  for (const localName of ["my bro", "", "~bro", "brö", "a\u202eb", "x".repeat(33)]) {
    await refuses(() => people.nick(localName, "bob"), "can be no local name");
  }
  // A stranger keeps nobody from using a name.
  assertEquals(people.nick("c4rol", "bob").localName, "c4rol");
  people.unnick("bob");
  people.accept("carol");
  for (const localName of ["carol", "Carol", "car0l", "ca-rol"]) {
    await refuses(() => people.nick(localName, "bob"), "looks like carol");
  }
  people.nick("sis", "carol");
  await refuses(() => people.nick("s1s", "bob"), "looks like ~sis");
  // One's own name and local name are no other's.
  assertEquals(people.nick("Carol", "carol").localName, "Carol");
});

async function refuses(work: () => unknown, words: string): Promise<void> {
  await rejectsSaying(() => Promise.resolve().then(work), UserError, words);
}
