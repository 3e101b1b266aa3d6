import { assert, assertEquals } from "@std/assert";
import fc from "fast-check";
import { isClientId } from "../../../shared/protocol/client_id.ts";
import { codePoint } from "../../support/code_point.ts";

Deno.test("isClientId applies the rule to any text", () => {
  const near = fc.string({ unit: fc.constantFrom(..."aZ09._-@[`{/:^ é\n"), maxLength: 34 });
  fc.assert(
    fc.property(fc.oneof(near, fc.string({ unit: codePoint })), (text) => {
      assertEquals(isClientId(text), /^[A-Za-z0-9._-]{1,32}$/.test(text));
    }),
    { numRuns: 1_000 },
  );
});

Deno.test("isClientId takes 1 to 32 characters, and names that objects have", () => {
  for (const id of ["a", "A-b_c.9", "x".repeat(32), "__proto__", "constructor", "..", "-"]) {
    assert(isClientId(id), id);
  }
  for (const id of ["", "x".repeat(33), "a b", "bob\n", "bób", "a/b", "a:b", "a\0", "аlice"]) {
    assert(!isClientId(id), id);
  }
});
