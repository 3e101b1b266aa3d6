// Every two places where people sit: they reach each other, and in the end on the best way that there is.

import { assertEquals } from "@std/assert";
import { builds } from "../support/program.ts";
import { median } from "../bench/statistics.ts";
import { unavailable } from "./laboratory.ts";
import { nameOf, type Pair, pairs, PairScene, type Run } from "./matrix.ts";

/** How often each pair is tried. */
const runs = Number(Deno.env.get("P2PCHAT_RUNS") ?? 2);
/** The share of packets that each of the two loses. */
const loss = Number(Deno.env.get("P2PCHAT_LOSS") ?? 0);

const rows: string[] = [];
// The executable if there is one.
const build = builds.at(-1)!;

for (const pair of pairs) {
  Deno.test({
    name: `${build.name}: ${nameOf(pair)}: ${pair.way}`,
    ignore: unavailable !== undefined,
    fn: async () => {
      await using scene = await PairScene.open(pair, build, loss);
      const all: Run[] = [];
      for (let n = 0; n < runs; n++) all.push(await scene.run());
      rows.push(rowOf(pair, all));
      assertEquals(all.map(({ way }) => way), all.map(() => pair.way));
    },
  });
}

addEventListener("unload", () => {
  const head = ["| who × who | way | first message | best way |", "| --- | --- | ---: | ---: |"];
  // deno-lint-ignore no-console -- Whoever runs the task wants to read it.
  console.log([...head, ...rows].join("\n"));
});

function rowOf(pair: Pair, all: readonly Run[]): string {
  const right = all.filter(({ way }) => way === pair.way);
  const ms = (of: (run: Run) => number) => `${median(all.map(of)).toFixed(0)} ms`;
  const share = right.length === all.length ? "" : ` (${right.length} of ${all.length})`;
  return `| ${nameOf(pair)} | ${pair.way}${share} | ${ms(({ firstMs }) => firstMs)} | ${
    ms(({ bestMs }) => bestMs)
  } |`;
}
