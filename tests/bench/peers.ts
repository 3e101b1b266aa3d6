/**
 * What a message takes over a link between two programs, from being sent to being confirmed, beside the
 * round trip of as many bytes to a server that understands nothing. What a disk costs is not in it.
 *
 * @module
 */

import { permit, tcpNetwork } from "../../client/transport/transport.ts";
import { namedBy } from "../../shared/net/named_address.ts";
import { type ChatMessage, streamStart } from "../../shared/protocol/message_stream.ts";
import { randomId } from "../../shared/protocol/random_id.ts";
import { systemClock } from "../../shared/time/clock.ts";
import { keepAwake } from "./awake.ts";
import type { Bench } from "./bench.ts";
import { openBenchLink } from "./bench_link.ts";
import type { Report } from "./report.ts";
import { startServerProcess } from "./server_process.ts";
import { median, quantile } from "./statistics.ts";

const rounds = 20;
const messagesPerRound = 250;
/** Rounds in which both are still being compiled, and which do not count. */
const warmUpRounds = 2;
const burst = 20_000;
const bursts = 5;
const inFlight = 1_000;
const aSideMostUs = 40;
const text = "Hello, this is a message of some length.";

/** Measures the round trip of a message, and how many a second go in a burst. */
export async function measurePeers(bench: Bench): Promise<Report> {
  await using responder = await startServerProcess("responder_links.ts", bench);
  await using bare = await startServerProcess("bare_server.ts", bench);
  await using awake = keepAwake(bench.signal);
  let wanted = "";
  let arrived = Promise.withResolvers<void>();
  const opened = Promise.withResolvers<void>();
  const place = namedBy("user", { host: "127.0.0.1", port: responder.port });
  const options = {
    name: "a link",
    network: tcpNetwork,
    serverHost: "127.0.0.1",
    clock: systemClock,
  };
  const link = openBenchLink(
    await tcpNetwork.dial(await permit(place, options), "a link", { signal: bench.signal }),
    "initiator",
    {
      opened: () => opened.resolve(),
      acknowledged: (id) => {
        if (id === wanted) arrived.resolve();
      },
    },
  );
  await opened.promise;
  const messages = stream();
  const acknowledged = async (last: ChatMessage) => {
    wanted = last.id;
    await arrived.promise;
    arrived = Promise.withResolvers();
  };
  using conn = await Deno.connect({ hostname: "127.0.0.1", port: bare.port });
  const ours: number[][] = [];
  const theirs: number[][] = [];
  for (let round = 0; round < warmUpRounds + rounds; round++) {
    ours.push(
      await timed(async () => {
        const message = messages.next().value;
        link.transmit([message]);
        await acknowledged(message);
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
    const begin = performance.now();
    let last: ChatMessage;
    for (let n = 0; n < burst; n += inFlight) {
      const some = Array.from({ length: inFlight }, () => messages.next().value);
      last = some.at(-1)!;
      link.transmit(some);
      await acknowledged(last);
    }
    rates.push(burst / (performance.now() - begin) * 1000);
  }
  await link.leave();
  await link.ended;
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

/** Messages as a conversation has them, except that their hashes are not computed: nobody checks them here. */
function* stream(): Generator<ChatMessage, never> {
  const id = randomId();
  for (let seq = 1;; seq++) {
    const position = { stream: id, seq, floor: seq - 1, prev: streamStart };
    yield { id: randomId(), sentAtMs: Date.now(), text, position };
  }
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
