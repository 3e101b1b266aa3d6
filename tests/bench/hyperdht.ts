/**
 * Encrypted bytes through two routers that keep ports, beside HyperDHT in the same network laboratory, in turn. npm puts
 * HyperDHT into a directory that is gone afterwards: the project does not depend on it.
 *
 * @module
 */

import { TextLineStream } from "@std/streams/text-line-stream";
import { Laboratory, unavailable } from "../nat/laboratory.ts";
import type { Host, Router } from "../nat/machines.ts";
import type { Bench } from "./bench.ts";
import { frameContentBytes, framesPerRound } from "./frame_sizes.ts";
import type { Role } from "./pin.ts";
import { cpuTimeUs } from "./proc.ts";
import { denoCommand } from "./program.ts";
import type { Report } from "./report.ts";
import { median } from "./statistics.ts";

const hyperdht = "hyperdht@6.34";
const turns = 5;
/** Rounds of a turn: of the first, in which all is still being compiled, nothing counts. */
const roundsPerTurn = 3;
const bytesPerRound = framesPerRound * frameContentBytes;
const leastRatio = 2;

/** What one turn has measured. */
interface Turn {
  /** Megabytes a second. */
  readonly sent: number;
  /** Processor seconds of both ends, a GB. */
  readonly cpuSeconds: number;
}

/** Measures both, where there are npm and a laboratory; else the report says why not. */
export async function measureHyperdht(bench: Bench): Promise<Report> {
  if (unavailable !== undefined) return skipped(`there is no network laboratory: ${unavailable}`);
  const directory = await Deno.makeTempDir({ prefix: "p2pchat-hyperdht-" });
  try {
    const failure = await install(directory);
    return failure === undefined ? await measure(directory, bench) : skipped(failure);
  } finally {
    await Deno.remove(directory, { recursive: true });
  }
}

function skipped(why: string): Report {
  return { rows: [], notes: [`HyperDHT was not measured: ${why}`] };
}

/** @returns Why it cannot be had. */
async function install(directory: string): Promise<string | undefined> {
  const args = ["install", "--no-audit", "--no-fund", "--prefix", directory, hyperdht];
  try {
    const { success, stderr } = await new Deno.Command("npm", { args, stdin: "null" }).output();
    return success ? undefined : `npm: ${new TextDecoder().decode(stderr).trim()}`;
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) return "there is no npm";
    throw error;
  }
}

async function measure(directory: string, bench: Bench): Promise<Report> {
  await using laboratory = await Laboratory.open();
  const between = await laboratory.host("between");
  const routers = await Promise.all([router(laboratory, "north"), router(laboratory, "south")]);
  const hosts = [
    await laboratory.host("alice", { behind: routers[0] }),
    await laboratory.host("bob", { behind: routers[1] }),
  ] as const;
  const scene = { bench, between, routers, hosts };
  const [ours, theirs]: [Turn[], Turn[]] = [[], []];
  for (let turn = 0; turn < turns; turn++) {
    ours.push(await sendOurs(scene));
    theirs.push(await sendTheirs(scene, directory));
  }
  const middle = (of: Turn[], value: keyof Turn) => median(of.map((turn) => turn[value]));
  const ratio = (value: keyof Turn) => median(ours.map((own, i) => own[value] / theirs[i]![value]));
  return {
    rows: [
      {
        figure: "encrypted bytes through two routers, beside HyperDHT",
        ours: `${middle(ours, "sent").toFixed(0)} MB/s`,
        baseline: `${middle(theirs, "sent").toFixed(0)} MB/s`,
        ratio: ratio("sent").toFixed(2),
        bar: { text: `at least ${leastRatio.toFixed(2)}`, holds: ratio("sent") >= leastRatio },
      },
      {
        figure: "processor time of both ends, a GB",
        ours: `${middle(ours, "cpuSeconds").toFixed(2)} s`,
        baseline: `${middle(theirs, "cpuSeconds").toFixed(2)} s`,
        ratio: ratio("cpuSeconds").toFixed(2),
      },
    ],
    notes: [
      `HyperDHT: ${hyperdht} under Node, ours under Deno, in turn, medians of ${turns} turns; the ratio is the\n` +
      "median of the turns'. Both ends are in network namespaces, each behind a router that keeps ports.",
      bench.pin.note,
    ],
  };
}

/** Two hosts behind routers, and one that both reach. */
interface Scene {
  readonly bench: Bench;
  readonly between: Host;
  readonly routers: readonly [Router, Router];
  readonly hosts: readonly [Host, Host];
}

async function router(laboratory: Laboratory, name: string): Promise<Router> {
  return await laboratory.router(name, { mapping: "keeps-ports" });
}

async function sendOurs({ bench, between, routers, hosts }: Scene): Promise<Turn> {
  const { address } = between;
  await using forwarder = start(bench, between, "load", [
    ...denoCommand("bare_forwarder.ts"),
    address,
  ]);
  const port = await forwarder.line();
  await using receiver = start(bench, hosts[1], "server", [
    ...denoCommand("sealed_receiver.ts"),
    ...[address, port, routers[0].address],
  ]);
  await using sender = start(bench, hosts[0], "load", [
    ...denoCommand("sealed_sender.ts"),
    ...[port, String(roundsPerTurn), "quic", address, routers[1].address],
  ]);
  return await rounds(sender, receiver);
}

async function sendTheirs(scene: Scene, directory: string): Promise<Turn> {
  const { bench, between, routers, hosts } = scene;
  const program = new URL("hyperdht_peer.mjs", import.meta.url).pathname;
  const command = (...words: string[]) => ["node", program, directory, ...words];
  await using network = start(bench, between, "load", command("network", between.address));
  const place = await network.line();
  const bytes = String(bytesPerRound);
  await using receiver = start(bench, hosts[1], "server", command("receiver", place, bytes));
  const key = await receiver.line();
  const asked = command("sender", place, bytes, key, String(roundsPerTurn));
  await using sender = start(bench, hosts[0], "load", asked);
  const reached = await sender.line();
  // Behind anything else it would not have gone through both routers.
  if (!reached.startsWith(`${routers[1].address}:`)) throw new Error(`HyperDHT reached ${reached}`);
  return await rounds(sender, receiver);
}

/** What the rounds of a turn have come to, but the first. */
async function rounds(sender: Started, receiver: Started): Promise<Turn> {
  const cpu = async () => (await sender.cpuUs() + await receiver.cpuUs()) / 1e6;
  await sender.line();
  const before = await cpu();
  const sent: number[] = [];
  let after = before;
  for (let round = 1; round < roundsPerTurn; round++) {
    sent.push(JSON.parse(await sender.line()).sent);
    // With its last round the sender ends, and what it has used is not known any more.
    if (round < roundsPerTurn - 1) after = await cpu();
  }
  const gb = bytesPerRound * (roundsPerTurn - 2) / 1e9;
  return { sent: median(sent), cpuSeconds: (after - before) / gb };
}

/** A program that runs on a host. Disposing of it ends it. */
interface Started extends AsyncDisposable {
  /** Its next line. @throws {Error} If it ends instead. */
  line(): Promise<string>;
  /** The processor time that it has used, in microseconds. */
  cpuUs(): Promise<number>;
}

function start(bench: Bench, host: Host, role: Role, words: readonly string[]): Started {
  const [command, ...args] = bench.pin.command(role, words);
  const build = host.build({ name: words[0]!, command: command!, args });
  const child = new Deno.Command(build.command, {
    args: [...build.args],
    stdin: "null",
    stdout: "piped",
    signal: bench.signal,
  }).spawn();
  const lines = child.stdout.pipeThrough(new TextDecoderStream())
    .pipeThrough(new TextLineStream()).getReader();
  return {
    line: async () => {
      const { value } = await lines.read();
      if (value === undefined) throw new Error(`It has ended: ${words.join(" ")}`);
      return value;
    },
    cpuUs: async () => await cpuTimeUs(child.pid) ?? NaN,
    [Symbol.asyncDispose]: async () => {
      try {
        child.kill("SIGKILL");
      } catch {
        // It has ended already.
      }
      await lines.cancel();
      await child.status;
    },
  };
}
