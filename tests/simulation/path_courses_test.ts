// Whatever happens to the ways between two people, also if they move to other networks and the server restarts: what they
// write arrives soon if any way stands, the best one is used, nobody moves to and fro, and who says nothing sends hardly
// anything. `P2PCHAT_SEEDS=20000` runs more.

import { assert, assertEquals } from "@std/assert";
import { extent, part } from "../support/extent.ts";
import { type Case, runCase } from "./cases.ts";
import { replay, seeds } from "./extent.ts";
import { failure, runCases } from "./many_cases.ts";
import { pathStepNames } from "./path_course.ts";

/** Of so many courses one is run in an ordinary run. */
const coursesPerCourse = 83;

const caseOf = (seed: number): Case => ({ type: "paths", seed });

Deno.test(`what is sent arrives soon, by the best way that stands, whatever the ways do (${extent})`, async () => {
  const cases = part(Array.from({ length: seeds }, (_, seed) => caseOf(seed)), coursesPerCourse);
  const { accepted, steps } = await runCases(cases, replay);
  // It must not hold only because nothing was said, or nothing went wrong.
  assert(accepted >= 3 * cases.length, `${accepted} texts were accepted`);
  // A part of the courses may be without what seldom happens.
  if (cases.length === seeds) assertEquals([...steps].toSorted(), pathStepNames.toSorted());
});

/** Seeds that have found faults of the client. */
const found = {
  "two sides that say nothing both ask and both answer": 0,
  "only the server is asked to go around what is silent": 5,
  "who goes around what is silent opens a second link beside the one that the other opens": 15,
  "a way that has died in silence is taken up again at once": 574,
  "a dead link is not gone around once the server is back": 697,
  "a call without an answer keeps those from calling over the server who are registered again": 751,
  "who moves while not registered waits for the server on a connection from the network before": 31,
};

for (const [fault, seed] of Object.entries(found)) {
  Deno.test(`a fault does not come back: ${fault}`, async () => {
    const outcome = await runCase(caseOf(seed));
    if (outcome.violations.length > 0) throw failure(outcome, replay(caseOf(seed)));
  });
}
