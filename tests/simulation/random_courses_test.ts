// Whatever happens to connections, programs and machines: what was accepted is shown once, in order, or
// still waits; and it arrives once all is well. `P2PCHAT_SEEDS=20000` runs more, `P2PCHAT_SEED=17` runs one
// and says what has happened.

import { assert, assertEquals } from "@std/assert";
import { type Case, runCase } from "./cases.ts";
import { MachineTimeWatch } from "./machine_time.ts";
import { failure, runCases } from "./many_cases.ts";
import { runCourse, stepNames } from "./random_course.ts";
import { runShortCourse } from "./short_course.ts";
import { cuts } from "./simulated_conn.ts";

const seeds = Number(Deno.env.get("P2PCHAT_SEEDS") ?? 2_000);
const onlySeed = Deno.env.get("P2PCHAT_SEED");

/** Whether everything is tried, and not only as much as there is time for every day. */
const thorough = Deno.env.has("P2PCHAT_SEEDS");

const command = "deno test -A tests/simulation/delivery_simulation_test.ts";

function replay(what: Case): string {
  return what.type === "seed"
    ? `P2PCHAT_SEED=${what.seed} ${command}`
    : `P2PCHAT_CASE='${JSON.stringify(what)}' ${command}`;
}

const onlyCase = Deno.env.get("P2PCHAT_CASE");
const only: Case | undefined = onlySeed !== undefined
  ? { type: "seed", seed: Number(onlySeed) }
  : onlyCase === undefined
  ? undefined
  : JSON.parse(onlyCase);

Deno.test({
  name: "one case, as asked for",
  ignore: only === undefined,
  fn: async () => {
    const outcome = await runCase(only!);
    Deno.stdout.writeSync(new TextEncoder().encode(outcome.trace.join("\n") + "\n"));
    if (outcome.violations.length > 0) throw failure(outcome, replay(only!));
  },
});

Deno.test({
  name: `nothing is lost, doubled or out of order in ${seeds} random courses of things`,
  ignore: only !== undefined,
  fn: async () => {
    const cases = Array.from({ length: seeds }, (_, seed): Case => ({ type: "seed", seed }));
    const { accepted, steps } = await runCases(cases, replay);
    // Lest it holds only because nothing was said, or nothing went wrong.
    assert(accepted >= 5 * seeds, `${accepted} texts were accepted`);
    assertEquals([...steps].toSorted(), stepNames.toSorted());
  },
});

Deno.test({
  name: "what was promised outlives the power",
  ignore: only !== undefined,
  fn: async () => {
    const count = Math.ceil(seeds / 20);
    const cases = Array.from({ length: count }, (_, seed): Case => ({ type: "power", seed }));
    await runCases(cases, replay);
  },
});

for (const hasServer of [false, true]) {
  const place = hasServer ? "with a server" : "without a server";

  // With one there are more bytes, and it takes longer; most of them are the same.
  const stride = hasServer && !thorough ? 7 : 1;

  Deno.test({
    name: `a connection may be cut before any byte, ${place}`,
    ignore: only !== undefined,
    fn: async () => {
      const { bytes, accepted } = await runShortCourse({ hasServer });
      assertEquals(accepted, 6);
      assert(bytes > 1_000);
      const cases: Case[] = [];
      for (let atByte = 0; atByte < bytes; atByte += stride) {
        for (const how of thorough ? cuts : [cuts[atByte % cuts.length]!]) {
          cases.push({ type: "cut", hasServer, atByte, how });
        }
      }
      const summary = await runCases(cases, replay);
      assertEquals(summary.accepted, 6 * cases.length);
    },
  });

  Deno.test({
    name: `everyone may end after any event, ${place}`,
    ignore: only !== undefined,
    fn: async () => {
      const { events } = await runShortCourse({ hasServer });
      const cases: Case[] = [];
      for (let afterEvents = 0; afterEvents < events; afterEvents++) {
        for (const who of hasServer ? [0, 1, -1] : [0, 1]) {
          for (const how of ["kill", "power"] as const) {
            for (const screenMs of hasServer ? [0] : [0, 30]) {
              cases.push({ type: "end", hasServer, who, afterEvents, how, screenMs });
            }
          }
        }
      }
      await runCases(cases, replay);
    },
  });
}

Deno.test({
  name: "a seed decides everything that happens",
  ignore: only !== undefined,
  fn: async () => {
    for (let seed = 0; seed < 20; seed++) {
      const [one, other] = [await runCourse(seed), await runCourse(seed)];
      assertEquals(one.trace, other.trace, `seed ${seed}`);
    }
  },
});

Deno.test({
  name: "nothing that is simulated looks at the machine's clock, waits by it, or throws its dice",
  ignore: only !== undefined,
  fn: async () => {
    const uses = new Set<string>();
    for (let seed = 0; seed < 20; seed++) {
      using watch = new MachineTimeWatch();
      await runCourse(seed);
      for (const use of watch.uses) uses.add(use);
    }
    // A database is opened in the machine's own time.
    const others = [...uses].filter((use) => !use.includes("shared/storage/database.ts"));
    assertEquals(others, []);
  },
});
