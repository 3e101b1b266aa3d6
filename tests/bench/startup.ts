/**
 * How long the compiled executable takes to say something.
 *
 * @module
 */

import type { Bench } from "./bench.ts";
import type { Report, Row } from "./report.ts";
import { median } from "./statistics.ts";

const starts = 10;
const mostMs = 250;

const commands = [["--version"], ["server", "--port", "0"]];

/** Measures the time from starting the executable to its first output. */
export async function measureStartup(bench: Bench): Promise<Report> {
  const path = Deno.env.get("P2PCHAT");
  if (path === undefined || path === "") {
    return {
      rows: [],
      notes: [
        "Startup was not measured: deno task compile makes the executable, P2PCHAT=dist/p2pchat\n" +
        "names it to the bench.",
      ],
    };
  }
  const rows: Row[] = [];
  // Where a server keeps its names: not among this user's own.
  const state = await Deno.makeTempDir({ prefix: "p2pchat-bench-" });
  try {
    for (const args of commands) {
      const times = [];
      for (let i = 0; i < starts; i++) {
        times.push(await firstOutputMs(path, args, state, bench.signal));
      }
      const ms = median(times);
      rows.push({
        figure: `startup to first output: ${args.join(" ")}`,
        ours: `${ms.toFixed(0)} ms`,
        bar: { text: `at most ${mostMs} ms`, holds: ms <= mostMs },
      });
    }
  } finally {
    await Deno.remove(state, { recursive: true });
  }
  return { rows, notes: [`Startup: ${path}, median of ${starts}, not pinned.`] };
}

async function firstOutputMs(
  path: string,
  args: string[],
  state: string,
  signal: AbortSignal,
): Promise<number> {
  const begin = performance.now();
  const child = new Deno.Command(path, {
    args,
    env: { XDG_STATE_HOME: state, LOCALAPPDATA: state },
    stdin: "null",
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
