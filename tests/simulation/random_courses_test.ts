// Whatever happens to connections, programs and machines: what was accepted is shown once, in order, or
// still waits; and it arrives once all is well. `P2PCHAT_SEEDS=20000` runs more.

import { assert, assertEquals } from "@std/assert";
import { extent, part } from "../support/extent.ts";
import type { Case } from "./cases.ts";
import { replay, seeds } from "./extent.ts";
import { runCases } from "./many_cases.ts";
import { stepNames } from "./random_course.ts";

/** Of so many courses one is run in an ordinary run. */
const coursesPerCourse = 40;

/** Of so many courses with power cuts one is run in an ordinary run. */
const powerCutsPerCourse = 20;

Deno.test(`nothing is lost, doubled or out of order in random courses of events (${extent})`, async () => {
  const all = Array.from({ length: seeds }, (_, seed): Case => ({ type: "seed", seed }));
  const cases = part(all, coursesPerCourse);
  const { accepted, steps } = await runCases(cases, replay);
  // It must not hold only because nothing was said, or nothing went wrong.
  assert(accepted >= 5 * cases.length, `${accepted} texts were accepted`);
  assertEquals([...steps].toSorted(), stepNames.toSorted());
});

Deno.test(`what was promised outlives the power (${extent})`, async () => {
  const count = Math.ceil(seeds / 20);
  const all = Array.from({ length: count }, (_, seed): Case => ({ type: "power", seed }));
  await runCases(part(all, powerCutsPerCourse), replay);
});
