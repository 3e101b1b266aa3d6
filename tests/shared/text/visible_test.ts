import { assert, assertEquals } from "@std/assert";
import fc from "fast-check";
import { makeVisible, makeVisibleLines } from "../../../shared/text/visible.ts";

// From Unicode's own properties, not from the sanitiser's list.
const obeyed = /[\p{Cc}\p{Cs}\p{Bidi_Control}\p{Zl}\p{Zp}]/u;
const text = fc.oneof(
  fc.string({ unit: "binary" }),
  fc.array(fc.integer({ min: 0, max: 0xffff })).map((units) => String.fromCharCode(...units)),
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

Deno.test("makeVisibleLines splits at line ends and shows a lone CR", () => {
  assertEquals(makeVisibleLines("a\r\nb\n\nc\rd\te\x1b"), ["a", "b", "", "c␍d    e␛"]);
  fc.assert(fc.property(text, (text) => {
    assert(!makeVisibleLines(text).some((line) => obeyed.test(line)));
  }));
});
