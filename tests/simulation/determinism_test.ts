// A seed decides everything that happens in the simulation: nothing else may.

import { assertEquals } from "@std/assert";
import { MachineTimeWatch } from "./machine_time.ts";
import { runCourse } from "./random_course.ts";

Deno.test("a seed decides everything that happens", async () => {
  for (let seed = 0; seed < 20; seed++) {
    const [one, other] = [await runCourse(seed), await runCourse(seed)];
    assertEquals(one.trace, other.trace, `seed ${seed}`);
  }
});

Deno.test("nothing that is simulated looks at the machine's clock, waits by it, or throws its dice", async () => {
  const uses = new Set<string>();
  for (let seed = 0; seed < 20; seed++) {
    using watch = new MachineTimeWatch();
    await runCourse(seed);
    for (const use of watch.uses) uses.add(use);
  }
  // A database is opened in the machine's own time.
  const others = [...uses].filter((use) => !use.includes("shared/storage/database.ts"));
  assertEquals(others, []);
});
