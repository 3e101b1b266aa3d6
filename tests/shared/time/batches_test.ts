import { assertEquals, assertThrows } from "@std/assert";
import { Batches } from "../../../shared/time/batches.ts";

Deno.test("batches follow each other quickly, and after the last one or a failure comes the pause", () => {
  const clock = { nowMs: 0, now: () => clock.nowMs };
  const batches = new Batches(clock, { stepMs: 10, pauseMs: 1_000 });
  const done: number[] = [];
  const results = [true, true, false, "fails", true];
  const batch = () => {
    done.push(clock.nowMs);
    const result = results.shift()!;
    if (typeof result === "string") throw new Error(result);
    return result;
  };
  for (const nowMs of [0, 9, 10, 20, 30, 1_019, 1_020]) {
    clock.nowMs = nowMs;
    if (nowMs === 1_020) assertThrows(() => batches.run(batch), Error, "fails");
    else batches.run(batch);
  }
  clock.nowMs = 2_019;
  batches.run(batch);
  clock.nowMs = 2_020;
  batches.run(batch);
  assertEquals(done, [0, 10, 20, 1_020, 2_020]);
});
