import { DatabaseSync } from "node:sqlite";
import { assertEquals, assertMatch } from "@std/assert";
import fc from "fast-check";
import { openStore } from "../../../client/store/store.ts";
import {
  draft,
  fileStore,
  keyOf,
  outcomes,
  say,
  storedConversation,
  stream,
} from "../../support/store_fixture.ts";

Deno.test("history has the last messages of both sides, oldest first, with their times and states", () => {
  using t = storedConversation();
  const { history, incoming, outgoing, id } = t;
  say(outgoing, id, "a");
  outcomes(incoming, id, stream(["b"]));
  say(outgoing, id, "c");
  const entries = history.latest("alice", "bob", 9);
  assertEquals(
    entries.map(({ direction, text, sentAtMs, atMs, state }) =>
      [direction, text, sentAtMs, atMs, state] as unknown[]
    ),
    [
      ["out", "a", 1_000, 1_000, "waiting"],
      ["in", "b", 2_000, 3_000, "received"],
      ["out", "c", 1_000, 1_000, "waiting"],
    ],
  );
  assertEquals(history.latest("alice", "bob", 2).map(({ text }) => text), ["b", "c"]);
  assertEquals(history.latest("alice", "bob", 2, entries[1]!.row).map(({ text }) => text), ["a"]);
  assertEquals(history.latest("alice", "bob", 0), []);
  assertEquals(history.latest("alice", "carol", 9), []);
  assertEquals(history.latest("bob", undefined, 9), []);
});

Deno.test("history of all conversations, and of all keys of a name, is in one order", () => {
  const steps = fc.array(
    fc.record({ conversation: fc.nat({ max: 5 }), count: fc.nat({ max: 80 }) }),
    {
      maxLength: 12,
    },
  );
  fc.assert(
    fc.property(steps, fc.integer({ min: 1, max: 300 }), (steps, limit) => {
      using store = openStore(":memory:");
      const { conversations, history, outgoing } = store;
      const parties: [self: string, name: string, key: number][] = [
        ["alice", "bob", 1],
        ["alice", "bob", 2],
        ["alice", "carol", 1],
        ["eve", "bob", 1],
        ["alice", "dave", 1],
        ["eve", "carol", 2],
      ];
      const opened = parties.map(([self, name, key]) =>
        conversations.open({ self, name, key: keyOf(key) })
      );
      const said: { self: string; name: string; text: string }[] = [];
      for (const { conversation, count } of steps) {
        const { id, self, name } = opened[conversation]!;
        const texts = Array.from({ length: count }, (_, i) => `${said.length + i}`);
        outgoing.accept(texts.map((text) => draft(id, text)));
        for (const text of texts) said.push({ self, name, text });
      }
      const expected = (self: string, name?: string) =>
        said.filter((one) => one.self === self && (name ?? one.name) === one.name)
          .map(({ text }) => text);
      for (const name of [undefined, "bob", "carol"]) {
        const all = expected("alice", name);
        const last = history.latest("alice", name, limit);
        assertEquals(last.map(({ text }) => text), all.slice(-limit));
        if (last.length === 0) continue;
        assertEquals(
          history.latest("alice", name, limit, last[0]!.row).map(({ text }) => text),
          all.slice(0, -last.length).slice(-limit),
        );
      }
      assertEquals(
        [...history.export("alice", "bob")].map(({ text }) => text),
        expected("alice", "bob"),
      );
      assertEquals(
        [...history.export(undefined, "bob")].map(({ text }) => text),
        said.filter(({ name }) => name === "bob").map(({ text }) => text),
      );
    }),
    { numRuns: 50 },
  );
});

Deno.test("an export that is not read to its end blocks nobody, and includes what came meanwhile", () => {
  using file = fileStore();
  using store = file.open();
  const { conversations, history, outgoing } = store;
  const { id } = conversations.open({ self: "alice", name: "bob", key: keyOf(2) });
  say(outgoing, id, ...Array.from({ length: 1_000 }, (_, i) => `${i}`));
  const entries = history.export("alice", "bob")[Symbol.iterator]();
  assertEquals(entries.next().value?.text, "0");
  say(outgoing, id, "meanwhile");
  file.change("PRAGMA wal_checkpoint(TRUNCATE)");
  let last;
  for (let entry; !(entry = entries.next()).done;) last = entry.value.text;
  assertEquals(last, "meanwhile");
});

Deno.test("a history is read in parts, back and forth, and no message is left out", () => {
  fc.assert(
    fc.property(fc.nat({ max: 130 }), fc.integer({ min: 1, max: 70 }), (count, size) => {
      using t = storedConversation();
      const { history, outgoing, id } = t;
      for (let i = 0; i < count; i++) say(outgoing, id, String(i));
      const expected = Array.from({ length: count }, (_, i) => String(i));
      const texts = (page: ReturnType<typeof history.page>) => page.map(({ text }) => text);
      const back: string[] = [];
      let before: number | undefined;
      for (;;) {
        const page = history.page("alice", "bob", size, before === undefined ? {} : { before });
        if (page.length === 0) break;
        back.unshift(...texts(page));
        before = page[0]!.row;
      }
      assertEquals(back, expected);
      const forth: string[] = [];
      for (let behind = 0;;) {
        const page = history.page("alice", "bob", size, { behind });
        if (page.length === 0) break;
        forth.push(...texts(page));
        behind = page.at(-1)!.row;
      }
      assertEquals(forth, expected);
    }),
    { numRuns: 30 },
  );
});

Deno.test("a part of a history is found by an index, and sorted by it", () => {
  using store = fileStore();
  store.open()[Symbol.dispose]();
  using database = new DatabaseSync(store.path);
  for (const [sign, order] of [[">", "ASC"], ["<", "DESC"]]) {
    const plan = database.prepare(
      `EXPLAIN QUERY PLAN SELECT m.row FROM messages m
       WHERE m.conversation = ? AND m.row ${sign} ? ORDER BY m.row ${order} LIMIT ?`,
    ).all(1, 1, 1).map(({ detail }) => String(detail));
    assertEquals(plan.length, 1);
    assertMatch(plan[0]!, /^SEARCH m USING .*INDEX messages_by_row \(conversation=\? AND rowid/);
  }
});
