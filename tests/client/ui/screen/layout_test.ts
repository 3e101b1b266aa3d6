// The whole screen as it is drawn, on a real terminal's screen: each row is as wide as the terminal, whatever is in it.

import { assert, assertEquals } from "@std/assert";
import fc from "fast-check";
import { allSigns, asciiSigns } from "../../../../client/ui/own_signs.ts";
import { themes } from "../../../../client/ui/theme.ts";
import { fittedRow } from "../../../../client/ui/screen/fitted_row.ts";
import {
  type Frame,
  frameOf,
  type ScreenContent,
  written,
} from "../../../../client/ui/screen/layout.ts";
import { pictureOf } from "../../../../client/ui/terminal/drawing.ts";
import { viewWords } from "../../../../client/ui/wording/wording.ts";
import { columnsOf } from "../../../../shared/text/columns.ts";
import { Screen } from "../../../support/screen.ts";
import { sgr } from "../../../support/shown_lines.ts";
import "../../../support/screen_fixture.ts";

const list: ScreenContent["list"] = [
  { name: "bob", isSeen: false, here: true, unread: 2, hasNews: false, waiting: 0 },
  { name: "carol", isSeen: true, here: true, unread: 0, hasNews: false, waiting: 1 },
  {
    name: "dave-with-a-long-name",
    isSeen: false,
    here: false,
    unread: 0,
    hasNews: false,
    waiting: 12,
  },
  { name: "eve", isSeen: false, here: undefined, unread: 0, hasNews: true, waiting: 0 },
];

function content(
  { view = ["22:43 carol  hi alice"], text = "", size = { columns: 80, rows: 24 } } = {},
): ScreenContent {
  return {
    title: ["alice · chat.example.org · tls", "4 talks · 3 unread   23:09"],
    list,
    alarm: "",
    status: viewWords.status({
      ...{ name: "carol", number: 2, isUnknown: false, security: "verified", here: true },
      ...{ isKeyFromServer: false, way: "direct", roundTripMs: 0.4, waiting: 1, server: "ok" },
      ...{ isScrolled: false, unreadAbove: 0, unreadBelow: 0 },
      news: [{ name: "bob", unread: 2 }, { name: "eve", unread: 0 }],
    }),
    input: pictureOf({ prompt: "alice → carol> ", text, cursor: text.length }, {
      columns: size.columns,
      rows: Math.max(2, Math.ceil(size.rows / 2)),
    }),
    view: () => view,
    own: allSigns,
    theme: themes.none,
  };
}

/** What a terminal shows of a screen. */
async function shown(frames: readonly Frame[]): Promise<Screen> {
  const { columns, rows } = frames.at(-1)!.size;
  const screen = new Screen(columns, rows);
  await screen.shows("\x1b[?7l");
  let before: Frame | undefined;
  for (const frame of frames) {
    await screen.shows(written(before, frame));
    before = frame;
  }
  return screen;
}

Deno.test("at 80 columns the conversations stand beside the one that is seen", async () => {
  const size = { columns: 80, rows: 12 };
  using screen = await shown([frameOf(content({ text: "and this", size }), size)]);
  const rows = screen.rows.map((row) => row.trimEnd());
  assertEquals(rows.slice(0, 5), [
    " alice · chat.example.org · tls                      4 talks · 3 unread   23:09",
    " 1 bob     ●  2 │22:43 carol  hi alice",
    ">2 carol   ● w1 │",
    " 3 dave-wi ○ w+ │",
    " 4 eve     ?  ! │",
  ]);
  assertEquals(rows.slice(-2), [
    " [2 carol · verified · direct 0.4 ms]  Alt+a: bob 2, eve  server ok  1 waits",
    "alice → carol> and this",
  ]);
  assertEquals(screen.cursor, { row: 11, column: 23 });
});

Deno.test("a name takes the room of a name, however wide terminals take its letters to be", async () => {
  const size = { columns: 80, rows: 12 };
  const named = (name: string) => ({ ...list[0]!, name });
  const names = ["👍🏽❤️👨‍👩‍👧‍👦", "аlice", "你好吗你好吗", "e\u0301".repeat(9), "✉●│", "\ue000\uffff"];
  const frame = frameOf({ ...content({ size }), list: names.map(named) }, size);
  using screen = await shown([frame]);
  for (const i of names.keys()) {
    const cells = screen.cells(i + 1).slice(10, 17).join("");
    assertEquals(cells, " ●  2 │", names[i]);
  }
});

Deno.test("the list counts as far as the other rows do", async () => {
  const size = { columns: 80, rows: 12 };
  const counted = [100, 999, 1_000, 2_003].map((unread) => ({ ...list[0]!, unread }));
  using screen = await shown([frameOf({ ...content({ size }), list: counted }, size)]);
  assertEquals(screen.rows.slice(1, 5).map((row) => row.slice(0, 17)), [
    " 1 bob     ●100 │",
    " 2 bob     ●999 │",
    " 3 bob     ●999+│",
    " 4 bob     ●999+│",
  ]);
  const { text } = viewWords.list(counted);
  assertEquals(text, "1 bob(100) 2 bob(999) 3 bob(999+) 4 bob(999+)  ");
});

Deno.test("however narrow the terminal is, one sees that the server is lost", async () => {
  for (const columns of [80, 60, 30]) {
    const size = { columns, rows: 12 };
    const alarmed = { ...content({ size }), alarm: "server lost" };
    using screen = await shown([frameOf(alarmed, size)]);
    const row = screen.rows.at(-2)!;
    assert(row.startsWith(" server lost  [2 carol"), row);
  }
});

Deno.test("in a narrow terminal the list is part of the status line", async () => {
  const size = { columns: 60, rows: 10 };
  using screen = await shown([frameOf(content({ size }), size)]);
  const rows = screen.rows.map((row) => row.trimEnd());
  assertEquals(rows[1], "22:43 carol  hi alice");
  assertEquals(rows[8], " 1 bob(2) >2 carol  [2 carol · verified · direct]  Alt+a  w1");
});

const cluster = fc.constantFrom(
  "a",
  " ",
  "👨‍👩‍👧‍👦",
  "🇩🇪",
  "❤️",
  "👍🏽",
  "你",
  "ท",
  "e\u0301",
  "✉",
  "●",
  "│",
  "\x1b[31m",
  "\x1b[39m",
);
const rows = fc.array(fc.array(cluster, { maxLength: 60 }).map((parts) => parts.join("")), {
  maxLength: 12,
});

Deno.test("each row is exactly as wide as its room, and what stands behind it does not move", async () => {
  const size = { columns: 80, rows: 12 };
  await fc.assert(
    fc.asyncProperty(rows, rows, async (before, view) => {
      const frames = [before, view].map((view) => frameOf(content({ view, size }), size));
      using screen = await shown(frames);
      assertEquals(frames[1]!.rows.length, size.rows);
      for (let i = 1; i < size.rows - 2; i++) {
        // The bar is where it belongs, and nothing of the frame before is left.
        assertEquals([...screen.rows[i] ?? ""][16], "│");
      }
      for (const row of view) {
        const fitted = fittedRow(row, 17, 63);
        // deno-lint-ignore no-control-regex -- colours and places have no width
        assertEquals(columnsOf(fitted.replaceAll(/\x1b\[[0-9;]*[mG]/g, "")), 63);
      }
      using fresh = await shown([frames[1]!]);
      assertEquals(screen.rows, fresh.rows);
    }),
    { numRuns: 60 },
  );
});

Deno.test("however small the terminal is, the input line is on it", () => {
  for (let columns = 1; columns <= 45; columns += 4) {
    for (let rows = 1; rows <= 12; rows++) {
      const size = { columns, rows };
      const frame = frameOf(content({ text: "some text", size }), size);
      assertEquals(frame.rows.length, rows);
      assert(frame.cursor.row < rows && frame.cursor.column < columns);
    }
  }
});

Deno.test("only rows that have changed are written, and nothing at all if none has", () => {
  const size = { columns: 80, rows: 12 };
  const before = frameOf(content({ size }), size);
  assertEquals(written(before, frameOf(content({ size }), size)), "");
  const text = written(before, frameOf(content({ text: "a", size }), size));
  assertEquals(text, "\x1b[12;1H\x1b[2Kalice → carol> a\x1b[12;17H");
});

Deno.test("where there is only ASCII, the program's own signs are of it, and as wide", () => {
  const size = { columns: 80, rows: 12 };
  const frame = frameOf(
    { ...content({ size, view: ["hi … ✓"], text: "— →" }), own: asciiSigns },
    size,
  );
  // Where the width of a sign is disputed, the cursor is placed behind it.
  // deno-lint-ignore no-control-regex -- that is one
  const rows = frame.rows.map((row) => row.replaceAll(/\x1b\[\d+G/g, ""));
  for (const row of rows.slice(2, -1)) assert(/^[ -~]*$/.test(row), row);
  assert(/^[ -~]*$/.test(rows[0]!), rows[0]);
  assert(rows[1]!.trimEnd().endsWith("|hi … ✓"), rows[1]);
  assertEquals(rows.at(-1), "alice → carol> — →");
  assertEquals(asciiSigns("✓✓ ✉ … ○ Grüße"), "vv m . o Grüße");
});

Deno.test("the list and the rows above and below have the colours of the theme", () => {
  const size = { columns: 80, rows: 12 };
  const rowsIn = (theme: ScreenContent["theme"]) => frameOf({ ...content({ size }), theme }, size);
  const plain = rowsIn(themes.none).rows;
  for (const theme of [themes.dark, themes.light]) {
    const { rows } = rowsIn(theme);
    assertEquals(rows.map((row) => row.replaceAll(sgr, "")), plain);
    assertEquals([rows[0], rows.at(-2)], [plain[0]!, plain.at(-2)!].map(theme.frame));
    assert(rows[1]!.startsWith(` 1 ${theme.news("bob    ")} `), rows[1]);
    assert(rows[2]!.startsWith(`>2 ${theme.seen("carol  ")} `), rows[2]);
    assert(rows[3]!.startsWith(" 3 dave-wi "), rows[3]);
    assert(rows[4]!.startsWith(` 4 ${theme.news("eve    ")} `), rows[4]);
    assert(rows[1]!.includes(theme.bar("│")), rows[1]);
  }
});
