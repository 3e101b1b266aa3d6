// A seed decides everything that happens in the simulation: nothing else may.

import { assertEquals } from "@std/assert";
import { extent, part } from "../support/extent.ts";
import { MachineTimeWatch } from "./machine_time.ts";
import { runPathCourse } from "./path_course.ts";
import { runCourse } from "./random_course.ts";

const courses = [runCourse, runPathCourse];
const seeds = part(Array.from({ length: 20 }, (_, seed) => seed), 5);

Deno.test(`a seed decides everything that happens (${extent})`, async () => {
  for (const seed of seeds) {
    for (const run of courses) {
      const [one, other] = [await run(seed), await run(seed)];
      assertEquals(one.trace, other.trace, `seed ${seed}`);
    }
  }
});

Deno.test(`nothing that is simulated looks at the machine's clock, waits by it, or throws its dice (${extent})`, async () => {
  const uses = new Set<string>();
  for (const seed of seeds) {
    using watch = new MachineTimeWatch();
    for (const run of courses) await run(seed);
    for (const use of watch.uses) uses.add(use);
  }
  // A database is opened in the machine's own time.
  const others = [...uses].filter((use) => !use.includes("shared/storage/database.ts"));
  assertEquals(others, []);
});
