/**
 * Whether an answer takes longer the more are registered. Servers with few and with many registrations
 * are alive at once and asked in turn, so that what disturbs one disturbs the others.
 *
 * @module
 */

import type { Bench } from "./bench.ts";
import { denoCommand } from "./program.ts";
import { registerMany } from "./register_many.ts";
import type { Report, Row } from "./report.ts";
import { startServerProcess } from "./server_process.ts";
import { median, quantile } from "./statistics.ts";

const sizes = [1_000, 10_000, 100_000] as const;
const bridgeMost = { size: 100_000, ratio: 1.3 };

const requests = {
  BRIDGE: "BRIDGE\r\nclientID: c0\r\nVersion: 1\r\n\r\n",
  INFO: "INFO\r\nVersion: 1\r\n\r\n",
};

/** Rounds in which all are still being compiled, and which do not count. */
const warmUpRounds = 1;
const rounds = 20;
const requestsPerRound = 250;

/** Measures the round trip of BRIDGE and INFO over one kept connection. */
export async function measureLatency(bench: Bench): Promise<Report> {
  await using servers = new AsyncDisposableStack();
  const ports = [];
  for (const size of sizes) {
    const { port } = servers.use(await startServerProcess("rendezvous_server.ts", bench));
    await registerMany(port, size);
    ports.push(port);
  }
  const rows = [];
  for (const [verb, request] of Object.entries(requests)) {
    const samples = await sampleRoundTrips(ports, request, bench);
    rows.push(...rowsOf(verb, samples));
  }
  const count = rounds * requestsPerRound;
  return {
    rows,
    notes: [
      `Latency: round trip over one kept connection, median (99th percentile) of ${count} requests;\nthe ratio is the median of ${rounds} rounds' ratios of medians.`,
      bench.pin.note,
    ],
  };
}

/** @returns Microseconds: of each server, of each round, of each request. */
async function sampleRoundTrips(
  ports: readonly number[],
  request: string,
  bench: Bench,
): Promise<number[][][]> {
  const [program, ...args] = bench.pin.command("load", [
    ...denoCommand("round_trips.ts"),
    request,
    String(warmUpRounds + rounds),
    String(requestsPerRound),
    ...ports.map(String),
  ]);
  const { success, stdout } = await new Deno.Command(program!, {
    args,
    stderr: "inherit",
    signal: bench.signal,
  }).output();
  if (!success) throw new Error("Measuring round trips failed");
  const samples: number[][][] = JSON.parse(new TextDecoder().decode(stdout));
  return samples.map((ofServer) => ofServer.slice(warmUpRounds));
}

function rowsOf(verb: string, samples: readonly number[][][]): Row[] {
  const [smallest] = samples;
  return samples.map((ofServer, i) => {
    const size = sizes[i]!;
    const figure = `${verb} at ${size.toLocaleString("en")} registrations`;
    if (ofServer === smallest) return { figure, ours: cell(ofServer) };
    const ratio = median(
      ofServer.map((round, r) => median(round) / median(smallest![r]!)),
    );
    return {
      figure,
      ours: cell(ofServer),
      baseline: cell(smallest!),
      ratio: ratio.toFixed(2),
      ...(verb === "BRIDGE" && size === bridgeMost.size && {
        bar: {
          text: `at most ${bridgeMost.ratio.toFixed(2)}`,
          holds: ratio <= bridgeMost.ratio,
        },
      }),
    };
  });
}

function cell(ofServer: readonly number[][]): string {
  const all = ofServer.flat();
  return `${median(all).toFixed(0)} (${quantile(all, 0.99).toFixed(0)}) µs`;
}
