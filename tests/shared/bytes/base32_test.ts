import { assertEquals } from "@std/assert";
import fc from "fast-check";
import { fromBase32, toBase32 } from "../../../shared/bytes/base32.ts";

Deno.test("bytes are written as RFC 4648 section 10 says, in lower case and without padding", () => {
  const cases = {
    "": "",
    f: "my",
    fo: "mzxq",
    foo: "mzxw6",
    foob: "mzxw6yq",
    foobar: "mzxw6ytboi",
  };
  for (const [text, letters] of Object.entries(cases)) {
    assertEquals(toBase32(new TextEncoder().encode(text)), letters);
  }
});

Deno.test("what was written is read again, in either case, and nothing else is", () => {
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 40 }), (bytes) => {
      const text = toBase32(bytes);
      assertEquals(fromBase32(text, bytes.length), bytes);
      assertEquals(fromBase32(text.toUpperCase(), bytes.length), bytes);
      assertEquals(fromBase32(`${text}a`, bytes.length), undefined);
    }),
  );
  const letters = "a".repeat(25);
  assertEquals(fromBase32(`${letters}e`, 16), new Uint8Array(16).with(15, 1));
  // Bits behind the last byte; letters that are none; blanks.
  for (const last of ["b", "1", "0", "8", " ", "ä", "="]) {
    assertEquals(fromBase32(letters + last, 16), undefined, last);
  }
});
