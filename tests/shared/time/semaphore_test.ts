// So many at a time, and nobody is passed over.

import { assertEquals, assertRejects } from "@std/assert";
import { Semaphore } from "../../../shared/time/semaphore.ts";

Deno.test("no more than so many have a turn, and who came first goes first", async () => {
  const turns = new Semaphore(2);
  const begun: number[] = [];
  const gates = Array.from({ length: 5 }, () => Promise.withResolvers<void>());
  const all = gates.map(({ promise }, i) =>
    turns.take(() => {
      begun.push(i);
      return promise;
    })
  );
  await undefined;
  assertEquals(begun, [0, 1]);
  gates[1]!.resolve();
  await all[1];
  assertEquals(begun, [0, 1, 2]);
  for (const { resolve } of gates) resolve();
  await Promise.all(all);
  assertEquals(begun, [0, 1, 2, 3, 4]);
});

Deno.test("a turn that fails is handed over, too", async () => {
  const turns = new Semaphore(1);
  const failing = turns.take(() => Promise.reject(new Error("no")));
  const next = turns.take(() => Promise.resolve("yes"));
  await assertRejects(() => failing, Error, "no");
  assertEquals(await next, "yes");
  assertEquals(await turns.take(() => Promise.resolve("again")), "again");
});
