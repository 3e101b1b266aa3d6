// Every two places where people sit: they reach each other, and in the end on the best way that there is. So they do
// if the server is far, and if packets are lost.

import { assert, assertEquals } from "@std/assert";
import { builds } from "../support/program.ts";
import { median } from "../bench/statistics.ts";
import { unavailable, whyNoLongCables } from "./laboratory.ts";
import {
  type Between,
  mainPairs,
  nameOf,
  type Pair,
  pairs,
  PairScene,
  type Run,
  runtimeOf,
  waysOf,
} from "./matrix.ts";
import { Table } from "./table.ts";

/** How often each pair is tried. */
const runs = Number(Deno.env.get("P2PCHAT_RUNS") ?? 2);
/** Whether figures are wanted: then times are held against what they may be, and packets are lost as well. */
const measures = Deno.env.has("P2PCHAT_RUNS");
/** The file that has the tables, if they are to be written into it. */
const page = Deno.env.get("P2PCHAT_TABLES");

/** Under what circumstances they meet. */
interface Circumstances {
  /** How the table is called. */
  readonly name: string;
  readonly pairs: readonly Pair[];
  readonly between: Between;
  /** How long it may take at most, in milliseconds. */
  readonly firstMsMax?: number;
  readonly bestMsMax?: number;
  readonly unavailable: string | undefined;
}

const all: readonly Circumstances[] = [
  { name: "who × who", pairs, between: {}, unavailable },
  {
    name: "100 ms to the server and back",
    pairs: mainPairs,
    between: { delayMs: 50 },
    firstMsMax: 1_500,
    bestMsMax: 4_000,
    unavailable: await whyNoLongCables(),
  },
  // A lost packet may well cost the better way: what comes of that is a figure, and no reason to fail.
  ...measures ? [{ name: "5 % of packets lost", pairs, between: { loss: 0.05 }, unavailable }] : [],
];

// The executable if there is one.
const build = builds.at(-1)!;
const runtime = await runtimeOf(build);
/** The ways that there are depend on it. */
const wayColumn = `way with Deno ${runtime.deno.split(".").slice(0, 2).join(".")}`;

for (const circumstances of all) {
  const table = new Table(circumstances.name, [wayColumn, "first message", "best way"]);
  for (const pair of circumstances.pairs) test(circumstances, pair, table);
  addEventListener("unload", () => {
    // deno-lint-ignore no-console -- Whoever runs the task wants to read it.
    console.log(`${table}\n`);
    if (page !== undefined) table.writeInto(page);
  });
}

function test(circumstances: Circumstances, pair: Pair, table: Table): void {
  const expected = waysOf(pair, runtime);
  const { name, between, unavailable, firstMsMax = Infinity, bestMsMax = Infinity } = circumstances;
  Deno.test({
    name: `${build.name}: ${name}: ${nameOf(pair)}: ${expected.join(" or ")}`,
    ignore: unavailable !== undefined,
    fn: async () => {
      await using scene = await PairScene.open(pair, build, runtime, between);
      const all: Run[] = [];
      for (let n = 0; n < runs; n++) all.push(await scene.run());
      const [first, best] = [
        median(all.map((run) => run.firstMs)),
        median(all.map((run) => run.bestMs)),
      ];
      const ways = all.map(({ way }) => way);
      const right = ways.filter((way) => way !== undefined && expected.includes(way)).length;
      const share = right === all.length ? "" : ` (${right} of ${all.length})`;
      table.add(nameOf(pair), [
        `${[...new Set(ways)].join(" or ")}${share}`,
        `${first.toFixed(0)} ms`,
        `${best.toFixed(0)} ms`,
      ]);
      assertEquals(right, all.length, `on the ways ${ways.join(", ")}`);
      const inTime = first <= firstMsMax && best <= bestMsMax;
      assert(inTime || !measures, `${first} and ${best} ms`);
    },
  });
}
