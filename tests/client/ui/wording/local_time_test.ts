import { assertEquals, assertMatch } from "@std/assert";
import fc from "fast-check";
import { fullTime, shortTime } from "../../../../client/ui/wording/local_time.ts";

const now = new Date(2026, 2, 4, 0, 0, 30);

Deno.test("a time of today has no date, and one of another day has", () => {
  const cases: [time: Date, shown: string][] = [
    [now, "00:00"],
    [new Date(2026, 2, 4, 23, 59, 59, 999), "23:59"],
    [new Date(2026, 2, 3, 23, 59, 59, 999), "2026-03-03 23:59"],
    [new Date(2025, 2, 4, 9, 8), "2025-03-04 09:08"],
    // Somebody else's clock may be wrong.
    [new Date(12_345, 0, 2, 3, 4), "12345-01-02 03:04"],
  ];
  for (const [time, shown] of cases) assertEquals(shortTime(time.getTime(), now), shown);
});

Deno.test("a full time is the machine's own, to the second", () => {
  assertEquals(fullTime(new Date(2026, 2, 4, 5, 6, 7, 999).getTime()), "2026-03-04 05:06:07");
});

Deno.test("any time that a peer says can be shown", () => {
  fc.assert(fc.property(fc.integer({ min: 0, max: 999_999_999_999_999 }), (ms) => {
    assertMatch(fullTime(ms), /^\d{4,5}-\d\d-\d\d \d\d:\d\d:\d\d$/);
    assertMatch(shortTime(ms, now), /^(\d{4,5}-\d\d-\d\d )?\d\d:\d\d$/);
  }));
});
