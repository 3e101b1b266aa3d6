/**
 * The bench: measures what the project is held to, side by side with what it is measured against, and
 * prints one table.
 *
 *     deno run -A tests/bench/main.ts [--only kept,oneshot,registrations,memory,latency,peers,delivery,openings,frames,relay,screen,startup,store]
 *     deno run -A tests/bench/main.ts --only hyperdht
 *
 * The last one fetches HyperDHT by npm, so that it is done only if it is asked for.
 *
 * Environment: `LINELOAD` names a load generator compiled from lineload.c, `P2PCHAT` the compiled
 * executable. On a machine with others on it only ratios mean anything, and of those the medians.
 *
 * @module
 */

import { writeAll } from "../../shared/net/write_all.ts";
import type { Bench } from "./bench.ts";
import { measureDelivery } from "./delivery.ts";
import { chooseGenerator } from "./generator.ts";
import { measureHyperdht } from "./hyperdht.ts";
import { measureLatency } from "./latency.ts";
import { measureMemory } from "./memory.ts";
import { measureOpenings } from "./openings.ts";
import { measurePeers } from "./peers.ts";
import { findPin } from "./pin.ts";
import { measureRate } from "./rate.ts";
import { measureRegistrations } from "./registrations.ts";
import { measureRelay } from "./relay.ts";
import { formatReport, type Report } from "./report.ts";
import { measureSealedFrames } from "./sealed_frames.ts";
import { measureScreen } from "./screen.ts";
import { measureStartup } from "./startup.ts";
import { measureStore } from "./store.ts";

const sections: Record<string, (bench: Bench) => Promise<Report>> = {
  kept: (bench) => measureRate("kept", bench),
  oneshot: (bench) => measureRate("oneshot", bench),
  registrations: measureRegistrations,
  memory: measureMemory,
  latency: measureLatency,
  peers: measurePeers,
  delivery: measureDelivery,
  openings: measureOpenings,
  frames: measureSealedFrames,
  relay: measureRelay,
  screen: measureScreen,
  startup: measureStartup,
  store: measureStore,
  hyperdht: measureHyperdht,
};
/** What is measured only if it is asked for. */
const onDemand = ["hyperdht"];

// Listening for signals would keep the program alive.
Deno.exit(await run(Deno.args));

async function run(args: readonly string[]): Promise<number> {
  const names = chosenSections(args);
  if (names === undefined) {
    await print(Deno.stderr, `Usage: main.ts [--only ${Object.keys(sections).join(",")}]\n`);
    return 2;
  }
  const stopping = new AbortController();
  for (const name of ["SIGINT", "SIGTERM"] as const) {
    Deno.addSignalListener(name, () => stopping.abort());
  }
  const bench: Bench = {
    signal: stopping.signal,
    pin: await findPin(),
    generator: chooseGenerator(Deno.env.get("LINELOAD")),
  };
  const report: Report = { rows: [], notes: [] };
  for (const name of names) {
    await print(Deno.stderr, `measuring: ${name}\n`);
    try {
      const { rows, notes } = await sections[name]!(bench);
      report.rows.push(...rows);
      report.notes.push(...notes);
    } catch (error) {
      // What was under way broke because its processes were ended.
      if (stopping.signal.aborted) return 1;
      throw error;
    }
  }
  await print(Deno.stdout, formatReport(report));
  return 0;
}

/** The sections asked for, or all that need nothing fetched if none is; undefined if the arguments are wrong. */
function chosenSections(args: readonly string[]): string[] | undefined {
  if (args.length === 0) return Object.keys(sections).filter((name) => !onDemand.includes(name));
  const list = args[0] === "--only" && args.length === 2
    ? args[1]
    : args[0]!.startsWith("--only=") && args.length === 1
    ? args[0]!.slice("--only=".length)
    : "";
  const names = list!.split(",");
  return names.every((name) => Object.hasOwn(sections, name)) ? names : undefined;
}

function print(stream: typeof Deno.stdout, text: string): Promise<void> {
  return writeAll(stream, new TextEncoder().encode(text));
}
