/**
 * What the relay costs: bytes from one client to another, beside a bare forwarder in the same run, and the memory
 * of pairs that say nothing.
 *
 * @module
 */

import { wait } from "../../shared/time/clock.ts";
import { writeAll } from "../../shared/net/write_all.ts";
import type { Bench } from "./bench.ts";
import { cpuTimeUs, residentBytes } from "./proc.ts";
import { joinPair, type Present, present } from "./relay_pair.ts";
import type { Report } from "./report.ts";
import { type ServerProcess, startServerProcess } from "./server_process.ts";
import { median } from "./statistics.ts";

const rounds = 7;
const bytesPerRound = 512 * 1024 * 1024;
const gb = 1e9;
const mostSecondsPerGb = 0.8;
const leastRatio = 0.8;

const idlePairs = 4_000;
const warmUpPairs = 1_000;
const mostIdleBytes = 20 * 1024;
const settleMs = 2_000;

/** Measures the relay. */
export async function measureRelay(bench: Bench): Promise<Report> {
  const ours: Sent[] = [];
  const bare: Sent[] = [];
  {
    await using server = await startServerProcess("rendezvous_server.ts", bench);
    await using forwarder = await startServerProcess("bare_forwarder.ts", bench);
    for (let round = 0; round <= rounds; round++) {
      // The server takes who is silent for a while for gone: each round has its own.
      using alice = await present(`alice-${round}`, server.port);
      using bob = await present(`bob-${round}`, server.port);
      const pairs = [
        [ours, server, await joinPair(alice, bob, server.port)],
        [bare, forwarder, await connectPair(forwarder.port)],
      ] as const;
      for (const [list, process, pair] of pairs) list.push(await send(process, pair));
    }
  }
  // In the first round both are still being compiled.
  const [own, base] = [ours.slice(1), bare.slice(1)];
  const rate = (sent: Sent[]) => median(sent.map(({ perSecond }) => perSecond));
  const cost = (sent: Sent[]) => median(sent.map(({ cpuSeconds }) => cpuSeconds));
  const ratio = median(own.map(({ perSecond }, i) => perSecond / base[i]!.perSecond));
  const idleBytes = await idleMemory(bench);
  return {
    rows: [
      {
        figure: "relayed from one client to another",
        ours: `${(rate(own) / 1e6).toFixed(0)} MB/s`,
        baseline: `${(rate(base) / 1e6).toFixed(0)} MB/s`,
        ratio: ratio.toFixed(2),
        bar: { text: `at least ${leastRatio.toFixed(2)}`, holds: ratio >= leastRatio },
      },
      {
        figure: "processor time of the server, a GB",
        ours: `${cost(own).toFixed(2)} s`,
        baseline: `${cost(base).toFixed(2)} s`,
        ratio: (cost(own) / cost(base)).toFixed(2),
        bar: { text: `at most ${mostSecondsPerGb} s`, holds: cost(own) <= mostSecondsPerGb },
      },
      {
        figure: `memory an idle pair, at ${idlePairs.toLocaleString("en")}`,
        ours: `${(idleBytes / 1024).toFixed(1)} KiB`,
        bar: { text: `at most ${mostIdleBytes / 1024} KiB`, holds: idleBytes <= mostIdleBytes },
      },
    ],
    notes: [
      `Relay: medians of ${rounds} rounds of ${
        bytesPerRound / 1024 ** 2
      } MiB; the baseline is a bare forwarder in\n` +
      "Deno, with buffers as large; the ratio is the median of the rounds'.",
      bench.pin.note,
    ],
  };
}

interface Sent {
  /** Bytes a second. */
  readonly perSecond: number;
  /** Processor seconds a GB. */
  readonly cpuSeconds: number;
}

async function connectPair(port: number): Promise<[Deno.TcpConn, Deno.TcpConn]> {
  const address = { hostname: "127.0.0.1", port };
  return [await Deno.connect(address), await Deno.connect(address)];
}

/** Sends from one end of a pair to the other, and closes both. */
async function send(
  { pid }: ServerProcess,
  [from, to]: readonly [Deno.TcpConn, Deno.TcpConn],
): Promise<Sent> {
  const cpuBefore = await cpuTimeUs(pid) ?? NaN;
  const began = performance.now();
  const sending = (async () => {
    const chunk = new Uint8Array(256 * 1024);
    for (let sent = 0; sent < bytesPerRound; sent += chunk.length) await writeAll(from, chunk);
  })();
  const buffer = new Uint8Array(256 * 1024);
  for (let got = 0; got < bytesPerRound;) {
    const count = await to.read(buffer);
    if (count === null) throw new Error("The relay ended");
    got += count;
  }
  await sending;
  const seconds = (performance.now() - began) / 1000;
  const cpuSeconds = (await cpuTimeUs(pid) ?? NaN) / 1e6 - cpuBefore / 1e6;
  from.close();
  to.close();
  return { perSecond: bytesPerRound / seconds, cpuSeconds: cpuSeconds * gb / bytesPerRound };
}

/** How many bytes of memory a pair takes that says nothing. */
async function idleMemory(bench: Bench): Promise<number> {
  await using server = await startServerProcess("rendezvous_server.ts", bench);
  using alice = await present("alice", server.port);
  using bob = await present("bob", server.port);
  const joinMany = async (count: number, one: Present, other: Present) => {
    const conns: Deno.TcpConn[] = [];
    for (let i = 0; i < count; i++) {
      // By turns, so that neither is silent for so long that the server takes them for gone.
      const [asker, asked] = i % 2 === 0 ? [one, other] : [other, one];
      conns.push(...await joinPair(asker, asked, server.port));
    }
    return conns;
  };
  // What the runtime takes for itself, as soon as there is much to do, is none of a pair's.
  const first = await joinMany(warmUpPairs, alice, bob);
  for (const conn of first) conn.close();
  await wait(settleMs, bench.signal);
  const before = await residentBytes(server.pid);
  const conns = await joinMany(idlePairs, alice, bob);
  await wait(settleMs, bench.signal);
  const after = await residentBytes(server.pid);
  for (const conn of conns) conn.close();
  if (before === undefined || after === undefined) return NaN;
  return (after - before) / idlePairs;
}
