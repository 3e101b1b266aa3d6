import { assertEquals } from "@std/assert";
import { Expectations } from "../../../server/reflector/expectations.ts";
import { FakeClock } from "../../support/fake_clock.ts";

const forMs = 10_000;

Deno.test("a host that was let ask may do so a few times, for a while", async () => {
  const clock = new FakeClock();
  const expected = new Expectations({ clock, forMs });
  assertEquals([expected.isEmpty, expected.take("192.0.2.1")], [true, false]);
  assertEquals(expected.add("192.0.2.1"), true);
  assertEquals([expected.isEmpty, expected.take("192.0.2.2")], [false, false]);
  const taken = Array.from({ length: 5 }, () => expected.take("192.0.2.1"));
  assertEquals(taken, [true, true, true, true, false]);
  expected.add("192.0.2.1");
  await clock.pass(forMs);
  assertEquals([expected.isEmpty, expected.take("192.0.2.1")], [true, false]);
});

Deno.test("many clients of one host have more times, up to a bound", () => {
  const expected = new Expectations({ clock: new FakeClock(), forMs });
  for (let n = 0; n < 1_000; n++) expected.add("192.0.2.1");
  let times = 0;
  while (expected.take("192.0.2.1")) times++;
  assertEquals(times, 64);
});

Deno.test("however many hosts are let ask, a bounded number is kept", async () => {
  const clock = new FakeClock();
  const expected = new Expectations({ clock, forMs });
  const let_ = Array.from({ length: 10_001 }, (_, i) => expected.add(`host ${i}`));
  assertEquals([let_.filter((isLet) => isLet).length, let_.at(-1)], [10_000, false]);
  // One that is known has room.
  assertEquals(expected.add("host 0"), true);
  await clock.pass(forMs);
  assertEquals(expected.add("another"), true);
});
