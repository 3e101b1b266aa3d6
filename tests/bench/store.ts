/**
 * The store: how fast it saves messages for good, and how soon it finds them again among a
 * million.
 *
 * @module
 */

import { dirname, join } from "node:path";
import { type Draft, openStore, type Store } from "../../client/store/store.ts";
import type { NumberedMessage } from "../../shared/protocol/message_stream.ts";
import { randomId } from "../../shared/protocol/random_id.ts";
import { searched } from "../support/store_fixture.ts";
import type { Bench } from "./bench.ts";
import { Chatter } from "./chatter.ts";
import { denoCommand } from "./program.ts";
import type { Report, Row } from "./report.ts";
import { median } from "./statistics.ts";
import type { ReaderTimes } from "./store_reader.ts";
import { publicKeyFrom } from "../../shared/crypto/public_key.ts";

const historyLength = 1_000_000;
/** Not a divisor of what is indexed at a time, so that indexing does not always fall to what is received. */
const burst = 900;
/** Bursts whose rate is measured: the second so many, and the last. */
const burstsPerRound = 50;
const singlesPerRound = 500;
const rounds = 9;
const sealedLength = 50_000;
const charactersLength = 200_000;
const readers = 5;

const burstLeast = 5_000;
const singleLeast = 1_000;
const openMostMs = 300;
const searchMostMs = 100;

const textKey = new Uint8Array(32).fill(7);

/** Measures the store. */
export async function measureStore(bench: Bench): Promise<Report> {
  const directory = await Deno.makeTempDir({ prefix: "p2pchat-bench-" });
  try {
    const path = join(directory, "store.db");
    const chatter = new Chatter();
    const bursts = fill(path, chatter);
    return {
      rows: [
        ...burstRows(bursts),
        ...singleRows(path, directory, chatter),
        ...await readerRows(path, chatter, bench),
        ...characterRows(join(directory, "characters.db"), chatter),
        ...sealedRows(join(directory, "sealed.db"), chatter),
      ],
      notes: [
        `Store: ${
          historyLength.toLocaleString("en")
        } messages of 4 to 15 words. What is kept is forced onto ` +
        `the disk:\nin bursts of ${burst} at once, or each on its own beside as many fdatasync of 4 KiB.\n` +
        `Opening and searching: the slowest of ${readers} programs, which find the file in the system's cache.`,
      ],
    };
  } finally {
    await Deno.remove(directory, { recursive: true });
  }
}

/** Messages a second: while the store is small, and when it is full. */
interface Bursts {
  readonly acceptedFirst: number;
  readonly acceptedLast: number;
  readonly received: number;
}

/** Makes the history: half of it is sent, and half of it received. */
function fill(path: string, chatter: Chatter): Bursts {
  using peer = openStore(":memory:");
  using store = openStore(path);
  const { incoming, outgoing } = store;
  const [own, theirs] = [conversationIn(store), conversationIn(peer)];
  const accepted: number[] = [];
  const received: number[] = [];
  for (let at = 0; at < historyLength; at += 2 * burst) {
    const drafts = draftsFor(own, burst, chatter);
    accepted.push(perSecond(burst, () => outgoing.accept(drafts)));
    const messages = peer.outgoing.accept(draftsFor(theirs, burst, chatter)) as NumberedMessage[];
    received.push(perSecond(burst, () => incoming.receive(own, messages, 1)));
  }
  outgoing.acknowledge(own, outgoing.unacknowledged(own, historyLength / 2 - 100, 1)[0]!.id);
  return {
    acceptedFirst: overall(accepted.slice(burstsPerRound, 2 * burstsPerRound)),
    acceptedLast: overall(accepted.slice(-burstsPerRound)),
    received: overall(received.slice(-burstsPerRound)),
  };
}

/** The rate of all together: the indexing that happens now and then counts. */
function overall(rates: readonly number[]): number {
  return rates.length / rates.reduce((sum, rate) => sum + 1 / rate, 0);
}

function burstRows({ acceptedFirst, acceptedLast, received }: Bursts): Row[] {
  const bar = (rate: number) => ({
    text: `at least ${burstLeast}`,
    holds: rate >= burstLeast,
  });
  const rows: [string, number][] = [
    ["durable messages a second, sent in bursts: at first", acceptedFirst],
    ["  among a million", acceptedLast],
    ["  received in bursts, among a million", received],
  ];
  return rows.map(([figure, rate]) => ({ figure, ours: rate.toFixed(0), bar: bar(rate) }));
}

/** The disk's own rate is measured in turn with ours: both of a round should see the same disk. */
function singleRows(path: string, directory: string, chatter: Chatter): Row[] {
  using store = openStore(path);
  const { outgoing } = store;
  const conversation = conversationIn(store);
  using file = Deno.openSync(join(directory, "page"), { create: true, write: true });
  const page = new Uint8Array(4_096);
  const measured = Array.from({ length: rounds }, () => {
    const drafts = draftsFor(conversation, singlesPerRound, chatter);
    return {
      ours: perSecond(singlesPerRound, () => {
        for (const draft of drafts) outgoing.accept([draft]);
      }),
      disk: perSecond(singlesPerRound, () => {
        for (let i = 0; i < singlesPerRound; i++) {
          file.writeSync(page);
          file.syncDataSync();
        }
      }),
    };
  });
  const [ours, disk] = [median(measured.map((m) => m.ours)), median(measured.map((m) => m.disk))];
  const ratio = median(measured.map((m) => m.ours / m.disk));
  return [{
    figure: "durable messages a second, each on its own",
    ours: ours.toFixed(0),
    baseline: disk.toFixed(0),
    ratio: ratio.toFixed(2),
    bar: {
      text: `at least ${singleLeast}, or half the disk's`,
      holds: ours >= singleLeast || ratio >= 0.5,
    },
  }];
}

async function readerRows(path: string, chatter: Chatter, bench: Bench): Promise<Row[]> {
  const searches: [what: string, words: string][] = [
    ["the most frequent word", chatter.word(0)],
    ["a rare word", chatter.word(29_000)],
    ["two frequent words", `${chatter.word(1)} ${chatter.word(2)}`],
    ["a frequent and a rare word", `${chatter.word(0)} ${chatter.word(20_000)}`],
    ["a word that nobody has said", "unsaid"],
    ["the beginning of words", chatter.word(0).slice(0, 2)],
  ];
  const runs: ReaderTimes[] = [];
  for (let i = 0; i < readers; i++) {
    runs.push(await read(path, searches.map(([, words]) => words), bench));
  }
  const most = (times: readonly number[]) => Math.max(...times);
  const openMs = most(runs.map((run) => run.openMs));
  const rows: Row[] = [{
    figure: "opening a million messages, and showing the last 50",
    ours: `${openMs.toFixed(0)} ms`,
    bar: { text: `at most ${openMostMs} ms`, holds: openMs <= openMostMs },
  }];
  for (const [i, [what]] of searches.entries()) {
    const ms = most(runs.flatMap((run) => run.searchMs[i]!));
    rows.push({
      figure: `  searching them for ${what}: ${runs[0]!.found[i]} found`,
      ours: `${ms.toFixed(1)} ms`,
      bar: { text: `at most ${searchMostMs} ms`, holds: ms <= searchMostMs },
    });
  }
  const [rate, bytes] = [
    median(runs.map((run) => run.exportedPerS)),
    median(runs.map((run) => run.grownBytes)),
  ];
  return [
    ...rows,
    { figure: "messages exported a second", ours: rate.toFixed(0) },
    { figure: "  memory that takes", ours: `${(bytes / 1024 ** 2).toFixed(0)} MiB` },
  ];
}

/** A script without blanks, in which each character is a token. */
function characterRows(path: string, chatter: Chatter): Row[] {
  using store = openStore(path);
  const { history, outgoing } = store;
  const conversation = conversationIn(store);
  const rates: number[] = [];
  for (let at = 0; at < charactersLength; at += burst) {
    const drafts = draftsFor(conversation, burst, chatter, () => chatter.characters());
    rates.push(perSecond(burst, () => outgoing.accept(drafts)));
  }
  const searches: [what: string, words: string][] = [
    ["two frequent characters", chatter.character(1) + chatter.character(2)],
    ["two rare characters", chatter.character(2_500) + chatter.character(2_600)],
  ];
  return [
    {
      figure: "in Chinese: durable messages a second, sent in bursts",
      ours: overall(rates).toFixed(0),
    },
    ...searches.map(([what, words]): Row => {
      const began = performance.now();
      const found = searched(history, "alice", words, 50).length;
      const ms = performance.now() - began;
      return {
        figure: `  searching ${charactersLength.toLocaleString("en")} for ${what}: ${found} found`,
        ours: `${ms.toFixed(1)} ms`,
        bar: { text: `at most ${searchMostMs} ms`, holds: ms <= searchMostMs },
      };
    }),
  ];
}

function sealedRows(path: string, chatter: Chatter): Row[] {
  using store = openStore(path, { textKey, sealed: true });
  const { history, outgoing } = store;
  const conversation = conversationIn(store);
  const rates: number[] = [];
  for (let at = 0; at < sealedLength; at += burst) {
    const drafts = draftsFor(conversation, burst, chatter);
    rates.push(perSecond(burst, () => outgoing.accept(drafts)));
  }
  const accepted = overall(rates);
  const searchedPerS = median(Array.from({ length: rounds }, () =>
    perSecond(sealedLength, () => {
      if (searched(history, "alice", "unsaid", 50).length > 0) throw new Error("It has been said");
    })));
  return [
    {
      figure: "sealed: durable messages a second, sent in bursts",
      ours: accepted.toFixed(0),
      bar: { text: `at least ${burstLeast}`, holds: accepted >= burstLeast },
    },
    { figure: "  messages searched a second", ours: searchedPerS.toFixed(0) },
  ];
}

async function read(path: string, searches: string[], bench: Bench): Promise<ReaderTimes> {
  const [program, ...args] = [...denoCommand("store_reader.ts", dirname(path)), path, ...searches];
  const { success, stdout } = await new Deno.Command(program!, {
    args,
    stderr: "inherit",
    signal: bench.signal,
  }).output();
  if (!success) throw new Error("The reader broke: it has said why");
  return JSON.parse(new TextDecoder().decode(stdout));
}

function conversationIn({ conversations }: Store): number {
  return conversations.open({ self: "alice", name: "bob", key: publicKeyFrom(textKey) }).id;
}

function draftsFor(
  conversation: number,
  count: number,
  chatter: Chatter,
  text = () => chatter.sentence(),
): Draft[] {
  return Array.from({ length: count }, (_, i) => ({
    conversation,
    id: randomId(),
    sentAtMs: 1_700_000_000_000 + i,
    text: text(),
    numbered: true,
  }));
}

function perSecond(count: number, act: () => void): number {
  const began = performance.now();
  act();
  return count / (performance.now() - began) * 1_000;
}
