import { assertEquals, assertMatch } from "@std/assert";
import { MachineTimeWatch } from "./machine_time.ts";

Deno.test("code that uses the machine's time is named, and only while the watch lasts", () => {
  const uses = [];
  {
    using watch = new MachineTimeWatch();
    Date.now();
    clearTimeout(setTimeout(() => {}, 1));
    uses.push(...watch.uses);
  }
  assertEquals(uses.length, 2);
  assertMatch(uses[0]!, /^now at .*machine_time_test\.ts/);
  assertMatch(uses[1]!, /^setTimeout at .*machine_time_test\.ts/);
  using watch = new MachineTimeWatch();
  Math.max(1, 2);
  assertEquals(watch.uses, []);
});
