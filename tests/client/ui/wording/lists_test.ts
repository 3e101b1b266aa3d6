// Lists: of clients, conversations, commands, contacts and kept messages.

import { assertEquals } from "@std/assert";
import fc from "fast-check";
import { plainText } from "../../../../client/ui/script/script.ts";
import { type Answer, wordingOf } from "../../../../client/ui/wording/wording.ts";
import { conversationWith } from "../../../support/fake_client.ts";
import { entries } from "../../../support/hostile_shown.ts";
import { now, seenLines, yesterday } from "../../../support/shown_lines.ts";
import { keyOf } from "../../../support/store_fixture.ts";

const sentAtMs = now.getTime();
const address = { host: "127.0.0.1", port: 5557, source: { serverHost: "127.0.0.1" } };

/** Where the second column of each row begins. */
function columns(lines: readonly string[], seconds: readonly string[]): Set<number> {
  return new Set(seconds.map((second, i) => lines[i]!.indexOf(second)));
}

Deno.test("names of any length are aligned, in lists of clients, of peers and in the help", () => {
  const id = fc.stringMatching(/^[A-Za-z0-9._-]{1,32}$/);
  fc.assert(fc.property(fc.array(id, { minLength: 1, maxLength: 8 }), (ids) => {
    const seconds = ids.map(() => "127.0.0.1:5557");
    const clients = ids.map((id) => ({ id, address }));
    const listed = wordingOf({ type: "clients", count: ids.length, clients, selfId: "" }).lines;
    assertEquals(listed.length, ids.length + 1);
    // An id may itself look like the end of an address: the column starts at the place that all rows share.
    assertEquals(columns(listed.slice(1), seconds).size, 1);
    const conversations = ids.map((name) => conversationWith(name));
    const open = { type: "conversations", conversations, current: undefined } as const;
    assertEquals(columns(wordingOf(open).lines.slice(1), seconds).size, 1);
    const rows = ids.map((id) => [`/${id}`, "help"] as const);
    const { lines } = wordingOf({ type: "help", rows, examples: [] });
    assertEquals(new Set(lines.map((line) => line.lastIndexOf("help"))).size, 1);
  }));
});

Deno.test("what a legacy server lists, and is no id, stands in quotes, as much of it as is needed", () => {
  const clients = ["alice", "Jörg K. @home", "13:45  bob  hi", "x".repeat(4_000)]
    .map((id) => ({ id, address }));
  const { lines } = wordingOf({ type: "clients", count: 4, clients, selfId: "" });
  const rows = lines.map((line) => line.replace(/ +127\.0\.0\.1:5557$/, ""));
  assertEquals(rows.slice(1), [
    "  alice",
    "  “Jörg K. @home”",
    "  “13:45  bob  hi”",
    `  “${"x".repeat(59)}…”`,
  ]);
});

type Contact = Extract<Answer, { type: "contacts" }>["contacts"][number];

Deno.test("/who is a table: who is here, when they last wrote, and what waits", () => {
  const contact = (name: string, more: Partial<Contact>) => {
    const { person, devices } = conversationWith(name);
    const state = { name, person, devices, presence: undefined, connected: false, waiting: 0 };
    return { ...state, lastAtMs: yesterday, began: 1, ...more };
  };
  assertEquals(
    plainText({
      type: "contacts",
      contacts: [
        contact("bob", { presence: "online", connected: true, lastAtMs: sentAtMs }),
        contact("carol", { presence: "online" }),
        contact("dave", { presence: "away", waiting: 12 }),
        contact("e", { presence: "registered" }),
        contact("f", { waiting: 1 }),
        contact("g", { person: undefined, connected: true, lastAtMs: 0 }),
      ],
    }, now).split("\n"),
    [
      "you talk to 6 people:",
      "  bob    here, connected  13:45",
      "  carol  here             2026-01-01 23:05",
      "  dave   not here         2026-01-01 23:05  12 waiting",
      "  e      registered       2026-01-01 23:05",
      "  f      unknown          2026-01-01 23:05  1 waiting",
      "  g      here, plaintext",
      "",
    ],
  );
  assertEquals(
    plainText({ type: "contacts", contacts: [] }),
    "you have talked to nobody yet; /chat opens a conversation\n",
  );
});

const base = { row: 1, key: undefined, id: "0".repeat(32), atMs: sentAtMs, plaintext: false };
const kept = [
  { ...base, name: "bob", direction: "in", text: "Hi", sentAtMs: yesterday, state: "received" },
  { ...base, name: "bob", direction: "out", text: "a\nb", sentAtMs, state: "deposited" },
  { ...base, name: "carol", direction: "out", text: "c", sentAtMs, state: "read" },
  {
    ...base,
    name: "x",
    direction: "in",
    text: "→ bob  read\n13:45  bob  d",
    sentAtMs,
    state: "received",
    plaintext: true,
  },
] as const;

Deno.test("people read a history as a table, and no text in it passes for a row", () => {
  assertEquals(
    seenLines({ type: "history", entries: kept }),
    [
      "the last 4 messages:",
      "  2026-01-01 23:05  bob                      Hi",
      "             13:45  → bob    at the mailbox  a",
      "                    │                        b",
      "             13:45  → carol  read            c",
      "             13:45  x        [plaintext]     → bob  read",
      "                    │        [plaintext]     13:45  bob  d",
    ],
  );
});

Deno.test("people read what was found with numbers to go to, and scripts without", () => {
  const found = { type: "history", words: "a", entries: kept.slice(0, 2) } as const;
  assertEquals(seenLines(found), [
    "2 messages have “a”:",
    "  1  2026-01-01 23:05  bob                    Hi",
    "  2             13:45  → bob  at the mailbox  a",
    "                       │                      b",
    "  /goto and a number shows one of them where it was said",
  ]);
  assertEquals(plainText(found, now).split("\n").slice(1, 3), [
    "  2026-01-01 23:05  bob                    Hi",
    "             13:45  → bob  at the mailbox  a␊b",
  ]);
  const twelve = seenLines({ ...found, entries: Array(12).fill(kept[0]) });
  assertEquals([twelve[1]!.slice(0, 6), twelve[12]!.slice(0, 6)], ["   1  ", "  12  "]);
  assertEquals(seenLines({ ...found, entries: [] }), ["no message has “a”"]);
  assertEquals(
    seenLines({ type: "gone-to", name: "bob", row: 1, entries: kept.slice(0, 1), present: [] })[0],
    "what was said with bob then:",
  );
});

Deno.test("scripts read a line for each message of a history", () => {
  assertEquals(plainText({ type: "history", name: "bob", entries: kept }, now).split("\n"), [
    "the last 4 messages with bob:",
    "  2026-01-01 23:05  bob                      Hi",
    "             13:45  → bob    at the mailbox  a␊b",
    "             13:45  → carol  read            c",
    "             13:45  x        [plaintext]     → bob  read␊13:45  bob  d",
    "",
  ]);
  fc.assert(fc.property(entries, (entries) => {
    // Of one person.
    const printed = plainText({
      type: "history",
      entries: entries.map((entry) => ({ ...entry, key: keyOf(1) })),
    });
    assertEquals(printed.match(/\n/g)?.length, 1 + entries.length);
  }));
});

Deno.test("a history of received messages only has no column for states", () => {
  assertEquals(
    plainText({ type: "history", name: "bob", entries: [kept[0]] }, new Date(yesterday)),
    "the last message with bob:\n  23:05  bob  Hi\n",
  );
});

Deno.test("a list of messages has a title", () => {
  const entry = kept[0];
  const titles: [shown: Omit<Answer & { type: "history" }, "type">, title: string][] = [
    [{ entries: [] }, "no message yet"],
    [{ name: "bob", entries: [] }, "no message with bob yet"],
    [{ entries: [entry, entry] }, "the last 2 messages:"],
    [{ words: "supper", entries: [] }, "no message has “supper”"],
    [
      { words: "supper  — at ?", ignored: ["—", "?"], entries: [] },
      "no message has “supper at”; “—”, “?” cannot be searched for",
    ],
    [
      { words: "supper ? ! . ,", ignored: ["?", "!", ".", ","], entries: [entry] },
      "1 message has “supper”; “?”, “!”, “.” and 1 more cannot be searched for:",
    ],
    [{ words: "supper", entries: [entry] }, "1 message has “supper”:"],
    [{ words: "x".repeat(99), entries: kept }, `4 messages have “${"x".repeat(59)}…”:`],
  ];
  for (const [shown, title] of titles) {
    assertEquals(plainText({ type: "history", ...shown }).split("\n")[0], title);
  }
});
