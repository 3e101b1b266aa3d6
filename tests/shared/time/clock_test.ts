import { assert, assertEquals } from "@std/assert";
import { systemClock, wait } from "../../../shared/time/clock.ts";

Deno.test("the monotonic clock does not go backwards", () => {
  let last = systemClock.now();
  for (let i = 0; i < 1_000; i++) {
    const now = systemClock.now();
    assert(now >= last);
    last = now;
  }
});

Deno.test("wait ends with true when the time is over", async () => {
  assertEquals(await wait(1, new AbortController().signal), true);
});

// The sanitizer fails these two tests if the timer is left.
Deno.test("wait ends with false as soon as the signal aborts", async () => {
  const controller = new AbortController();
  const waiting = wait(3_600_000, controller.signal);
  controller.abort();
  assertEquals(await waiting, false);
});

Deno.test("wait does not start if the signal has aborted already", async () => {
  assertEquals(await wait(3_600_000, AbortSignal.abort()), false);
});
