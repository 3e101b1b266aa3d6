/**
 * Registrations with a key, challenge and signature included, that a server makes in a second on one
 * core: of names that the keys own already, and of new ones, which are written to a database on disk.
 *
 * @module
 */

import { TextLineStream } from "@std/streams/text-line-stream";
import type { Bench } from "./bench.ts";
import { cpuTimeUs } from "./proc.ts";
import { denoCommand } from "./program.ts";
import type { Report, Row } from "./report.ts";
import { type ServerProcess, startServerProcess } from "./server_process.ts";
import { median } from "./statistics.ts";

const connections = 32;
/** Rounds in which both sides are still being compiled, and which do not count. */
const warmUpRounds = 2;
const rounds = 10;
const roundSeconds = 1;
const leastPerSecond = 4_000;

const cases = [
  { mode: "renew", name: "of one's own name" },
  { mode: "new", name: "of new names" },
] as const;

interface Round {
  readonly rate: number;
  /** CPU time that the server used, a registration. */
  readonly cpuUs: number | undefined;
}

/** Measures registrations a second, and the server's CPU time for each. */
export async function measureRegistrations(bench: Bench): Promise<Report> {
  const rows: Row[] = [];
  for (const { mode, name } of cases) {
    const data = await Deno.makeTempDir({ prefix: "p2pchat-bench-" });
    try {
      await using server = await startServerProcess("rendezvous_server.ts", bench, data);
      rows.push(...rowsOf(name, (await load(server, mode, bench)).slice(warmUpRounds)));
    } finally {
      await Deno.remove(data, { recursive: true });
    }
  }
  return {
    rows,
    notes: [
      `Registrations: ${connections} kept connections, medians of ${rounds} rounds of ${roundSeconds} s; names in a\n` +
      "database on disk. Each is two requests, a signature made by the load and one verified by the\n" +
      "server. If the server's share of a core is below 100 %, it waited for the load.",
      bench.pin.note,
    ],
  };
}

function rowsOf(name: string, measured: readonly Round[]): Row[] {
  const rate = median(measured.map(({ rate }) => rate));
  const cpuUs = median(measured.map(({ cpuUs }) => cpuUs ?? NaN));
  return [
    {
      figure: `registrations with a key a second, ${name}`,
      ours: rate.toFixed(0),
      bar: { text: `at least ${leastPerSecond}`, holds: rate >= leastPerSecond },
    },
    ...Number.isNaN(cpuUs) ? [] : [
      { figure: "  server CPU time for each", ours: `${cpuUs.toFixed(0)} µs` },
      {
        figure: "  share of a core that this is",
        ours: `${(cpuUs * rate / 10_000).toFixed(0)} %`,
      },
    ],
  ];
}

async function load(
  server: ServerProcess,
  mode: typeof cases[number]["mode"],
  bench: Bench,
): Promise<Round[]> {
  const [program, ...args] = bench.pin.command("load", [
    ...denoCommand("signing_load.ts"),
    String(server.port),
    String(connections),
    String(warmUpRounds + rounds),
    String(roundSeconds),
    mode,
  ]);
  const child = new Deno.Command(program!, {
    args,
    stdout: "piped",
    stderr: "inherit",
    signal: bench.signal,
  }).spawn();
  const measured: Round[] = [];
  let cpuBefore = await cpuTimeUs(server.pid);
  const lines = child.stdout.pipeThrough(new TextDecoderStream())
    .pipeThrough(new TextLineStream());
  for await (const line of lines) {
    const cpuAfter = await cpuTimeUs(server.pid);
    const { registrations, rate } = JSON.parse(line);
    const cpuUs = cpuBefore === undefined || cpuAfter === undefined
      ? undefined
      : (cpuAfter - cpuBefore) / registrations;
    measured.push({ rate, cpuUs });
    cpuBefore = cpuAfter;
  }
  const { success } = await child.status;
  if (!success) throw new Error("The load broke: it has said why");
  return measured;
}
