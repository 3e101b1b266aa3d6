import { assertEquals } from "@std/assert";
import { parseDuration } from "../../../shared/time/duration.ts";

Deno.test("a duration is a number and a unit", () => {
  assertEquals(parseDuration("30d"), 30 * 86_400_000);
  assertEquals(parseDuration("12h"), 12 * 3_600_000);
  assertEquals(parseDuration("90m"), 90 * 60_000);
  assertEquals(parseDuration("45s"), 45_000);
  assertEquals(parseDuration("999999d"), 999_999 * 86_400_000);
});

Deno.test("other texts are not durations", () => {
  for (
    const text of ["", "30", "d", "0d", "-1d", "1.5h", "1 d", " 1d", "1d ", "1d12h", "1w", "1D"]
  ) {
    assertEquals(parseDuration(text), undefined, text);
  }
  assertEquals(parseDuration("1000000d"), undefined);
});
