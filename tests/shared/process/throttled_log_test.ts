import { assertEquals } from "@std/assert";
import { createLog } from "../../../shared/process/log.ts";
import { ThrottledLog } from "../../../shared/process/throttled_log.ts";

Deno.test("an error is logged, and those of the next ten seconds are counted in the next line", () => {
  const clock = { nowMs: 0, now: () => clock.nowMs };
  const lines: string[] = [];
  const log = createLog({
    level: "error",
    format: "text",
    write: (line) => lines.push(line),
    now: () => new Date(0),
  });
  const throttled = new ThrottledLog(log, clock);
  throttled.error("cannot write", new Error("disk full"));
  clock.nowMs = 9_999;
  throttled.error("cannot write", new Error("disk full"));
  clock.nowMs = 10_000;
  throttled.error("cannot read", "gone", { from: "a" });
  clock.nowMs = 20_000;
  throttled.error("cannot read", "gone");
  assertEquals(lines, [
    '1970-01-01T00:00:00.000Z error cannot write error="Error: disk full"',
    "1970-01-01T00:00:00.000Z error cannot read from=a error=gone dropped=1",
    "1970-01-01T00:00:00.000Z error cannot read error=gone",
  ]);
});
