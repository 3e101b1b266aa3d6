import { assertEquals } from "@std/assert";
import { Allowance } from "../../../server/relay/allowance.ts";

const rate = { burst: 1_000, perSecond: 100 };

Deno.test("an allowance lets a burst through, and then so much a second", () => {
  const allowance = new Allowance(rate, 0);
  assertEquals(allowance.take(1_000, 0), 0);
  assertEquals(allowance.take(50, 0), 500);
  assertEquals(allowance.waitMs(200), 300);
  assertEquals(allowance.waitMs(500), 0);
  assertEquals(allowance.take(1, 500), 10);
});

Deno.test("an allowance is full again after a pause, and no fuller than that", () => {
  const allowance = new Allowance(rate, 0);
  allowance.take(400, 0);
  assertEquals(allowance.isFull(3_999), false);
  assertEquals(allowance.isFull(4_000), true);
  assertEquals(allowance.take(1_000, 1_000_000), 0);
  assertEquals(allowance.take(1, 1_000_000), 10);
});
