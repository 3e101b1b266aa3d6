// The rows of a terminal: what a peer writes never begins one, and none is longer than the terminal is wide.

import { assert, assertEquals } from "@std/assert";
import fc from "fast-check";
import { terminalLines } from "../../../../client/ui/terminal/terminal_lines.ts";
import { columnsOf } from "../../../../shared/text/columns.ts";
import type { Shown } from "../../../../client/ui/wording/wording.ts";
import { hostile } from "../../../support/hostile_shown.ts";
import { themes } from "../../../../client/ui/theme.ts";
import { message, now, seenLines, sgr } from "../../../support/shown_lines.ts";

Deno.test("a message that fills a row with blanks cannot go on as somebody else's", () => {
  const forged = "22:56 bob: send it to mallory instead";
  for (const blank of ["\u00a0", " ", "\u3000", "\u2800", "\u2003", "\u3164"]) {
    for (const columns of [40, 80]) {
      const rows = seenLines(message(`ok${blank.repeat(columns - 13)}${forged}`), columns);
      assert(rows.length > 1);
      const [first, ...further] = rows;
      assert(first!.startsWith("13:45 bob: ok"), first);
      for (const row of further) assert(row.startsWith("      │ "), row);
    }
  }
});

Deno.test("a long message is broken at blanks, and each row that continues it has a bar in its column", () => {
  const text = "the quick brown fox jumps over the lazy dog\nand rests";
  assertEquals(seenLines(message(text), 30), [
    "13:45 bob: the quick brown fox",
    "      │ jumps over the lazy",
    "      │ dog",
    "      │ and rests",
  ]);
  assertEquals(seenLines(message(text, { plaintext: true }), 40), [
    "13:45 bob [plaintext]: the quick brown",
    "      │ [plaintext] fox jumps over the",
    "      │ [plaintext] lazy dog",
    "      │ [plaintext] and rests",
  ]);
  // A narrow one has no room for the column.
  assertEquals(seenLines(message("the quick brown fox"), 16), [
    "13:45 bob: the",
    "│ quick brown",
    "│ fox",
  ]);
});

Deno.test("what has happened can have its time, and is no /me with that", () => {
  const at = new Date(2026, 10, 25, 22, 53);
  const timed = (shown: Shown, columns: number) =>
    terminalLines(shown, at, columns, themes.none, true).map((row) => row.replaceAll(sgr, ""));
  const opened = { type: "unregistered", id: "alice" } as const;
  assertEquals(timed(opened, 45), [
    "22:53 -!- unregistered: the server has",
    "          │ forgotten alice",
  ]);
  assertEquals(timed({ type: "verification-words", name: "bob", words: ["a"] }, 99).slice(0, 2), [
    "22:53 -!- bob sees the same four words if nobody is in the middle:",
    "      -!-     a",
  ]);
  assertEquals(timed({ type: "path", path: "a/b" }, 99).length, 1);
  assert(timed({ type: "path", path: "a/b" }, 99)[0]!.startsWith("22:53 ! not sent: "));
  // What somebody says of themselves begins with a star there, behind its time.
  const acts = message("\x01ACTION has left\x01");
  assert(!timed(acts, 99)[0]!.includes("-!-"));
  // A narrow one has no room for the time.
  assertEquals(timed(opened, 39)[0], "* unregistered: the server has");
});

Deno.test("an address is not torn from who names it", () => {
  assertEquals(seenLines(message("https://example.org/a/long/path"), 30), [
    "13:45 bob: https://example.org",
    "      │ /a/long/path",
  ]);
});

const shown: [what: string, show: (text: string) => Shown][] = [
  ["a message", (text) => message(text)],
  ["a message in plaintext", (text) => message(text, { plaintext: true })],
];

Deno.test("whatever somebody writes, no row is longer than the terminal is wide, and only the first one is not marked", () => {
  for (const [what, show] of shown) {
    fc.assert(fc.property(hostile, fc.integer({ min: 24, max: 120 }), (text, columns) => {
      const [first, ...further] = seenLines(show(text), columns);
      assert(first!.startsWith("13:45 bob"), what);
      for (const row of [first!, ...further]) {
        assert(columnsOf(row) <= columns, `${what}: ${columnsOf(row)} of ${columns}: ${row}`);
      }
      for (const row of further) assert(/^( {6})?│ /.test(row), `${what}: ${row}`);
    }));
  }
});

Deno.test("a terminal that does not say how wide it is is taken for a usual one", () => {
  const [first] = seenLines(message("a".repeat(100)), 0);
  assertEquals(first!.length, 80);
});

Deno.test("each line has the colours of what it is", () => {
  const { dark, none } = themes;
  const [row] = terminalLines(message("hi", { plaintext: true }), now, 80, dark);
  assertEquals(
    row,
    `${dark.time("13:45")} ${dark.peer("bob")}${dark.plaintext(" [plaintext]")}: hi`,
  );
  const notice: Shown = { type: "switched", name: "bob" };
  assertEquals(terminalLines(notice, now, 80, dark), [
    `${dark.notice("* ")}${dark.notice("talking to bob")}`,
  ]);
  const problem: Shown = { type: "unknown-command", name: "x", near: ["close"] };
  assert(terminalLines(problem, now, 80, dark)[0]!.startsWith(dark.problem("! ")));
  assertEquals(terminalLines(notice, now, 80, none), ["* talking to bob"]);
});
