// Scrolling in a conversation: no row is left out between two pages, and never more is read than is shown.

import { assert, assertEquals } from "@std/assert";
import fc from "fast-check";
import {
  blocksOf,
  type BlockStyle,
  type Notice,
  tail,
} from "../../../../client/ui/screen/blocks.ts";
import { ownNames } from "../../../../client/ui/local_names.ts";
import { allSigns } from "../../../../client/ui/own_signs.ts";
import { themes } from "../../../../client/ui/theme.ts";
import { TallEnds } from "../../../../client/ui/screen/tall_ends.ts";
import { end, Pages } from "../../../../client/ui/screen/page.ts";
import type { HistoryEntry } from "../../../../client/store/store.ts";
import { BoundedMap } from "../../../../shared/collections/bounded_map.ts";
import { entry, MessageList } from "../../../support/screen_fixture.ts";

function pagesOf(
  entries: HistoryEntry[],
  style: Partial<BlockStyle> = {},
): { pages: Pages; all: string[]; messages: MessageList } {
  const whole: BlockStyle = {
    self: "alice",
    name: "bob",
    nameFor: ownNames,
    columns: 40,
    newFrom: undefined,
    found: undefined,
    own: allSigns,
    theme: themes.none,
    notices: [],
    made: new BoundedMap(9),
    ...style,
  };
  const messages = new MessageList(entries);
  const pages = new Pages(messages, (section) => blocksOf(section, whole));
  const all = blocksOf({ entries, before: undefined, isEnd: true }, whole)
    .flatMap(({ rows }) => rows);
  return { pages, all, messages };
}

const notice = (afterRow: number, ...rows: string[]): Notice => ({ afterRow, rows: () => rows });

const conversation = fc.record({
  texts: fc.array(fc.stringMatching(/^[a-z \n]{0,120}$/), { maxLength: 40 }),
  notices: fc.array(fc.nat({ max: 400 }), { maxLength: 6 }),
  height: fc.integer({ min: 1, max: 12 }),
});

Deno.test("whoever pages back from the end and forth again sees each row, in order", () => {
  fc.assert(fc.property(conversation, ({ texts, notices, height }) => {
    const entries = texts.map((text, i) => entry(i, { text }));
    const { pages, all, messages } = pagesOf(entries, {
      notices: notices.toSorted((a, b) => a - b).map((row) => notice(row, `* at ${row}`)),
    });
    let position = end;
    let back: readonly string[] = pages.rowsAt(end, height).rows;
    for (let i = 0; i <= all.length; i++) {
      const next = pages.up(position, height, height);
      const { rows } = pages.rowsAt(next, height);
      if (next.row === position.row && next.hidden === position.hidden) break;
      assertEquals(rows.length, Math.min(height, all.length));
      const at = all.length - back.length;
      const above = Math.min(height, at);
      back = [...all.slice(at - above, at), ...back];
      assertEquals(rows, back.slice(0, height));
      position = next;
    }
    assertEquals(back, all);
    let bottom = Math.min(height, all.length);
    for (let i = 0; position !== end && i <= all.length; i++) {
      position = pages.down(position, height);
      bottom = Math.min(all.length, bottom + height);
      assertEquals(pages.rowsAt(position, height).rows, all.slice(bottom - height, bottom));
      if (position.row === tail && position.hidden === 0) break;
    }
    assertEquals(bottom, all.length);
    assert(messages.most <= 2 * height + 2, "more was read than a page or two");
  }));
});

Deno.test("a page stays where it is while messages come in", () => {
  const entries = Array.from({ length: 30 }, (_, i) => entry(i));
  const { pages, messages } = pagesOf(entries);
  const position = pages.up(end, 10, 8);
  const page = pages.rowsAt(position, 8);
  messages.entries.push(entry(30), entry(31));
  assertEquals(pages.rowsAt(position, 8), page);
});

Deno.test("a message was on the screen if its last row was", () => {
  const entries = Array.from({ length: 31 }, (_, i) => entry(i));
  const { pages } = pagesOf(entries);
  const drawn = (position = end, height = 8) => pages.rowsAt(position, height).drawn;
  assertEquals(drawn()?.behind, entries[22]!.row);
  assertEquals(drawn()?.upTo, entries[30]!.row);
  assertEquals(drawn()?.received.map(({ id }) => id), ["id 30"]);
  assertEquals(pages.rowsAt(end, 0), { rows: [], drawn: undefined, ends: [] });
  const above = drawn(pages.up(end, 8, 8));
  assertEquals([above?.behind, above?.upTo], [entries[14]!.row, entries[22]!.row]);

  // Below a long answer.
  const long = [entry(0), entry(1, { text: "word ".repeat(200) })] as const;
  assertEquals(pagesOf([...long]).pages.rowsAt(end, 8).drawn?.received, []);
  assertEquals(pagesOf([...long]).pages.rowsAt(end, 80).drawn?.received, [long[0]]);
});

Deno.test("a message that is taller than the screen was on it if both its ends were", () => {
  const tall = entry(0, { text: "word ".repeat(200) });
  const { pages } = pagesOf([tall, entry(1, { direction: "out" })], {
    notices: [notice(0, ...Array.from({ length: 20 }, () => "* above"))],
  });
  const lastRow = { row: tall.row, hidden: 0 };
  assertEquals(pages.rowsAt(lastRow, 8).ends, [{ row: tall.row, which: "last" }]);
  assertEquals(pages.rowsAt(lastRow, 8).drawn, undefined);
  assertEquals(pages.rowsAt(pages.up(lastRow, 2, 8), 8), {
    ...pages.rowsAt(pages.up(lastRow, 2, 8), 8),
    ...{ drawn: undefined, ends: [] },
  });
  const before = new TallEnds();
  before.note([{ row: tall.row, which: "first" }]);
  assertEquals(pages.rowsAt(lastRow, 8, 0, before).drawn?.received, [tall]);
  assertEquals(pages.rowsAt(pages.up(lastRow, 2, 8), 8, 0, before).drawn, undefined);
  // What stands above it is none of it.
  const { rows } = pages.rowsAt(lastRow, 99);
  const height = rows.findIndex((row) => row.includes("word"));
  assertEquals(pages.rowsAt(lastRow, rows.length - height + 1).drawn?.received, [tall]);
});

Deno.test("a view with more news than fit begins with the first of them, however many lie behind", () => {
  const entries = Array.from({ length: 30 }, (_, i) => entry(i, { direction: "in" }));
  const { pages } = pagesOf(entries, { newFrom: entries[10]!.row });
  const [first, second] = pages.rowsAt(pages.from(entries[10]!.row, 8), 8).rows;
  assert(first!.includes(" new "), first);
  assert(second!.endsWith("text 10"), second);
  assertEquals(pages.from(entries[25]!.row, 8), end);
  assertEquals(pages.from(entries[29]!.row + 1, 8), end);

  const answered = [
    entry(0, { direction: "in" }),
    ...Array.from({ length: 500 }, (_, i) => ({
      ...entry(i + 1, { direction: "out" }),
    })),
  ];
  const { pages: long, messages } = pagesOf(answered, { newFrom: 10 });
  const { rows, drawn } = long.rowsAt(long.from(10, 8), 8);
  assert(rows.some((row) => row.endsWith("text 0")), rows.join("\n"));
  assertEquals(drawn?.received.map(({ id }) => id), ["id 0"]);
  assert(messages.most <= 10, `${messages.most} were read`);
});

Deno.test("what is cleared is above, and what comes then begins no day of its own", () => {
  const { pages } = pagesOf(Array.from({ length: 5 }, (_, i) => entry(i)));
  assertEquals(pages.rowsAt(end, 8, entry(3).row).rows, ["12:04 bob    text 4"]);
  assertEquals(pages.rowsAt(end, 8, entry(4).row).rows, []);
  assert(pages.rowsAt(pages.up(end, 3, 3), 3).rows.length === 3);
});

Deno.test("a message that is gone to is in the middle, wherever there is something around it", () => {
  const entries = Array.from({ length: 60 }, (_, i) => entry(i));
  for (const height of [1, 2, 3, 8, 9, 30]) {
    for (const [i, { row, text }] of entries.entries()) {
      const { pages, messages } = pagesOf(entries);
      const { rows } = pages.rowsAt(pages.around(row, height), height);
      const at = rows.findIndex((shown) => shown.split("  ").some((part) => part.trim() === text));
      assert(at !== -1, `${text} is not on a screen of ${height} rows:\n${rows.join("\n")}`);
      assertEquals(rows.length, height);
      if (i > height && i < 60 - height) {
        assertEquals(at, height - 1 - Math.floor((height - 1) / 2));
      }
      assert(messages.most <= height + 1, `${messages.most} were read`);
    }
  }
  // From there one comes to the end, and sees all that lies between.
  const { pages, all } = pagesOf(entries);
  let position = pages.around(entries[20]!.row, 8);
  const seen = [...pages.rowsAt(position, 8).rows];
  while (position !== end) {
    position = pages.down(position, 4);
    const rows = pages.rowsAt(position, 8).rows.filter((row) => !seen.includes(row));
    seen.push(...rows);
  }
  assertEquals(seen, all.slice(-seen.length));
  assertEquals(seen.length, 60 - 16);
});

Deno.test("a message that is gone to has a line above it, also if it is longer than the screen", () => {
  const entries = Array.from(
    { length: 30 },
    (_, i) => entry(i, i === 9 ? { text: "word ".repeat(99) } : {}),
  );
  const { pages } = pagesOf(entries, { found: entries[12]!.row });
  const { rows } = pages.rowsAt(pages.around(entries[12]!.row, 9), 9);
  const at = rows.findIndex((row) => row.includes("─ found ─"));
  assert(rows[at + 1]!.includes("text 12"), rows.join("\n"));
  assertEquals(rows.filter((row) => row.includes("found")).length, 1);
  const long = pages.rowsAt(pages.around(entries[9]!.row, 8), 8);
  assertEquals(long.drawn?.upTo, entries[9]!.row);
  // Of one whose own rows are few, but for what stands above it, the last one is there.
  const noticed = pagesOf(entries, { notices: [notice(entries[19]!.row, ...Array(20).fill("*"))] });
  const under = noticed.pages.rowsAt(noticed.pages.around(entries[20]!.row, 8), 8).rows;
  assert(under.at(-1)!.includes("text 20"), under.join("\n"));
});
