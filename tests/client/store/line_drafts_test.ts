// Half-typed lines: each comes back where it was begun, and nowhere else.

import { assert, assertEquals, assertThrows } from "@std/assert";
import { DatabaseSync } from "node:sqlite";
import type { Store } from "../../../client/store/store.ts";
import { emptyConversationsMax, lineDraftsMax } from "../../../client/store/store_limits.ts";
import { UserError } from "../../../client/user_error.ts";
import type { PublicKey } from "../../../shared/crypto/public_key.ts";
import { fileStore, keyOf, storedConversation } from "../../support/store_fixture.ts";

/** A name's key is known, and something was begun with its owner. */
function meets(store: Store, name: string, key: PublicKey): number {
  store.knownPeers.remember(name, key);
  return store.conversations.open({ self: "alice", name, key }).id;
}

const typed = (text: string) => ({ text, typed: text.length, isForAnother: false });

Deno.test("each conversation has a line of its own, and so has nobody", () => {
  using store = storedConversation();
  meets(store, "bob", keyOf(2));
  meets(store, "carol", keyOf(3));
  const drafts = store.lineDrafts.of("alice");
  assertEquals([drafts.read("bob"), drafts.read("")], [undefined, undefined]);
  const pasted = { text: "for carol\n/quit \0é👨‍👩‍👧", typed: 4, isForAnother: true };
  drafts.write("bob", typed("for bob"));
  drafts.write("carol", pasted);
  drafts.write("", typed("/chat da"));
  assertEquals(drafts.read("bob"), typed("for bob"));
  assertEquals(drafts.read("carol"), pasted);
  assertEquals(drafts.read(""), typed("/chat da"));
  drafts.write("bob", typed("for bob alone"));
  assertEquals(drafts.read("bob"), typed("for bob alone"));
  // What was sent or cleared is none any more.
  drafts.write("bob", typed(""));
  drafts.write("", typed(""));
  assertEquals([drafts.read("bob"), drafts.read("")], [undefined, undefined]);
  assertEquals(drafts.read("carol")?.typed, 4);
  // Those of another own name are others.
  const others = store.lineDrafts.of("alice2");
  others.write("", typed("mine"));
  assertEquals([others.read("carol"), others.read(""), drafts.read("")], [
    undefined,
    typed("mine"),
    undefined,
  ]);
});

Deno.test("a line is not kept for somebody who may be another one the next time", () => {
  using store = storedConversation();
  const drafts = store.lineDrafts.of("alice");
  const write = (name: string) => drafts.write(name, typed(`for ${name}`));
  // Without a key; with a key and no conversation; and known to nobody.
  store.conversations.open({ self: "alice", name: "old", key: undefined });
  store.knownPeers.remember("called", keyOf(4));
  for (const name of ["old", "called", "127.0.0.1:5557"]) {
    write(name);
    assertEquals(drafts.read(name), undefined);
  }
  // With another key than the one that the line was begun for.
  meets(store, "bob", keyOf(2));
  write("bob");
  store.knownPeers.remember("bob", keyOf(5));
  assertEquals(drafts.read("bob"), undefined);
  meets(store, "bob", keyOf(5));
  assertEquals(drafts.read("bob"), undefined);
  drafts.write("bob", typed("anew"));
  assertEquals(drafts.read("bob"), typed("anew"));
  store.knownPeers.remember("bob", keyOf(2));
  assertEquals(drafts.read("bob"), undefined);
});

Deno.test("of many lines the latest are kept, and a conversation with one does not make room", () => {
  using store = storedConversation();
  const drafts = store.lineDrafts.of("alice");
  const names = Array.from({ length: lineDraftsMax + 2 }, (_, i) => `peer${i}`);
  names.forEach((name, i) => {
    store.knownPeers.remember(name, keyOf(i % 200 + 3));
    store.conversations.open({ self: "alice", name, key: keyOf(i % 200 + 3) });
    drafts.write(name, typed(name));
  });
  assertEquals(names.filter((name) => drafts.read(name) === undefined), ["peer0", "peer1"]);
  for (let i = 0; i < emptyConversationsMax; i++) {
    store.conversations.open({ self: "alice", name: `caller${i}`, key: keyOf(9) });
  }
  assertEquals(names.filter((name) => drafts.read(name) === undefined), ["peer0", "peer1"]);
});

Deno.test("a store of an earlier version has room for lines at once, and loses them with a conversation", () => {
  using file = fileStore();
  {
    using store = file.open();
    meets(store, "bob", keyOf(2));
  }
  file.downgrade();
  {
    using store = file.open();
    store.lineDrafts.of("alice").write("bob", typed("half"));
  }
  {
    using store = file.open();
    assertEquals(store.lineDrafts.of("alice").read("bob"), typed("half"));
  }
  // As version 0.3.0 does it.
  file.change("DELETE FROM conversations WHERE name = 'bob'");
  assertEquals(file.query("SELECT count(*) AS count FROM line_drafts"), { count: 0 });
});

Deno.test("a line waits for no other program that writes, and can be kept afterwards", () => {
  using file = fileStore();
  using store = file.open();
  meets(store, "bob", keyOf(2));
  const drafts = store.lineDrafts.of("alice");
  {
    using other = new DatabaseSync(file.path);
    other.exec("BEGIN IMMEDIATE");
    const beganAtMs = performance.now();
    const error = assertThrows(() => drafts.write("bob", typed("half")), UserError);
    assertEquals(error.problem.code, "store-refused");
    assert(performance.now() - beganAtMs < 1_000, "it has waited");
    assertEquals(drafts.read("bob"), undefined);
    other.exec("ROLLBACK");
  }
  drafts.write("bob", typed("half"));
  assertEquals(drafts.read("bob"), typed("half"));
});
