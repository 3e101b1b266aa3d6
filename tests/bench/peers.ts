/**
 * What a message between two clients takes, from being sent to being confirmed, beside the round trip of
 * as many bytes to a server that understands nothing.
 *
 * @module
 */

import { keepAwake } from "./awake.ts";
import type { Bench } from "./bench.ts";
import { startCallingClient } from "./calling_client.ts";
import type { Report } from "./report.ts";
import { startServerProcess } from "./server_process.ts";
import { median, quantile } from "./statistics.ts";

const rounds = 20;
const messagesPerRound = 250;
/** Rounds in which both are still being compiled, and which do not count. */
const warmUpRounds = 2;
const burst = 20_000;
const bursts = 5;
const aSideMostUs = 40;
const text = "Hello, this is a message of some length.";

/** Measures the round trip of a message, and how many a second go in a burst. */
export async function measurePeers(bench: Bench): Promise<Report> {
  await using called = await startServerProcess("called_client.ts", bench);
  await using bare = await startServerProcess("bare_server.ts", bench);
  await using awake = keepAwake(bench.signal);
  let delivered = 0;
  let changed = () => {};
  await using calling = startCallingClient((event) => {
    if (event.type !== "delivered") return;
    delivered++;
    changed();
  });
  const { client } = calling;
  const allDelivered = async (count: number) => {
    while (delivered < count) await new Promise<void>((resolve) => changed = resolve);
  };
  await client.chat(`127.0.0.1:${called.port}`);
  using conn = await Deno.connect({ hostname: "127.0.0.1", port: bare.port });
  const ours: number[][] = [];
  const theirs: number[][] = [];
  for (let round = 0; round < warmUpRounds + rounds; round++) {
    ours.push(
      await timed(async () => {
        const wanted = delivered + 1;
        await client.send(text);
        await allDelivered(wanted);
      }),
    );
    theirs.push(await timed(() => roundTrip(conn)));
  }
  const [own, bareOnes] = [ours.slice(warmUpRounds), theirs.slice(warmUpRounds)];
  // The message is one half of the way, its confirmation the other: as much to do on each side.
  const aSideUs = median(own.map((round, i) => median(round) - median(bareOnes[i]!))) / 2;
  const ratio = median(own.map((round, i) => median(round) / median(bareOnes[i]!)));
  const rates: number[] = [];
  for (let i = 0; i < bursts; i++) {
    const wanted = delivered + burst;
    const begin = performance.now();
    for (let n = 0; n < burst; n++) await client.send(text);
    await allDelivered(wanted);
    rates.push(burst / (performance.now() - begin) * 1000);
  }
  return {
    rows: [
      {
        figure: "peer message, from sent to confirmed",
        ours: cell(own),
        baseline: cell(bareOnes),
        ratio: ratio.toFixed(2),
      },
      {
        figure: "  above plain TCP, a side",
        ours: `${aSideUs.toFixed(0)} µs`,
        bar: { text: `at most ${aSideMostUs} µs`, holds: aSideUs <= aSideMostUs },
      },
      {
        figure: "peer messages a second in a burst, each confirmed",
        ours: median(rates).toFixed(0),
      },
    ],
    notes: [
      `Peers: median (99th percentile) of ${
        rounds * messagesPerRound
      } messages of ${text.length} bytes; bursts of ${burst},\nmedian of ${bursts}. The sender runs in the bench's own process.`,
      awake.note,
      bench.pin.note,
    ],
  };
}

async function timed(once: () => Promise<void>): Promise<number[]> {
  const microseconds = [];
  for (let n = 0; n < messagesPerRound; n++) {
    const begin = performance.now();
    await once();
    microseconds.push((performance.now() - begin) * 1000);
  }
  return microseconds;
}

const bytes = new TextEncoder().encode(text);
const buffer = new Uint8Array(1024);

async function roundTrip(conn: Deno.TcpConn): Promise<void> {
  await conn.write(bytes);
  await conn.read(buffer);
}

function cell(rounds: readonly number[][]): string {
  const all = rounds.flat();
  return `${median(all).toFixed(0)} (${quantile(all, 0.99).toFixed(0)}) µs`;
}
