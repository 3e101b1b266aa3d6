// The text of a line that is edited, and its cursor: by graphemes, and in a time that long lines can bear.

import { assert, assertEquals } from "@std/assert";
import fc from "fast-check";
import { EditedLine } from "../../../../client/ui/terminal/edited_line.ts";

const family = "👨‍👩‍👧‍👦";
const flag = "🇩🇪";

/** A line with a bar where the cursor is. */
function seen({ text, cursor }: EditedLine): string {
  return `${text.slice(0, cursor)}|${text.slice(cursor)}`;
}

function typed(text: string): EditedLine {
  const line = new EditedLine();
  line.insert(text);
  return line;
}

for (
  const letter of [family, flag, "👍🏽", "1️⃣", "é", "e\u0301", "नि", "กำ", "漢", "가", "\n", "x"]
) {
  Deno.test(`${JSON.stringify(letter)} is moved over and deleted as one`, () => {
    const line = typed(`a${letter}b`);
    line.move("left");
    line.move("left");
    assertEquals(seen(line), `a|${letter}b`);
    line.move("right");
    assertEquals(seen(line), `a${letter}|b`);
    line.erase("before");
    assertEquals(seen(line), "a|b");
    line.insert(letter);
    line.move("left");
    line.erase("behind");
    assertEquals(seen(line), "a|b");
  });
}

Deno.test("the words of a line are gone over and killed", () => {
  const line = typed("one two-three  four");
  line.move("word-left");
  assertEquals(seen(line), "one two-three  |four");
  line.move("word-left");
  assertEquals(seen(line), "one two-|three  four");
  line.kill("blank-left");
  assertEquals(seen(line), "one |three  four");
  line.kill("word-right");
  assertEquals(seen(line), "one |  four");
  line.yank();
  assertEquals(seen(line), "one three|  four");
  line.kill("word-left");
  line.move("word-right");
  assertEquals(seen(line), "one   four|");
  line.kill("home");
  assertEquals(seen(line), "|");
  line.yank();
  line.move("home");
  line.kill("end");
  assertEquals(seen(line), "|");
  line.kill("home");
  line.yank();
  assertEquals(seen(line), "one   four|");
  line.move("left");
  line.killAll();
  assertEquals(seen(line), "|");
});

Deno.test("control characters are left out, a tab becomes blanks, and every line break is one", () => {
  const line = new EditedLine();
  line.insert("a\r\nb\rc\nd\te\x1b[31m\x07\x00\x9bf\x7f", "pasted");
  assertEquals(line.text, "a\nb\nc\nd    e[31mf");
});

Deno.test("what does not fit changes nothing", () => {
  const line = typed("abc");
  line.move("left");
  assertEquals(line.insert("x".repeat(64 * 1024)), false);
  assertEquals(line.insert("xyz", "pasted", (text) => text.length < 6), false);
  assertEquals(seen(line), "ab|c");
  assertEquals(line.insert("xy", "pasted", (text) => text.length < 6), true);
  assertEquals(seen(line), "abxy|c");
});

const begins:
  readonly (readonly [what: string, edit: (line: EditedLine) => void, pasted: boolean])[] = [
    ["nothing", () => {}, false],
    ["what is typed", (line) => line.insert("/quit"), false],
    ["what is pasted", (line) => line.insert("/quit", "pasted"), true],
    ["what is pasted behind blanks", (line) => {
      line.insert(" \u200b ");
      line.insert("/quit", "pasted");
    }, true],
    ["a paste behind what is typed", (line) => {
      line.insert("/msg ");
      line.insert("/quit", "pasted");
    }, false],
    ["a paste of which the typed beginning is deleted", (line) => {
      line.insert("x");
      line.insert("/quit", "pasted");
      line.move("home");
      line.erase("behind");
    }, true],
    ["a slash that is typed before a paste", (line) => {
      line.insert("quit", "pasted");
      line.move("home");
      line.insert("/");
    }, false],
    ["what is typed behind a paste that is deleted", (line) => {
      line.insert("/quit", "pasted");
      line.kill("home");
      line.insert("/who");
    }, false],
    ["a paste that is killed and yanked", (line) => {
      line.insert("/quit", "pasted");
      line.kill("home");
      line.yank();
    }, true],
    ["typed letters that are killed and yanked", (line) => {
      line.insert("/quit");
      line.kill("home");
      line.yank();
    }, false],
  ];

for (const [what, edit, pasted] of begins) {
  Deno.test(`whether a line begins with a paste: ${what}`, () => {
    const line = new EditedLine();
    edit(line);
    assertEquals(line.beginsPasted, pasted);
    const other = new EditedLine();
    other.set(line.content);
    assertEquals(other.beginsPasted, pasted);
  });
}

const letters = fc.constantFrom(
  "a",
  " ",
  "/",
  "\n",
  "é",
  "\u0301",
  family,
  flag,
  "🇩",
  "漢",
  "\u200d",
  "👍",
  "🏽",
);
const targets = ["left", "right", "home", "end", "word-left", "word-right"] as const;
const kills = ["home", "end", "word-left", "word-right", "blank-left"] as const;
const edit = fc.oneof(
  fc.array(letters, { maxLength: 4 }).map((all) => (line: EditedLine) => line.insert(all.join(""))),
  fc.constantFrom(...targets).map((to) => (line: EditedLine) => line.move(to)),
  fc.constantFrom("before" as const, "behind" as const).map((which) => (line: EditedLine) =>
    line.erase(which)
  ),
  fc.constantFrom(...kills).map((to) => (line: EditedLine) => line.kill(to)),
  fc.constant((line: EditedLine) => line.yank()),
);

Deno.test("the cursor is always between two graphemes", () => {
  const segmenter = new Intl.Segmenter();
  fc.assert(fc.property(fc.array(edit, { maxLength: 30 }), (edits) => {
    const line = new EditedLine();
    for (const edit of edits) edit(line);
    const places = [...segmenter.segment(line.text)].map(({ index }) => index);
    assert([...places, line.text.length].includes(line.cursor), JSON.stringify(seen(line)));
  }));
});
