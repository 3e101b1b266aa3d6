/**
 * How long the program takes to say something: from source, and as the executable, beside a bare Deno script that
 * prints one word, started in turn.
 *
 * @module
 */

import type { Bench } from "./bench.ts";
import type { Report, Row } from "./report.ts";
import { median } from "./statistics.ts";

/** Starts of each; the first one, in which the runtime fills its caches, does not count. */
const starts = 15;
/** How many times as long as the bare script the start may take. */
const mostTimes = { source: 4, executable: 6 };

const root = new URL("../..", import.meta.url).pathname;
const commands = [["--version"], ["server", "--port", "0"], ["client", "alice", "--no-register"]];

/** What is started. */
interface Start {
  readonly path: string;
  readonly args: readonly string[];
}

/** Measures the time from starting the program to its first output. */
export async function measureStartup(bench: Bench): Promise<Report> {
  const executable = Deno.env.get("P2PCHAT") ?? "";
  const state = await Deno.makeTempDir({ prefix: "p2pchat-bench-" });
  const rows: Row[] = [];
  try {
    const bare = `${state}/bare.ts`;
    await Deno.writeTextFile(bare, 'console.log("here");\n');
    const ways: [name: keyof typeof mostTimes, Start][] = [
      ["source", { path: Deno.execPath(), args: ["run", "--quiet", "-A", `${root}main.ts`] }],
    ];
    if (executable !== "") ways.push(["executable", { path: executable, args: [] }]);
    for (const command of commands) {
      for (const [way, { path, args }] of ways) {
        const times: [ours: number, theirs: number][] = [];
        for (let i = 0; i <= starts; i++) {
          const ours = await firstOutputMs(path, [...args, ...command], state, bench.signal);
          const theirs = await firstOutputMs(Deno.execPath(), ["run", bare], state, bench.signal);
          if (i > 0) times.push([ours, theirs]);
        }
        const [ours, theirs] = [median(times.map(([a]) => a)), median(times.map(([, b]) => b))];
        const most = mostTimes[way];
        rows.push({
          figure: `startup to first output, ${way}: ${command.join(" ")}`,
          ours: `${ours.toFixed(0)} ms, ${(ours / theirs).toFixed(1)} of a bare script's`,
          bar: { text: `at most ${most} times`, holds: ours <= most * theirs },
        });
      }
    }
  } finally {
    await Deno.remove(state, { recursive: true });
  }
  const missing = executable === ""
    ? "The executable's startup was not measured: deno task compile makes it, P2PCHAT=dist/p2pchat " +
      "names it to the bench."
    : `Startup: ${executable} as well.`;
  return { rows, notes: [`${missing} Medians of ${starts}, in turn, not pinned.`] };
}

async function firstOutputMs(
  path: string,
  args: readonly string[],
  state: string,
  signal: AbortSignal,
): Promise<number> {
  const begin = performance.now();
  const child = new Deno.Command(path, {
    args: [...args],
    env: { XDG_CONFIG_HOME: state, XDG_STATE_HOME: state, LOCALAPPDATA: state },
    stdin: "piped",
    stdout: "piped",
    stderr: "inherit",
    signal,
  }).spawn();
  try {
    const { done } = await child.stdout.values()[Symbol.asyncIterator]().next();
    const ms = performance.now() - begin;
    if (done) throw new Error(`'${path} ${args.join(" ")}' printed nothing`);
    return ms;
  } finally {
    try {
      child.kill("SIGKILL");
    } catch {
      // It has ended already.
    }
    await child.status;
  }
}
