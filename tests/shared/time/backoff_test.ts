import { assert, assertEquals } from "@std/assert";
import fc from "fast-check";
import { Backoff } from "../../../shared/time/backoff.ts";

const nearlyOne = 1 - Number.EPSILON;

Deno.test("Backoff doubles up to the longest wait, drawn from the upper half", () => {
  const waits = (random: () => number) => {
    const backoff = new Backoff({ firstMs: 100, maxMs: 1_000, random });
    return Array.from({ length: 6 }, () => Math.round(backoff.next()));
  };
  assertEquals(waits(() => 0), [50, 100, 200, 400, 500, 500]);
  assertEquals(waits(() => nearlyOne), [100, 200, 400, 800, 1_000, 1_000]);
});

Deno.test("Backoff stays within its bounds however often it is used", () => {
  const ms = fc.integer({ min: 1, max: 1e6 });
  fc.assert(fc.property(ms, ms, fc.nat(2_000), (firstMs, maxMs, tries) => {
    const backoff = new Backoff({ firstMs, maxMs });
    for (let i = 0; i < tries; i++) backoff.next();
    const wait = backoff.next();
    assert(wait >= Math.min(firstMs, maxMs) / 2 && wait <= maxMs);
  }));
});

Deno.test("Backoff starts again after a success", () => {
  const backoff = new Backoff({ firstMs: 100, maxMs: 1_000, random: () => 0 });
  const first = backoff.next();
  backoff.next();
  backoff.reset();
  assertEquals(backoff.next(), first);
});
