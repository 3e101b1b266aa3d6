import { assert, assertEquals } from "@std/assert";
import fc from "fast-check";
import { columnsOf, graphemeAt, graphemeCells, rowsOf } from "../../../shared/text/columns.ts";
import { makeVisible } from "../../../shared/text/visible.ts";
import { codePoint } from "../../support/code_point.ts";

Deno.test("a text takes the columns that any terminal gives it at most", () => {
  const cases: [text: string, columns: number][] = [
    ["", 0],
    ["Hello", 5],
    ["naïve", 5],
    ["e\u0301", 1],
    ["漢字", 4],
    ["한글", 4],
    ["สวัสดี", 4],
    ["क्षि", 3],
    ["🙂", 2],
    ["❤\ufe0f", 2],
    // tmux 3.3 draws the colour of the skin beside the hand.
    ["👍🏽", 4],
    ["\u{378}", 2],
  ];
  for (const [text, columns] of cases) assertEquals(columnsOf(text), columns, text);
});

Deno.test("a line is broken at blanks, and in a word that is longer than a row", () => {
  const cases: [text: string, columns: number, further: number, rows: string[]][] = [
    ["fits", 4, 4, ["fits"]],
    ["", 4, 4, [""]],
    ["the quick brown fox", 10, 6, ["the quick", "brown", "fox"]],
    ["abcdefghij", 4, 3, ["abcd", "efg", "hij"]],
    ["ab cdefghij k", 4, 4, ["ab", "cdef", "ghij", "k"]],
    ["漢字漢字", 5, 3, ["漢字", "漢", "字"]],
    ["漢字", 1, 1, ["漢", "字"]],
    ["ok" + " ".repeat(70) + "22:56 bob: hi", 40, 20, ["ok", "22:56 bob: hi"]],
    ["ends here" + " ".repeat(9), 10, 10, ["ends here"]],
    ["e\u0301e\u0301e\u0301", 2, 2, ["e\u0301e\u0301", "e\u0301"]],
    ["👩\u200d👩\u200d👧", 8, 8, ["👩\u200d👩\u200d👧"]],
    ["a 👩\u200d👩\u200d👧", 5, 5, ["a", "👩\u200d👩", "\u200d👧"]],
  ];
  for (const [text, columns, further, rows] of cases) {
    assertEquals(rowsOf(text, columns, further), rows, text);
  }
});

Deno.test("what stands at the beginning is not broken from what follows it", () => {
  const line = "13:45 bob: abcdefghij";
  assertEquals(rowsOf(line, 12, 12), ["13:45 bob:", "abcdefghij"]);
  assertEquals(rowsOf(line, 12, 12, 11), ["13:45 bob: a", "bcdefghij"]);
});

const words = fc.oneof(
  fc.string({ unit: "grapheme" }),
  fc.string({ unit: codePoint }),
  fc.string({ unit: fc.constantFrom("a", " ", "漢", "👍🏽", "e\u0301", "👨\u200d👩\u200d👧", "ш") }),
).map(makeVisible);

Deno.test("no row is wider than it may be, and nothing but blanks is left out", () => {
  fc.assert(
    fc.property(words, fc.integer({ min: 1, max: 30 }), fc.integer({ min: 1, max: 30 }), (
      text,
      columns,
      further,
    ) => {
      const rows = rowsOf(text, columns, further);
      for (const [i, row] of rows.entries()) {
        const graphemes = [...new Intl.Segmenter().segment(row)].length;
        assert(columnsOf(row) <= (i === 0 ? columns : further) || graphemes <= 1, row);
      }
      assertEquals(rows.join("").replaceAll(" ", ""), text.replaceAll(" ", ""));
    }),
    { numRuns: 2_000 },
  );
});

Deno.test("between what graphemes a character stands is found without looking at all of them", () => {
  const text = "ae\u0301 👨‍👩‍👧‍👦🇩🇪x";
  const segments = [...new Intl.Segmenter().segment(text)];
  for (const { index, segment } of segments) {
    for (let at = index; at < index + segment.length; at++) {
      assertEquals(graphemeAt(text, at), { from: index, to: index + segment.length });
    }
  }
});

Deno.test("letters and signs of one code point are agreed upon, emoji and what has several parts are not", () => {
  const disputed = (text: string) => [...graphemeCells(text)].map(({ isDisputed }) => isDisputed);
  assertEquals(disputed("aé漢ガ→…│ "), Array(8).fill(false));
  assertEquals(disputed("e\u0301😀👍🏽🇩🇪❤️\u{e000}"), Array(6).fill(true));
});
