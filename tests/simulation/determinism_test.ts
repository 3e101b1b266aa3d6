// A seed decides everything that happens in the simulation: nothing else may.

import { assertEquals } from "@std/assert";
import { extent, part } from "../support/extent.ts";
import { MachineTimeWatch } from "./machine_time.ts";
import { runCourse } from "./random_course.ts";

const seeds = part(Array.from({ length: 20 }, (_, seed) => seed), 5);

Deno.test(`a seed decides everything that happens (${extent})`, async () => {
  for (const seed of seeds) {
    const [one, other] = [await runCourse(seed), await runCourse(seed)];
    assertEquals(one.trace, other.trace, `seed ${seed}`);
  }
});

Deno.test(`nothing that is simulated looks at the machine's clock, waits by it, or throws its dice (${extent})`, async () => {
  const uses = new Set<string>();
  for (const seed of seeds) {
    using watch = new MachineTimeWatch();
    await runCourse(seed);
    for (const use of watch.uses) uses.add(use);
  }
  // A database is opened in the machine's own time.
  const others = [...uses].filter((use) => !use.includes("shared/storage/database.ts"));
  assertEquals(others, []);
});
