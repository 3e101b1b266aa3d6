// However many strangers write, they displace no contact from what the user sees.

import { assert, assertEquals } from "@std/assert";
import {
  contactStates,
  isNewsToServer,
  knownNames,
  namesToWatch,
} from "../../../client/conversations/contacts.ts";
import type { Rendezvous } from "../../../client/rendezvous/rendezvous.ts";
import { openStore, type Store } from "../../../client/store/store.ts";
import { watchedMax } from "../../../shared/protocol/limits.ts";
import { fingerprintOf, publicKeyFrom } from "../../../shared/crypto/public_key.ts";
import { befriend } from "../../support/friends.ts";
import { keyBytesOf, stream } from "../../support/store_fixture.ts";

function keyOfSender(i: number) {
  const bytes = keyBytesOf(9);
  new DataView(bytes.buffer).setUint32(0, i);
  return publicKeyFrom(bytes);
}

/** A store with some contacts, to which so many strangers have written a line each since. */
function crowded(contacts: number, strangers: number): Store {
  const store = openStore(":memory:");
  const write = (name: string, i: number, unknown: boolean) => {
    const { id } = store.conversations.open({ self: "alice", name, key: keyOfSender(i) });
    store.incoming.receive(id, stream(["hello"]), 1_000 + i, unknown);
  };
  for (let i = 0; i < contacts; i++) {
    befriend(store, `friend${i}`, keyOfSender(i));
    write(`friend${i}`, i, false);
  }
  for (let i = contacts; i < contacts + strangers; i++) write(`stranger${i}`, i, true);
  return store;
}

Deno.test("61 strangers who write a line each take no contact from /who, the watching and the names", () => {
  using store = crowded(3, 61);
  const friends = ["friend2", "friend1", "friend0"];
  const nothing = { state: () => undefined, presence: () => undefined };
  const who = contactStates(store, "alice", [], nothing).map(({ name }) => name);
  assertEquals(who.slice(0, 3), friends);
  const byBeginning = contactStates(store, "alice", [], nothing)
    .toSorted((a, b) => a.began - b.began).map(({ name }) => name);
  assertEquals(byBeginning.slice(0, 3), friends.toReversed());
  assertEquals(who[3], "stranger63");
  const watched = namesToWatch(store, "alice", []);
  assertEquals([watched.slice(0, 3), watched.length], [friends, watchedMax]);
  assertEquals(knownNames(store, "alice").slice(0, 3), friends);
});

Deno.test("if there are more contacts than are listed, they are the latest", () => {
  using store = crowded(watchedMax + 5, 5);
  const watched = namesToWatch(store, "alice", []);
  assertEquals(watched.length, watchedMax);
  assert(watched.every((name) => name.startsWith("friend")));
  assertEquals(watched[0], `friend${watchedMax + 4}`);
});

Deno.test("nobody is listed or watched whom the user has blocked", () => {
  using store = crowded(2, 2);
  for (const i of [1, 3]) {
    store.blockedKeys.add({ fingerprint: fingerprintOf(keyOfSender(i)), name: undefined }, 1);
  }
  const nothing = { state: () => undefined, presence: () => undefined };
  const left = ["friend0", "stranger2"];
  assertEquals(contactStates(store, "alice", [], nothing).map(({ name }) => name), left);
  assertEquals(namesToWatch(store, "alice", []), left);
  assertEquals(knownNames(store, "alice"), left);
});

Deno.test("whom to watch is asked of the store only if a server may not know it yet", () => {
  const connection = {} as Rendezvous["connection"] & object;
  const away = { connection: undefined, watches: () => false };
  const there = { connection, watches: (name: string) => name === "bob" };
  assertEquals(isNewsToServer(away, "bob"), false);
  assertEquals(isNewsToServer(away, undefined), false);
  assertEquals(isNewsToServer(there, "bob"), false);
  assertEquals(isNewsToServer(there, "carol"), true);
  // Somebody is to be watched no more, say: only the whole list tells.
  assertEquals(isNewsToServer(there, undefined), true);
});
