import { assert, assertEquals, assertRejects } from "@std/assert";
import { TextLineStream } from "@std/streams/text-line-stream";
import { wait, within } from "../../shared/time/clock.ts";
import { SeededRandom } from "../simulation/seeded_random.ts";
import { FakeClock, ProcessClock } from "./fake_clock.ts";

Deno.test("events come in the order of their times, and of their planning", async () => {
  const clock = new FakeClock(0);
  const random = new SeededRandom(1);
  const expected: { atMs: number; name: number }[] = [];
  const seen: { atMs: number; name: number }[] = [];
  for (let name = 0; name < 500; name++) {
    const atMs = random.int(0, 40);
    const cancel = clock.after(atMs, () => seen.push({ atMs: clock.now(), name }));
    if (random.chance(0.3)) cancel();
    else expected.push({ atMs, name });
  }
  await clock.pass(1_000);
  assertEquals(seen, expected.toSorted((a, b) => a.atMs - b.atMs || a.name - b.name));
  assertEquals([clock.now(), clock.events], [1_000, expected.length]);
});

Deno.test("all that follows from an event is done before the next one", async () => {
  const clock = new FakeClock(0);
  const order: string[] = [];
  const lines = new TextLineStream();
  const reader = lines.readable.getReader();
  const writer = lines.writable.getWriter();
  clock.after(1, async () => {
    for (let i = 0; i < 1_000; i++) await undefined;
    order.push("a long chain");
  });
  clock.after(2, () => order.push("the next event"));
  clock.after(3, () => writer.write("through a stream\n"));
  clock.after(3, () => order.push("one of the same time"));
  reader.read().then(({ value }) => order.push(value!));
  await clock.pass(3);
  assertEquals(order, [
    "a long chain",
    "the next event",
    "through a stream",
    "one of the same time",
  ]);
});

Deno.test("time passes until something holds, or is done, and no longer", async () => {
  const clock = new FakeClock(0);
  let count = 0;
  const tick = () => clock.after(100, () => (count++, tick()));
  tick();
  assert(await clock.passUntil(() => count === 5, 10_000));
  assertEquals(clock.now(), 500);
  assert(!await clock.passUntil(() => count === 100, 1_000));
  assertEquals(clock.now(), 1_500);
  const signal = new AbortController().signal;
  assertEquals(await clock.finish(wait(250, signal, clock)), true);
  assertEquals(clock.now(), 1_750);
  assertEquals(await clock.finish(within(60, new Promise(() => {}), clock)), false);
  assertEquals(clock.now(), 1_810);
  await assertRejects(() => clock.finish(new Promise(() => {}), 10), Error, "not done after 10 ms");
  await assertRejects(() => clock.finish(Promise.reject(new TypeError("no"))), TypeError, "no");
});

Deno.test("a program that is gone hears of nothing any more", async () => {
  const clock = new FakeClock(0);
  const [gone, other] = [new ProcessClock(clock, -5_000), new ProcessClock(clock)];
  assertEquals(gone.timeOfDay() + 5_000, other.timeOfDay());
  const heard: string[] = [];
  gone.after(10, () => heard.push("gone"));
  other.after(10, () => heard.push("other"));
  await clock.pass(9);
  gone.end();
  await clock.pass(9);
  assertEquals(heard, ["other"]);
});

Deno.test("an interruption comes between two events", async () => {
  const clock = new FakeClock(0);
  const order: string[] = [];
  for (const name of ["a", "b", "c"]) {
    clock.after(0, () => {
      order.push(name);
      Promise.resolve().then(() => order.push(`after ${name}`));
    });
  }
  clock.interrupt(2, () => order.push("!"));
  await clock.pass(0);
  assertEquals(order, ["a", "after a", "b", "after b", "!", "c", "after c"]);
});

Deno.test("the timers that wait are known, passed one by one, and cancelled", async () => {
  const clock = new FakeClock();
  const heard: string[] = [];
  const startMs = clock.now();
  await assertRejects(() => clock.passNext(), Error, "Waiting: ");
  clock.after(700, () => heard.push("first"));
  const cancel = clock.after(300, () => heard.push("second"));
  clock.after(500, () => heard.push("third"));
  assertEquals([clock.waits, clock.waiting], [[700, 300, 500], 3]);
  await assertRejects(() => clock.passNext(), Error, "Waiting: 700,300,500");
  cancel();
  clock.drop(500);
  assertEquals([clock.waits, clock.waiting], [[700], 1]);
  await clock.passNext();
  assertEquals([heard, clock.now() - startMs, clock.waiting], [["first"], 700, 0]);
  assertEquals(clock.timeOfDay(), Date.UTC(2030, 0, 1) + 700);
});
