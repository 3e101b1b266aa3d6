import { assert, assertEquals, assertNotEquals } from "@std/assert";
import { SeededRandom } from "./seeded_random.ts";

function first(count: number, random: SeededRandom): number[] {
  return Array.from({ length: count }, random.number);
}

Deno.test("the same seed gives the same numbers, and another one others", () => {
  assertEquals(first(100, new SeededRandom(7)), first(100, new SeededRandom(7)));
  const starts = new Set(
    [0, 1, 2, 3, 2 ** 32, 2 ** 32 + 1, 2 ** 53 - 1, -1].map((seed) =>
      new SeededRandom(seed).number()
    ),
  );
  assertEquals(starts.size, 8);
});

Deno.test("numbers are spread over all there are", () => {
  const random = new SeededRandom(1);
  const counts = new Array(10).fill(0);
  for (let i = 0; i < 100_000; i++) counts[Math.floor(random.number() * 10)]++;
  for (const count of counts) assert(Math.abs(count - 10_000) < 500, `${counts}`);
  const ints = new Set(Array.from({ length: 1_000 }, () => random.int(-1, 3)));
  assertEquals([...ints].toSorted(), [-1, 0, 1, 2, 3]);
  const hits = Array.from({ length: 10_000 }, () => random.chance(0.25)).filter(Boolean).length;
  assert(Math.abs(hits - 2_500) < 250, `${hits}`);
  assert(!random.chance(0) && random.chance(1));
});

Deno.test("what is split off goes on by itself", () => {
  const [one, other] = [new SeededRandom(5), new SeededRandom(5)];
  const [split, sameSplit] = [one.split(), other.split()];
  first(10, other);
  assertEquals(first(10, split), first(10, sameSplit));
  assertNotEquals(first(10, one.split()), first(10, other.split()));
});
