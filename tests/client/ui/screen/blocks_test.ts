// What was said in a conversation, as rows.

import { assert, assertEquals } from "@std/assert";
import fc from "fast-check";
import { allSigns, asciiSigns } from "../../../../client/ui/own_signs.ts";
import { themes } from "../../../../client/ui/theme.ts";
import {
  blocksOf,
  type BlockStyle,
  type MessageRows,
  type Section,
} from "../../../../client/ui/screen/blocks.ts";
import { columnsOf } from "../../../../shared/text/columns.ts";
import { ownNames } from "../../../../client/ui/local_names.ts";
import { BoundedMap } from "../../../../shared/collections/bounded_map.ts";
import { hostile } from "../../../support/hostile_shown.ts";
import { obeyed } from "../../../support/hostile_text/hostile_text.ts";
import { entry } from "../../../support/screen_fixture.ts";
import { sgr } from "../../../support/shown_lines.ts";
import { keyOf, printOf } from "../../../support/store_fixture.ts";

const style: BlockStyle = {
  self: "alice",
  name: "bob",
  nameFor: ownNames,
  columns: 40,
  newFrom: undefined,
  found: undefined,
  notices: [],
  own: allSigns,
  theme: themes.none,
  made: new BoundedMap(1),
};

function rowsOf(section: Partial<Section>, changes: Partial<BlockStyle> = {}): string[] {
  const whole = { entries: [], before: entry(-1), isEnd: true, ...section };
  return blocksOf(whole, { ...style, made: new BoundedMap(9), ...changes }).flatMap(({ rows }) =>
    rows
  );
}

Deno.test("a message has its time and its author, and one's own what became of it", () => {
  const states = ["waiting", "deposited", "delivered", "read", "sent"] as const;
  const entries = [
    entry(0, { text: "hi alice" }),
    ...states.map((state, i) => entry(i + 1, { direction: "out", state, text: "hi" })),
  ];
  assertEquals(rowsOf({ entries }), [
    "12:00 bob    hi alice",
    "12:01 alice  hi                        …",
    "12:02 alice  hi                        ✉",
    "12:03 alice  hi                        ✓",
    "12:04 alice  hi                       ✓✓",
    "12:05 alice  hi                        →",
  ]);
});

Deno.test("where there is only ASCII, the program's signs are of it, and what people write stays as it is", () => {
  const entries = [
    entry(0, { text: "“Grüße” — … ✓\n→ │" }),
    entry(1, { direction: "out", state: "read", text: "●" }),
  ];
  const rows = rowsOf({ entries, before: undefined }, { own: asciiSigns });
  assert(/^-+ .* -+$/.test(rows[0]!), rows[0]);
  assertEquals(rows.slice(1), [
    "12:00 bob    “Grüße” — … ✓",
    "           | → │",
    "12:01 alice  ●                        vv",
  ]);
});

Deno.test("what continues a message is marked, and no message can pass for two", () => {
  const entries = [
    entry(0, { text: "yes, and two lines\nbelong to one message that is long\n12:01 carol  no" }),
  ];
  assertEquals(rowsOf({ entries }), [
    "12:00 bob    yes, and two lines",
    "           │ belong to one message",
    "           │ that is long",
    "           │ 12:01 carol  no",
  ]);
  const plaintext = entry(0, { text: "a\nb", plaintext: true });
  assertEquals(rowsOf({ entries: [plaintext], before: entry(-1, { plaintext: true }) }), [
    "12:00 bob    [plaintext] a",
    "           │ [plaintext] b",
  ]);
});

Deno.test("a line says where another day begins, what is new, and that somebody else has the name", () => {
  const dayMs = 24 * 3_600_000;
  const entries = [entry(0), entry(2, { sentAtMs: entry(0).sentAtMs + dayMs, key: keyOf(3) })];
  const rows = rowsOf({ entries }, { newFrom: entries[1]!.row });
  assertEquals(rows[1], "─────────── Thu 26 Nov 2026 ────────────");
  assertEquals(rows[2], "───────────────── new ──────────────────");
  assert(rows[3]!.startsWith("— from here on bob has the key"), rows[3]);
});

Deno.test("what happened stands between the messages where it happened", () => {
  const notices = [5, 10, 10, 20].map((afterRow, i) => ({
    afterRow,
    rows: () => [`* ${i}`],
  }));
  const entries = [entry(0), entry(1, { direction: "in" })];
  assertEquals(rowsOf({ entries, before: undefined }, { notices }).slice(2), [
    "12:00 bob    text 0",
    "* 1",
    "* 2",
    "12:01 bob    text 1",
    "* 3",
  ]);
});

Deno.test("no row is wider than the view, however narrow that is", () => {
  const text = fc.oneof(
    fc.string({ unit: "grapheme", maxLength: 60 }),
    fc.constantFrom(
      "👨‍👩‍👧‍👦".repeat(9),
      "你好吗".repeat(20),
      "สวัสดี".repeat(9),
      "e\u0301".repeat(50),
      "x".repeat(200),
    ),
  );
  fc.assert(
    fc.property(text, fc.integer({ min: 30, max: 90 }), fc.boolean(), (text, columns, own) => {
      const entries = [entry(0, { text, direction: own ? "out" : "in" })];
      for (const row of rowsOf({ entries }, { columns })) {
        assert(columnsOf(row) <= columns, `${columns}: ${row}`);
      }
    }),
  );
});

Deno.test("somebody whom the user calls something else is that, as long as it is their key", () => {
  const nameFor: BlockStyle["nameFor"] = (name, person = printOf(3)) =>
    person === printOf(3) ? "~bro" : name;
  const entries = [
    entry(0, { key: keyOf(2), text: "before" }),
    entry(1, { direction: "in", key: keyOf(3), text: "now" }),
    entry(2, { direction: "out", key: keyOf(3), text: "hi" }),
  ];
  const made = new BoundedMap<string, MessageRows>(9);
  const rows = rowsOf({ entries, before: undefined }, { columns: 120, nameFor, made });
  assertEquals(rows.filter((row) => /^\d\d:/.test(row)).map((row) => row.slice(0, 20).trimEnd()), [
    "12:00 bob    before",
    "12:01 ~bro   now",
    "12:02 alice  hi",
  ]);
  assertEquals(rows.some((row) => row.includes("from here on bob has the key")), true);
  // It is drawn anew when the name is another one.
  const again = rowsOf({ entries }, { columns: 120, made });
  assertEquals(again.some((row) => row.includes("~bro")), false);
});

Deno.test("what somebody says that they do has their name behind the mark", () => {
  const entries = [
    entry(0, { text: "/me waves\nalice: hi" }),
    entry(1, { direction: "out", state: "read", text: "/me waves" }),
    entry(2, { direction: "in", plaintext: true, text: "/me shouts" }),
  ];
  assertEquals(rowsOf({ entries }), [
    "12:00 *      bob waves",
    "           │ alice: hi",
    "12:01 *      alice waves              ✓✓",
    "12:02 *      [plaintext] bob shouts",
  ]);
});

Deno.test("whatever a peer writes, each row is marked as theirs, has room, and holds nothing that a terminal obeys", () => {
  const columns = fc.integer({ min: 20, max: 120 });
  const name = fc.constantFrom("bob", "somebody-whose-name-has-32-chars");
  fc.assert(fc.property(hostile, columns, name, fc.boolean(), (text, columns, name, plaintext) => {
    const of = { name, plaintext };
    const entries = [entry(0, { ...of, text })];
    const rows = rowsOf({ entries, before: entry(-1, of) }, { columns, name });
    const mark = plaintext ? "\\[plaintext\\] ?" : "";
    const [, who] = RegExp(`^(?:12:00 )?(\\S+) +${mark}`).exec(rows[0]!)!;
    assert(name.startsWith(who!) && who!.length >= 3, rows[0]);
    for (const row of rows.slice(1)) assert(RegExp(`^ *│ ${mark}`).test(row), row);
    for (const row of rows) {
      assert(columnsOf(row) <= columns, `${columns}: ${row}`);
      assertEquals(row.match(obeyed), null);
    }
  }));
});

Deno.test("who speaks, and what stands beside that, have the colours of the theme", () => {
  const entries = [
    entry(0, { text: "hi", plaintext: true }),
    entry(1, { direction: "out", state: "read", text: "on it" }),
  ];
  const made = new BoundedMap<string, MessageRows>(9);
  const coloured = (theme: BlockStyle["theme"]) =>
    rowsOf({ entries, before: undefined }, {
      ...{ made, theme, newFrom: entries[0]!.row, found: entries[0]!.row },
    });
  const { light, dark, none } = themes;
  // It is drawn anew when the theme is another one.
  for (const theme of [light, dark, light]) {
    const [day, newLine, foundLine, first, second] = coloured(theme);
    for (const [row, role] of [[day, "day"], [newLine, "newLine"], [foundLine, "foundLine"]]) {
      const [before] = theme[role as "day"]("|").split("|");
      assert(row!.startsWith(`${before}──`), role);
    }
    assert(first!.startsWith(`${theme.time("12:00")} ${theme.peer("bob")}  `), first);
    assert(first!.includes(`${theme.plaintext("[plaintext] ")}hi`), first);
    assert(second!.startsWith(`${theme.time("12:01")} ${theme.self("alice")}  `), second);
    assert(second!.includes("✓✓"), second);
  }
  assertEquals(coloured(dark).map((row) => row.replaceAll(sgr, "")), coloured(none));
});
