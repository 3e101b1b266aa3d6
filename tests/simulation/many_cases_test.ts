import { assertEquals, assertRejects, assertStringIncludes } from "@std/assert";
import type { Case } from "./cases.ts";
import { failure, runCases } from "./many_cases.ts";

Deno.test("cases are run, and what came of them is added up", async () => {
  const cases: Case[] = [1, 2, 3].map((seed) => ({ type: "seed", seed }));
  const { count, accepted, steps } = await runCases(cases, String);
  assertEquals([count, accepted > 0, steps.has("write")], [3, true, true]);
});

Deno.test("a case that cannot be run fails", async () => {
  const nonsense = { type: "nonsense" } as unknown as Case;
  const run = () => runCases([nonsense], () => "again");
  await assertRejects(run, Error, 'There is no such case: {"type":"nonsense"}');
  await assertRejects(run, Error, "To run this again: again");
});

Deno.test("a case that fails is told with what is wrong, what has happened, and how to run it again", () => {
  const trace = Array.from({ length: 1_000 }, (_, i) => `line ${i}`);
  const outcome = { violations: ["nothing arrives"], trace, accepted: 1, steps: [] };
  const { message } = failure(outcome, "do it again");
  for (
    const part of ["- nothing arrives", "again: do it again", "(600 lines before)", "line 999"]
  ) {
    assertStringIncludes(message, part);
  }
});
