import { assert, assertEquals, assertThrows } from "@std/assert";
import fc from "fast-check";
import { lineBytesMax, textBytesMax } from "../../../shared/protocol/limits.ts";
import { encode, type Header, headerValues, message } from "../../../shared/protocol/message.ts";
import { MessageReader } from "../../../shared/protocol/message_reader.ts";
import { textHeaders } from "../../../shared/protocol/text.ts";
import { escapeText, unescapeText } from "../../../shared/protocol/text_escape.ts";
import { codePoint } from "../../support/code_point.ts";

const utf8 = new TextEncoder();

// The second kind has halves of surrogate pairs, the third has characters that are escaped.
const text = fc.oneof(
  fc.string({ unit: codePoint }),
  fc.array(fc.integer({ min: 0, max: 0xffff })).map((units) => String.fromCharCode(...units)),
  fc.string({ unit: fc.constantFrom(" ", "\\", "n", "u", "0", "\n", "\r", "\t", "\0", "🙂") }),
);

Deno.test("unescapeText gives back any text that was escaped", () => {
  fc.assert(
    fc.property(text, (text) => {
      assertEquals(unescapeText(escapeText(text)), text);
    }),
    { numRuns: 1_000 },
  );
});

Deno.test("an escaped text is a header value that survives UTF-8", () => {
  fc.assert(fc.property(text, (text) => {
    const escaped = escapeText(text);
    assert(encode(message("MSG", [["Text", escaped]])).includes(escaped));
    assertEquals(new TextDecoder().decode(utf8.encode(escaped)), escaped.replace(/^\ufeff/, ""));
  }));
});

Deno.test("escapeText does not change what a header can contain", () => {
  for (const text of ["Hello Bob!", "a  b", "é漢🙂👨‍👩‍👧", "", "\u2028", "a: b"]) {
    assertEquals(escapeText(text), text);
  }
  assertEquals(escapeText(" a\\b\r\n\t\x1b\ud83d "), "\\u0020a\\\\b\\r\\n\\t\\u001b\\ud83d\\u0020");
});

Deno.test("an escape that escapeText does not make is 400", () => {
  for (const escaped of ["\\", "a\\", "\\x41", "\\u12", "\\u12g4", "\\u", "\\ ", "\\N", "\\🙂"]) {
    const item = unescapeText(escaped);
    if (typeof item === "string") throw new Error(`${escaped} was taken for ${item}`);
    assertEquals([item.code, item.fatal], [400, false]);
  }
  assertEquals(unescapeText("\\u00E9\\\\n"), "é\\n");
});

/** Texts in which a line can end anywhere, as long as a message allows. */
const longText = fc.array(
  fc.tuple(
    fc.constantFrom(" ", "\\", "🙂", "\n", "a", "é", "漢", "\ud83d", "\ude42", "a  b", "👨‍👩‍👧"),
    fc.integer({ min: 1, max: 4_000 }),
  ),
  { minLength: 1, maxLength: 8 },
).map((runs) => {
  let text = runs.map(([piece, count]) => piece.repeat(count)).join("");
  while (utf8.encode(escapeText(text)).length > textBytesMax) {
    text = text.slice(0, text.length * 0.9);
  }
  return text;
});

Deno.test("the Text lines of a long text fit the limits and give it back", () => {
  fc.assert(fc.property(longText, readsBack));
  for (const piece of [" ", "🙂", "a"]) {
    const size = utf8.encode(piece).length;
    readsBack("x" + piece.repeat((textBytesMax - 2) / size) + "x");
  }
  readsBack("\\".repeat(textBytesMax / 2));
});

// They are not in Cc, but many programs take them for a line end.
Deno.test("a long text keeps its line and paragraph separators", () => {
  readsBack("a".repeat(2_000) + "\u2028b\u2029c");
});

function readsBack(text: string): void {
  const headers = textHeaders(text);
  for (const [name, value] of headers) {
    assert(utf8.encode(`${name}: ${value}\r\n`).length <= lineBytesMax);
  }
  const id: Header = ["Id", "9".repeat(64)];
  const sent = message("MSG", [id, ...headers]);
  const [read] = new MessageReader().messages(utf8.encode(encode(sent)));
  assertEquals(read, sent);
  // Not assertEquals: if they differ, its report of two long lines takes minutes.
  assert(unescapeText(headerValues(sent, "Text").join("")) === text, "the text came back changed");
}

Deno.test("a text that fits on one line takes one", () => {
  assertEquals(textHeaders(""), [["Text", ""]]);
  assertEquals(textHeaders("Hello\nBob! "), [["Text", "Hello\\nBob!\\u0020"]]);
});

Deno.test("a text beyond the limit is a RangeError, counted in escaped bytes", () => {
  for (const [piece, size] of [["a", 1], ["é", 2], ["🙂", 4], ["\\", 2], ["\0", 6]] as const) {
    const most = Math.floor(textBytesMax / size);
    assert(textHeaders(piece.repeat(most)).length > 1);
    assertThrows(() => textHeaders(piece.repeat(most + 1)), RangeError, "send it in parts");
  }
});
