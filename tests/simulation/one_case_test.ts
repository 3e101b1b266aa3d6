// Runs one case of the simulation and says what has happened: P2PCHAT_SEED=17 for a random course, or
// P2PCHAT_CASE for any, as a case that fails says it.

import { type Case, runCase } from "./cases.ts";
import { replay } from "./extent.ts";
import { failure } from "./many_cases.ts";

const seed = Deno.env.get("P2PCHAT_SEED");
const asked = Deno.env.get("P2PCHAT_CASE");

Deno.test({
  name: "one case, as asked for",
  ignore: seed === undefined && asked === undefined,
  fn: async () => {
    const what: Case = seed === undefined
      ? JSON.parse(asked!)
      : { type: "seed", seed: Number(seed) };
    const outcome = await runCase(what);
    Deno.stdout.writeSync(new TextEncoder().encode(outcome.trace.join("\n") + "\n"));
    if (outcome.violations.length > 0) throw failure(outcome, replay(what));
  },
});
