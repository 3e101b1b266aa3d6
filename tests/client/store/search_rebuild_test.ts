// A store that version 0.3.0 has written has an index that this version does not use. The present index is made
// in steps, from the last message to the first one, and until it is done nothing is missing from what is found.

import { assert, assertEquals } from "@std/assert";
import { DatabaseSync } from "node:sqlite";
import type { Store } from "../../../client/store/store.ts";
import {
  conversationIn,
  fileStore,
  keyBytesOf,
  say,
  searched,
} from "../../support/store_fixture.ts";

const textKey = keyBytesOf(7);
/** Enough for several steps. */
const length = 3_500;
/** Turns the index back into the one of version 0.3.0. */
const asBefore = `
  INSERT INTO words (rowid, text) SELECT row, text FROM messages;
  UPDATE keeping SET indexed = (SELECT max(row) FROM messages);`;

/** A store as version 0.3.0 leaves it, with messages from 0 to {@linkcode length} - 1. */
function oldStore() {
  const file = fileStore();
  {
    using store = file.open({ textKey });
    say(store.outgoing, conversationIn(store), ...Array.from({ length }, (_, i) => textOf(i)));
  }
  file.downgrade();
  file.change(asBefore);
  return {
    ...file,
    rows: () => file.query("SELECT above, up_to FROM token_rows"),
    /** How many messages the index of version 0.3.0 has. */
    old: () => file.query("SELECT indexed FROM keeping"),
  };
}

function textOf(i: number): string {
  return `第${i}回の夕食 number ${i}`;
}

function find({ history }: Store, words: string, limit = 9): string[] {
  return searched(history, "alice", words, limit).map(({ text }) => text);
}

Deno.test("opening an old store indexes nothing", () => {
  using old = oldStore();
  using _store = old.open();
  assertEquals(old.rows(), { above: length, up_to: length });
  assertEquals(old.old(), { indexed: length });
});

Deno.test("what was said last is found before the index is done", () => {
  using old = oldStore();
  using store = old.open();
  assertEquals(find(store, "夕食", 3), [3_497, 3_498, 3_499].map(textOf));
  assertEquals(old.rows(), { above: length - 1_000, up_to: length });
  // The next search goes on with it.
  assertEquals(find(store, `第${length - 1_500}回`), [textOf(length - 1_500)]);
  assertEquals(old.rows(), { above: 0, up_to: length });
});

Deno.test("what was said first is found at once, and the index of 0.3.0 makes room", () => {
  using old = oldStore();
  using store = old.open();
  const pages = () => (old.query("SELECT count(*) AS count FROM words_data") as { count: number });
  assert(pages().count > 2);
  assertEquals(find(store, "第0回の"), [textOf(0)]);
  assertEquals(find(store, "第7回 number"), [textOf(7)]);
  assertEquals(old.rows(), { above: 0, up_to: length });
  assertEquals([old.old(), pages()], [{ indexed: 0 }, { count: 2 }]);
});

Deno.test("what is written meanwhile is found as well, in its order", () => {
  using old = oldStore();
  using store = old.open();
  using other = old.open();
  const id = conversationIn(store);
  find(store, "夕食", 1);
  say(store.outgoing, id, "夕食 first");
  const steps = store.history.search("alice", "夕食", 2_000);
  steps.next();
  say(other.outgoing, id, ...Array(1_500).fill("more"), "夕食 second");
  let step;
  while (!(step = steps.next()).done);
  assertEquals(step.value.entries.at(-1)!.text, "夕食 first");
  assertEquals(step.value.entries.length, 2_000);
  assertEquals(find(store, "夕食", 3), [textOf(length - 1), "夕食 first", "夕食 second"]);
  assertEquals(find(other, "第1回の"), [textOf(1)]);
});

Deno.test("if the index cannot be written, all is found without it", () => {
  using old = oldStore();
  using store = old.open({ busyTimeoutMs: 0 });
  using writer = new DatabaseSync(old.path);
  writer.exec("BEGIN IMMEDIATE");
  assertEquals(find(store, "第0回の"), [textOf(0)]);
  assertEquals(find(store, "夕食", 5_000).length, length);
  assertEquals(old.rows(), { above: length, up_to: length });
});

Deno.test("texts that are sealed, or unsealed, while they are searched are found", () => {
  using old = oldStore();
  using store = old.open({ textKey });
  find(store, "夕食", 1);
  for (const sealed of [true, false]) {
    const steps = store.history.search("alice", "第2回の", 9);
    steps.next();
    old.open({ textKey, sealed })[Symbol.dispose]();
    let step;
    while (!(step = steps.next()).done);
    assertEquals(step.value.entries.map(({ text }) => text), [textOf(2)]);
  }
  assertEquals(find(store, "第3回の"), [textOf(3)]);
  assertEquals(old.rows(), { above: 0, up_to: length });
});

Deno.test("if version 0.3.0 seals the texts, their tokens are not left in the file", () => {
  using old = oldStore();
  using store = old.open({ textKey });
  assertEquals(find(store, "number 0"), [textOf(0)]);
  assertEquals(old.rows(), { above: 0, up_to: length });
  // As 0.3.0 begins. What it does then is no different.
  old.change(`UPDATE keeping SET sealed = 1, converting = 1, indexed = 0;
    INSERT INTO words (words) VALUES ('delete-all')`);
  assertEquals(old.query("SELECT count(*) AS count FROM tokens_data"), { count: 2 });
  assertEquals(find(store, "number 0"), [textOf(0)]);
  assertEquals(old.query("SELECT count(*) AS count FROM tokens_data"), { count: 2 });
});
