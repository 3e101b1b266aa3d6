import { assertEquals } from "@std/assert";
import fc from "fast-check";
import { fromBase64url, toBase64url } from "../../../shared/bytes/base64url.ts";
import { codePoint } from "../../support/code_point.ts";

Deno.test("base64url gives back any bytes, but only with the right length", () => {
  fc.assert(fc.property(fc.uint8Array({ maxLength: 80 }), (bytes) => {
    const text = toBase64url(bytes);
    assertEquals(fromBase64url(text, bytes.length), new Uint8Array(bytes));
    assertEquals(fromBase64url(text, bytes.length + 1), undefined);
    assertEquals(
      text,
      btoa(String.fromCharCode(...bytes)).replaceAll("+", "-")
        .replaceAll("/", "_").replaceAll("=", ""),
    );
  }));
});

Deno.test("base64url has one text for its bytes, and no text is an error", () => {
  const text = toBase64url(new Uint8Array(32).fill(0xfb));
  const others = [
    text.slice(1),
    text + "A",
    text + "=",
    text + " ",
    "  " + text.slice(2),
    text.slice(0, -1) + "t", // the last letter has two bits that stand for nothing
    text.replaceAll("-", "+"),
    text.replaceAll("_", "/"),
    "A" + "=".repeat(42),
    text.slice(0, 5) + "=" + text.slice(6),
    " ".repeat(43),
    "é".repeat(43),
    "",
  ];
  for (const other of others) assertEquals([other, fromBase64url(other, 32)], [other, undefined]);
  const near = fc.tuple(fc.nat(42), fc.string({ minLength: 1, maxLength: 3, unit: codePoint }));
  fc.assert(fc.property(near, ([at, put]) => {
    const changed = text.slice(0, at) + put + text.slice(at + put.length);
    const bytes = fromBase64url(changed, 32);
    if (bytes !== undefined) assertEquals(toBase64url(bytes), changed);
  }));
});
