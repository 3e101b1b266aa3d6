import { assert, assertEquals } from "@std/assert";
import fc from "fast-check";
import { makeVisible, makeVisibleLines } from "../../../shared/text/visible.ts";
import { codePoint } from "../../support/code_point.ts";
import { hostileTexts, longTexts, obeyed } from "../../support/hostile_text/hostile_text.ts";

const invisibles = [
  ...["\u00a0", "\u200b", "\u200c", "\u200d", "\ufe0f", "\u3000", "\u2800", "\u3164"],
  ...["\u{e0041}", "\u{e007f}", "\u{1f3f4}", "\u00ad", "\u{e0100}"],
];
const text = fc.oneof(
  fc.string({ unit: codePoint }),
  fc.array(fc.integer({ min: 0, max: 0xffff })).map((units) => String.fromCharCode(...units)),
  fc.string({ unit: fc.constantFrom(...invisibles, "a", " ", "א", "क", "🙂", "❤", "\u0301") }),
  fc.string({ unit: fc.constantFrom("\x1b", "\x9b", "\r", "\n", "\u202e", "\ud83d", "a", "🙂") }),
);

Deno.test("makeVisible leaves nothing that a terminal obeys, and the second time changes nothing", () => {
  fc.assert(
    fc.property(text, (text) => {
      const visible = makeVisible(text);
      assert(!obeyed.test(visible));
      assertEquals(makeVisible(visible), visible);
    }),
    { numRuns: 1_000 },
  );
});

Deno.test("makeVisible catches every character that a terminal obeys", () => {
  for (let code = 0; code <= 0xffff; code++) {
    const c = String.fromCharCode(code);
    if (obeyed.test(c)) assert(!obeyed.test(makeVisible(`a${c}b`)), code.toString(16));
  }
});

Deno.test("makeVisible shows escape sequences instead of passing them on", () => {
  const cases: [what: string, text: string, visible: string][] = [
    ["CSI clears the screen", "\x1b[2J", "␛[2J"],
    ["CSI in one byte", "\x9b2J", "<U+009B>2J"],
    ["OSC sets the title", "\x1b]0;owned\x07", "␛]0;owned␇"],
    ["OSC 52 sets the clipboard", "\x1b]52;c;cm0gLXJm\x1b\\", "␛]52;c;cm0gLXJm␛\\"],
    ["CR overwrites the line", "bob: hi\ralice: hi", "bob: hi␍alice: hi"],
    ["LF forges a line", "hi\nalice: hi", "hi␊alice: hi"],
    ["backspace and DEL", "a\bb\x7f", "a␈b␡"],
    ["an override turns the text round", "a\u202egpj.exe", "a<U+202E>gpj.exe"],
    ["an isolate", "\u2066a\u2069", "<U+2066>a<U+2069>"],
    ["half of a pair", "\ud83d!", "<U+D83D>!"],
  ];
  for (const [what, text, visible] of cases) assertEquals(makeVisible(text), visible, what);
});

Deno.test("makeVisible leaves ordinary text as it is", () => {
  for (
    const text of ["", "Hello Bob!", "naïve 漢字 עברית العربية", "🙂", "👨‍👩‍👧‍👦", "🏳️‍🌈", "e\u0301", "🇪🇺"]
  ) {
    assertEquals(makeVisible(text), text);
  }
});

Deno.test("makeVisible leaves joiners, selectors, tags and marks where people write them", () => {
  const cases: [what: string, text: string][] = [
    ["a joiner between letters", "क्\u200dष"],
    ["the opposite", "می\u200cخواهم"],
    ["joiners between emoji", "👩\u200d❤\ufe0f\u200d👨 👍🏽 🏳\ufe0f\u200d🌈"],
    ["selectors", "❤\ufe0f ❤\ufe0e 1\ufe0f\u20e3 葛\u{e0100}"],
    ["a region's flag", "\u{1f3f4}\u{e0067}\u{e0062}\u{e0073}\u{e0063}\u{e0074}\u{e007f}"],
    ["vowels and tones", "שָׁלוֹם Việt สวัสดี བསྒྲུབས"],
    ["a blank of its script", "東京　大阪"],
    ["signs before numbers", "\u0600١٢"],
  ];
  for (const [what, text] of cases) assertEquals(makeVisible(text), text, what);
});

Deno.test("makeVisible shows what else is invisible, and bounds marks", () => {
  const cases: [what: string, text: string, visible: string][] = [
    ["one no-break space is a space", "a\u00a0b\u202fc", "a b c"],
    ["several are not", "ok\u00a0\u00a0x", "ok<U+00A0><U+00A0>x"],
    ["wide blanks in a row", "\u3000\u3000", "<U+3000><U+3000>"],
    ["a joiner with nothing to join", "\u200dx\u200d", "<U+200D>x<U+200D>"],
    ["a joiner between an emoji and a letter", "👍\u200dx", "👍<U+200D>x"],
    ["a second selector", "❤\ufe0f\ufe0f", "❤\ufe0f<U+FE0F>"],
    ["a selector of nothing", " \ufe0f", " <U+FE0F>"],
    ["tags without a flag", "x\u{e0041}\u{e007f}", "x<U+E0041><U+E007F>"],
    [
      "more tags than a region has",
      "\u{1f3f4}" + "\u{e0061}".repeat(7) + "\u{e007f}",
      "\u{1f3f4}" + "<U+E0061>".repeat(7) + "<U+E007F>",
    ],
    ["blank letters", "\u2800\u3164\u115f\uffa0", "<U+2800><U+3164><U+115F><U+FFA0>"],
    ["a soft hyphen", "co\u00adop", "co<U+00AD>op"],
    ["zero widths", "a\u200bb\u2060c\ufeffd", "a<U+200B>b<U+2060>c<U+FEFF>d"],
    ["a mark on nothing", "\u0301a", "◌\u0301a"],
    ["a tower of marks", "z" + "\u0301".repeat(20), "z" + "\u0301".repeat(8) + "<12 marks>"],
  ];
  for (const [what, text, visible] of cases) assertEquals(makeVisible(text), visible, what);
});

Deno.test("makeVisibleLines splits at line ends and shows a lone CR", () => {
  assertEquals(makeVisibleLines("a\r\nb\n\nc\rd\te\x1b"), ["a", "b", "", "c␍d    e␛"]);
  fc.assert(fc.property(text, (text) => {
    assert(!makeVisibleLines(text).some((line) => obeyed.test(line)));
  }));
});

Deno.test("a text of the corpus leaves nothing that a terminal obeys, also a long one, which costs no more than its length", () => {
  for (const [what, text] of Object.entries({ ...hostileTexts, ...longTexts })) {
    for (const line of [makeVisible(text), ...makeVisibleLines(text).slice(0, 10)]) {
      assertEquals(line.match(obeyed), null, what);
      // An escaped character takes a few letters.
      assert(line.length <= 12 * text.length + 12, what);
    }
  }
});
