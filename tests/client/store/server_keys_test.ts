import { assertEquals } from "@std/assert";
import { openStore } from "../../../client/store/store.ts";
import { Identity } from "../../../shared/crypto/identity.ts";
import { temporaryDirectory } from "../../support/places.ts";

Deno.test("that a key is a server's word is kept until the key is proven", () => {
  using place = temporaryDirectory();
  const path = `${place.path}/store.db`;
  const party = { self: "alice", name: "bob", key: Identity.generate().publicKey };
  {
    using store = openStore(path);
    const { id } = store.conversations.open(party);
    assertEquals(store.serverKeys.has(id), false);
    store.serverKeys.add(id);
    store.serverKeys.add(id);
  }
  {
    using store = openStore(path);
    const { id } = store.conversations.open(party);
    assertEquals(store.serverKeys.has(id), true);
    assertEquals(store.serverKeys.has(id + 1), false);
    store.serverKeys.proven(id);
  }
  using store = openStore(path);
  assertEquals(store.serverKeys.has(store.conversations.open(party).id), false);
});
