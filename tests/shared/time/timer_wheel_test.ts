import { assert, assertEquals } from "@std/assert";
import fc from "fast-check";
import { TimerWheel } from "../../../shared/time/timer_wheel.ts";

Deno.test("a member is taken out in the first whole second at or after its time, and once", () => {
  const wheel = new TimerWheel<string>(0, 10_000);
  wheel.add("a", 1_500);
  wheel.add("b", 2_000);
  wheel.add("c", 2_001);
  assertEquals([...wheel.expired(1_999)], []);
  assert(!wheel.isDue(1_999));
  assert(wheel.isDue(2_000));
  assertEquals([...wheel.expired(2_000)], ["a", "b"]);
  assertEquals([...wheel.expired(2_000)], []);
  assertEquals([...wheel.expired(60_000)], ["c"]);
});

Deno.test("a member that was removed or moved is not taken out at its old time", () => {
  const wheel = new TimerWheel<string>(0, 10_000);
  wheel.remove("a", wheel.add("a", 1_000));
  wheel.move("b", wheel.add("b", 1_000), 10_000);
  assertEquals([...wheel.expired(9_999)], []);
  assertEquals([...wheel.expired(10_000)], ["b"]);
});

Deno.test("a wheel takes out the same as a list, however far the clock jumps", () => {
  const longestMs = 20_000;
  const step = fc.record({
    ms: fc.oneof(fc.nat(3_000), fc.nat(3 * longestMs)),
    what: fc.constantFrom("add", "move", "remove"),
    which: fc.nat(4),
    ttlMs: fc.integer({ min: 0, max: longestMs }),
  });
  fc.assert(fc.property(fc.nat(5_000), fc.array(step, { maxLength: 60 }), (start, steps) => {
    let now = start;
    const wheel = new TimerWheel<number>(now, longestMs);
    const slots = new Map<number, number>();
    const times = new Map<number, number>();
    for (const { ms, what, which, ttlMs } of steps) {
      now += ms;
      const expected = [...times].filter(([, at]) =>
        Math.ceil(at / 1000) <= Math.floor(now / 1000)
      );
      const taken = [...wheel.expired(now)];
      assertEquals(taken.sort(), expected.map(([member]) => member).sort());
      for (const member of taken) times.delete(member);

      // A member that is added at its own time stays until the next second.
      const at = Math.max(now + ttlMs, (Math.floor(now / 1000) + 1) * 1000);
      if (what === "add" && !times.has(which)) {
        slots.set(which, wheel.add(which, now + ttlMs));
        times.set(which, at);
      } else if (what === "move" && times.has(which)) {
        slots.set(which, wheel.move(which, slots.get(which)!, now + ttlMs));
        times.set(which, at);
      } else if (what === "remove" && times.has(which)) {
        wheel.remove(which, slots.get(which)!);
        times.delete(which);
      }
    }
  }));
});
