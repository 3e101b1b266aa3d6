/**
 * Requests a second, of our server beside the bare one, run in turn so that what disturbs one disturbs
 * the other.
 *
 * @module
 */

import type { Bench } from "./bench.ts";
import { cpuTimeUs } from "./proc.ts";
import type { Report, Row } from "./report.ts";
import { type ServerProcess, startServerProcess } from "./server_process.ts";
import { median } from "./statistics.ts";

/** Whether a connection serves many requests or one. */
export type Mode = "kept" | "oneshot";

const connections = 64;
/** Rounds in which both are still being compiled, and which do not count. */
const warmUpRounds = 2;
const rounds = 30;
/** Short, since what disturbs the machine lasts for seconds: both of a round should see the same. */
const roundSeconds = 0.5;

const modes = {
  kept: { argument: "persist", name: "kept connections", least: 0.8 },
  oneshot: { argument: "oneshot", name: "one-shot connections", least: 0.7 },
} as const;

const request = String.raw`REGISTER\r\nclientID: c%d\r\nIP: 127.0.0.1\r\nPort: 5556\r\n\r\n`;

interface Load {
  readonly rate: number;
  /** CPU time that the server used, a request. */
  readonly cpuUs: number | undefined;
}

/** Measures requests a second, and the server's CPU time a request. */
export async function measureRate(mode: Mode, bench: Bench): Promise<Report> {
  await using ours = await startServerProcess("rendezvous_server.ts", bench);
  await using bare = await startServerProcess("bare_server.ts", bench);
  const pairs: { ours: Load; bare: Load }[] = [];
  for (let round = 0; round < warmUpRounds + rounds; round++) {
    pairs.push({ ours: await load(ours, mode, bench), bare: await load(bare, mode, bench) });
  }
  pairs.splice(0, warmUpRounds);
  return {
    rows: rowsOf(mode, pairs),
    notes: [
      `Rates: ${connections} connections, medians of ${rounds} rounds of ${roundSeconds} s.`,
      bench.pin.note,
      bench.generator.note,
      "If a server's share of a core is well below 100 %, it waited for the load or for other\n" +
      "programs: then the ratio of the CPU times tells more than the ratio of the rates.",
    ],
  };
}

function rowsOf(mode: Mode, pairs: readonly { ours: Load; bare: Load }[]): Row[] {
  const { name, least } = modes[mode];
  const rate = median(pairs.map(({ ours }) => ours.rate));
  const bareRate = median(pairs.map(({ bare }) => bare.rate));
  const ratio = rate / bareRate;
  const rows: Row[] = [
    {
      figure: `${name}: requests a second`,
      ours: rate.toFixed(0),
      baseline: bareRate.toFixed(0),
      ratio: ratio.toFixed(2),
      bar: { text: `at least ${least.toFixed(2)}`, holds: ratio >= least },
    },
    {
      figure: "  median of the rounds' ratios",
      ours: "",
      ratio: median(pairs.map(({ ours, bare }) => ours.rate / bare.rate)).toFixed(2),
    },
  ];
  const cpuUs = median(pairs.map(({ ours }) => ours.cpuUs ?? NaN));
  const bareCpuUs = median(pairs.map(({ bare }) => bare.cpuUs ?? NaN));
  if (Number.isNaN(cpuUs + bareCpuUs)) return rows;
  return [
    ...rows,
    {
      figure: "  server CPU time a request",
      ours: `${cpuUs.toFixed(1)} µs`,
      baseline: `${bareCpuUs.toFixed(1)} µs`,
      // This way round it compares with the ratio of the rates.
      ratio: (bareCpuUs / cpuUs).toFixed(2),
    },
    {
      figure: "  share of a core that this is",
      ours: `${(cpuUs * rate / 10_000).toFixed(0)} %`,
      baseline: `${(bareCpuUs * bareRate / 10_000).toFixed(0)} %`,
    },
  ];
}

async function load(server: ServerProcess, mode: Mode, bench: Bench): Promise<Load> {
  const [program, ...args] = bench.pin.command("load", [
    ...bench.generator.command,
    "127.0.0.1",
    String(server.port),
    String(connections),
    String(roundSeconds),
    modes[mode].argument,
    request,
    "REGACK",
  ]);
  const cpuBefore = await cpuTimeUs(server.pid);
  const { success, stdout } = await new Deno.Command(program!, {
    args,
    stderr: "inherit",
    signal: bench.signal,
  }).output();
  const cpuAfter = await cpuTimeUs(server.pid);
  const output = new TextDecoder().decode(stdout);
  if (!success) throw new Error(`The load generator failed: ${output}`);
  const { requests, errors, unexpected, rate } = JSON.parse(output);
  // A server is also fast at answering ERROR.
  if (unexpected > 0 || errors > requests / 1000) throw new Error(`The load broke: ${output}`);
  return {
    rate,
    cpuUs: cpuBefore === undefined || cpuAfter === undefined
      ? undefined
      : (cpuAfter - cpuBefore) / requests,
  };
}
