import { assert, assertEquals } from "@std/assert";
import fc from "fast-check";
import type { LegacyItem } from "../../../../client/link/legacy/legacy_block.ts";
import { LegacyLines } from "../../../../client/link/legacy/legacy_lines.ts";
import { messageBytesMax } from "../../../../shared/protocol/limits.ts";

const id = (id: string | undefined, address?: { host: string; port: number }): LegacyItem => ({
  type: "introduction",
  introduction: { id, address },
});
const text = (text: string): LegacyItem => ({ type: "text", text });
const quit: LegacyItem = { type: "quit" };

/** What chunks mean, and the end after them. */
function read(...chunks: string[]): LegacyItem[] {
  const lines = new LegacyLines();
  const items = [...chunks.flatMap((chunk) => lines.push(chunk)), ...lines.flush()];
  // A QUIT at the very end takes a second look.
  return [...items, ...lines.flush()];
}

const opening = "CHAT\r\nclientID: bob\r\nIP: 127.0.0.1\r\nPort: 5557\r\n\r\n";

const bob = id("bob", { host: "127.0.0.1", port: 5557 });

const cases: [what: string, said: string, items: LegacyItem[]][] = [
  ["an opening says who it is", opening, [bob]],
  ["an opening may have no space after its colons", "CHAT\r\nclientID:bob\r\n\r\n", [id("bob")]],
  ["an id that is none is no id", "CHAT\r\nclientID: b b\r\n\r\n", []],
  ["an opening says where it listens", "CHAT\r\nIP:\r\nPort: 5557\r\n\r\n", [
    id(undefined, { host: "", port: 5557 }),
  ]],
  ["a port that is none is none", "CHAT\r\nclientID: bob\r\nIP: 1.2.3.4\r\nPort: 0\r\n\r\n", [
    id("bob"),
  ]],
  ["after the opening each line is a text", opening + "one\r\ntwo\r\n", [
    bob,
    text("one"),
    text("two"),
  ]],
  ["lines may end with LF alone", "CHAT\nclientID: bob\n\none\ntwo\n", [
    id("bob"),
    text("one"),
    text("two"),
  ]],
  ["QUIT and an empty line end it", opening + "bye\r\nQUIT\r\n\r\n", [
    bob,
    text("bye"),
    quit,
  ]],
  ["QUIT as the last line ends it", opening + "QUIT\r\n", [bob, quit]],
  ["QUIT without a line end ends it", opening + "QUIT", [bob, quit]],
  ["QUIT before another line was a text", opening + "QUIT\r\nsmoking\r\n", [
    bob,
    text("QUIT"),
    text("smoking"),
  ]],
  ["QUIT twice and an empty line is a text, then the end", opening + "QUIT\r\nQUIT\r\n\r\n", [
    bob,
    text("QUIT"),
    quit,
  ]],
  [
    "a CHAT for each message has its text as a bare line",
    "CHAT\r\nclientID: x\r\nHello\r\n\r\nCHAT\r\nclientID: x\r\nagain\r\n\r\n",
    [id("x"), text("Hello"), id("x"), text("again")],
  ],
  ["a line like a header is a text outside of an opening", opening + "IP: is a network layer\r\n", [
    bob,
    text("IP: is a network layer"),
  ]],
  ["an unknown header is a text, so that none is lost", "CHAT\r\nNote: well\r\n\r\n", [
    text("Note: well"),
  ]],
  ["what has no line end is a text at the end", opening + "unfinished", [
    bob,
    text("unfinished"),
  ]],
];

for (const [what, said, items] of cases) {
  Deno.test(`lines of a relative: ${what}`, () => assertEquals(read(said), items));

  Deno.test(`lines of a relative, cut anywhere: ${what}`, () => {
    for (let cut = 1; cut < said.length; cut++) {
      assertEquals(read(said.slice(0, cut), said.slice(cut)), items);
    }
  });
}

Deno.test("any cuts of any lines give the same items", () => {
  const line = fc.constantFrom(
    "CHAT",
    "QUIT",
    "",
    "clientID: bob",
    "IP: 1",
    "hi",
    "\r",
    "é🙂",
    " ",
  );
  const end = fc.constantFrom("\r\n", "\n", "");
  const said = fc.array(fc.tuple(line, end), { maxLength: 20 })
    .map((lines) => lines.map(([line, end]) => line + end).join(""));
  fc.assert(fc.property(said, fc.array(fc.nat(100)), (said, cuts) => {
    const places = [...cuts.filter((cut) => cut < said.length), said.length].sort((a, b) => a - b);
    assertEquals(read(...places.map((to, i) => said.slice(places[i - 1] ?? 0, to))), read(said));
  }));
});

Deno.test("a line without an end is shown in parts, and never kept beyond a message's length", () => {
  const lines = new LegacyLines();
  let shown = 0;
  for (let i = 0; i < 100; i++) {
    for (const item of lines.push("x".repeat(1_000))) {
      assert(item.type === "text");
      shown += item.text.length;
    }
    assert((i + 1) * 1_000 - shown <= messageBytesMax);
  }
  assert(shown > 0);
});

Deno.test("a line that has begun is pending until it is flushed", () => {
  const lines = new LegacyLines();
  assertEquals(lines.pending, false);
  lines.push("half a line");
  assertEquals(lines.pending, true);
  assertEquals(lines.flush(), [text("half a line")]);
  assertEquals(lines.pending, false);
  lines.push("QUIT\r\n");
  assertEquals(lines.pending, true);
  assertEquals(lines.flush(), [quit]);
  assertEquals(lines.pending, false);
});
