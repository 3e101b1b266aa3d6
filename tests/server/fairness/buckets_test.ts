import { assert, assertEquals } from "@std/assert";
import { Buckets } from "../../../server/fairness/buckets.ts";
import { defaultCapacity, type Rates } from "../../../server/limits/limits.ts";

const rates: Rates = {
  ...defaultCapacity.hostRates,
  PING: { burst: 3, perSecond: 2 },
  INFO: { burst: 1, perSecond: 1 },
};

/** Takes tokens one after the other. @returns How long each would have to wait. */
function take(buckets: Buckets, count: number, nowMs: number): number[] {
  return Array.from({ length: count }, () => {
    const waitMs = buckets.waitMs("PING", nowMs);
    buckets.take("PING", nowMs);
    return waitMs;
  });
}

Deno.test("so many are let through at once, and then each waits for its token", () => {
  const buckets = new Buckets(rates);
  assertEquals(take(buckets, 6, 1_000), [0, 0, 0, 500, 1_000, 1_500]);
  assertEquals(buckets.waitMs("INFO", 1_000), 0, "each verb has tokens of its own");
  assertEquals(take(buckets, 2, 2_500), [500, 1_000]);
});

Deno.test("a bucket fills up again, but not over its rim, and is then as one that was never used", () => {
  const buckets = new Buckets(rates);
  take(buckets, 3, 0);
  assert(!buckets.areFull(1_499));
  assert(buckets.areFull(1_500));
  assertEquals(take(buckets, 4, 1_000_000), [0, 0, 0, 500]);
});

Deno.test("what stands for several hosts has as many tokens", () => {
  assertEquals(take(new Buckets(rates, 2), 8, 0), [0, 0, 0, 0, 0, 0, 250, 500]);
});
