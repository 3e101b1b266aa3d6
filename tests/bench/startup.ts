/**
 * How long the program takes to say something, and a client in a terminal to show its prompt: from source, and as the
 * executable, beside a bare Deno script that prints one word, started in turn.
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
/** What is run in a terminal, and the prompt of it. */
const inTerminal = { command: ["client", "alice", "--no-register"], prompt: "alice>" };

/** What is started. */
interface Start {
  readonly path: string;
  readonly args: readonly string[];
}

/** Measures the time from starting the program to its first output, or to its prompt. */
export async function measureStartup(bench: Bench): Promise<Report> {
  const executable = Deno.env.get("P2PCHAT") ?? "";
  const state = await Deno.makeTempDir({ prefix: "p2pchat-bench-" });
  const rows: Row[] = [];
  try {
    const bare = `${state}/bare.ts`;
    await Deno.writeTextFile(bare, 'console.log("here");\n');
    const bareStart: Start = { path: Deno.execPath(), args: ["run", bare] };
    const ways: [name: keyof typeof mostTimes, Start][] = [
      ["source", { path: Deno.execPath(), args: ["run", "--quiet", "-A", `${root}main.ts`] }],
    ];
    if (executable !== "") ways.push(["executable", { path: executable, args: [] }]);
    const compare = async (
      figure: string,
      way: keyof typeof mostTimes,
      oursMs: () => Promise<number>,
      theirsMs: () => Promise<number>,
    ) => {
      const times: [ours: number, theirs: number][] = [];
      for (let i = 0; i <= starts; i++) {
        const pair: typeof times[0] = [await oursMs(), await theirsMs()];
        if (i > 0) times.push(pair);
      }
      const [ours, theirs] = [median(times.map(([a]) => a)), median(times.map(([, b]) => b))];
      const most = mostTimes[way];
      rows.push({
        figure,
        ours: `${ours.toFixed(0)} ms, ${(ours / theirs).toFixed(1)} of a bare script's`,
        bar: { text: `at most ${most} times`, holds: ours <= most * theirs },
      });
    };
    for (const command of commands) {
      for (const [way, { path, args }] of ways) {
        await compare(
          `startup to first output, ${way}: ${command.join(" ")}`,
          way,
          () => firstOutputMs({ path, args: [...args, ...command] }, state, bench.signal),
          () => firstOutputMs(bareStart, state, bench.signal),
        );
      }
    }
    const { command, prompt } = inTerminal;
    for (const [way, { path, args }] of ways) {
      const start = { path, args: [...args, ...command] };
      await compare(
        `startup to the prompt in a terminal, ${way}: ${command.join(" ")}`,
        way,
        () => shownMs(start, prompt, "/quit\r", state, bench.signal),
        () => shownMs(bareStart, "here", "", state, bench.signal),
      );
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

function environment(state: string): Record<string, string> {
  return { XDG_CONFIG_HOME: state, XDG_STATE_HOME: state, LOCALAPPDATA: state };
}

async function firstOutputMs(
  { path, args }: Start,
  state: string,
  signal: AbortSignal,
): Promise<number> {
  const begin = performance.now();
  const child = new Deno.Command(path, {
    args: [...args],
    env: environment(state),
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

/**
 * The time until something is on the screen of a terminal of 80 columns and 24 rows, which util-linux's `script` makes.
 *
 * @param end What is typed then, to end it: a client that is killed would hold its name for the next one.
 */
async function shownMs(
  { path, args }: Start,
  wanted: string,
  end: string,
  state: string,
  signal: AbortSignal,
): Promise<number> {
  const words = [path, ...args].map((word) => `'${word}'`).join(" ");
  const begin = performance.now();
  const child = new Deno.Command("script", {
    args: ["-qfec", `stty cols 80 rows 24; exec ${words}`, "/dev/null"],
    env: { ...environment(state), TERM: "xterm-256color", LANG: "C.UTF-8" },
    stdin: "piped",
    stdout: "piped",
    stderr: "inherit",
    signal,
  }).spawn();
  let ms: number | undefined;
  let screen = "";
  const keys = child.stdin.getWriter();
  for await (const text of child.stdout.pipeThrough(new TextDecoderStream())) {
    screen += text;
    if (ms !== undefined || !screen.includes(wanted)) continue;
    ms = performance.now() - begin;
    if (end !== "") await keys.write(new TextEncoder().encode(end));
  }
  await keys.close().catch(() => {});
  await child.status;
  if (ms === undefined) throw new Error(`'${words}' did not show '${wanted}' in a terminal`);
  return ms;
}
