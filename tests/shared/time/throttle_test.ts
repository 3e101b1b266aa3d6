import { assertEquals } from "@std/assert";
import { Throttle } from "../../../shared/time/throttle.ts";

Deno.test("one passes, and then none until the interval is over", () => {
  const clock = { nowMs: 5_000, now: () => clock.nowMs };
  const throttle = new Throttle(clock, 100);
  const passed = [];
  for (const nowMs of [5_000, 5_001, 5_099, 5_100, 5_150, 9_000, 9_000]) {
    clock.nowMs = nowMs;
    passed.push(throttle.pass());
  }
  assertEquals(passed, [true, false, false, true, false, true, false]);
});
