import { assertEquals, assertStrictEquals } from "@std/assert";
import { latePattern } from "../../../shared/text/late_pattern.ts";

Deno.test("latePattern: a pattern is made when it is first needed, and once", () => {
  let made = 0;
  const letter = latePattern(() => {
    made++;
    return /^\p{L}$/u;
  });
  assertEquals(made, 0);
  assertEquals([letter().test("ä"), letter().test("1")], [true, false]);
  assertEquals(made, 1);
  assertStrictEquals(letter(), letter());
});
