// Whatever happens to connections, programs and machines: what was accepted is shown once, in order, or
// still waits; and it arrives once all is well. `P2PCHAT_SEEDS=20000` runs more.

import { assert, assertEquals } from "@std/assert";
import type { Case } from "./cases.ts";
import { replay, seeds } from "./extent.ts";
import { runCases } from "./many_cases.ts";
import { stepNames } from "./random_course.ts";

Deno.test(`nothing is lost, doubled or out of order in ${seeds} random courses of events`, async () => {
  const cases = Array.from({ length: seeds }, (_, seed): Case => ({ type: "seed", seed }));
  const { accepted, steps } = await runCases(cases, replay);
  // It must not hold only because nothing was said, or nothing went wrong.
  assert(accepted >= 5 * seeds, `${accepted} texts were accepted`);
  assertEquals([...steps].toSorted(), stepNames.toSorted());
});

Deno.test("what was promised outlives the power", async () => {
  const count = Math.ceil(seeds / 20);
  const cases = Array.from({ length: count }, (_, seed): Case => ({ type: "power", seed }));
  await runCases(cases, replay);
});
