/**
 * The full screen in a terminal: how soon a conversation of a million messages is on it, and how busy a client is while
 * somebody writes a thousand messages a second.
 *
 * @module
 */

import { openStore } from "../../client/store/store.ts";
import { builds } from "../support/program.ts";
import type { ScreenProgram } from "../support/screen_program.ts";
import { draft } from "../support/store_fixture.ts";
import { Town } from "../support/town.ts";
import type { Bench } from "./bench.ts";
import { Chatter } from "./chatter.ts";
import { cpuTimeUs } from "./proc.ts";
import type { Report, Row } from "./report.ts";
import { median } from "./statistics.ts";

const historyLength = 1_000_000;
const burst = 10_000;
/** Programs in each of which the conversation is opened for the first time. */
const programs = 9;
const openMostMs = 50;

const perSecond = 1_000;
/** So many messages are written at a time. */
const perTurn = 10;
const seconds = 10;
const rounds = 3;
const busyMost = 0.5;

/** Measures the executable, if there is one, else the source. */
export async function measureScreen(bench: Bench): Promise<Report> {
  await using town = await Town.start(builds.at(-1)!);
  return {
    rows: [...await openings(town, bench), await busyRow(town, bench)],
    notes: [
      `Screen: ${
        builds.at(-1)!.name
      }, in a terminal of 80 columns and 24 rows. Opening: from Enter, or the key, until the last\n` +
      `message stands there, in ${programs} programs, median and slowest. Messages of somebody else's program,\n` +
      `${seconds} s of them, of whom the view is open: the processor time of the client, median of ${rounds}.`,
    ],
  };
}

async function openings(town: Town, { signal }: Bench): Promise<Row[]> {
  fill(town);
  const [first, again]: [number[], number[]] = [[], []];
  for (let i = 0; i < programs; i++) {
    signal.throwIfAborted();
    await using alice = await town.terminal("screen", "alice");
    await alice.says(/registered as alice/);
    first.push(await opened(alice.at, "/chat bob\r", "the last of bob"));
    await opened(alice.at, "/chat carol\r", "the last of carol");
    again.push(await opened(alice.at, "\x1b-", "the last of bob"));
    await alice.quits();
  }
  const row = (figure: string, ms: readonly number[]): Row => ({
    figure,
    ours: `${median(ms).toFixed(0)} (${Math.max(...ms).toFixed(0)}) ms`,
    bar: { text: `at most ${openMostMs} ms`, holds: median(ms) <= openMostMs },
  });
  return [
    row(`opening a view of ${historyLength.toLocaleString("en")} messages`, first),
    row("  again, from another view", again),
  ];
}

/** The time from a key until a text comes. */
async function opened({ program }: ScreenProgram, key: string, text: string): Promise<number> {
  const from = program.screen.length;
  const begin = performance.now();
  await program.types(key);
  await program.shows(RegExp(text), from);
  return performance.now() - begin;
}

/** Alice has a million messages with bob, and some with carol. */
function fill(town: Town): void {
  for (const name of ["bob", "carol"]) town.acquaint("alice", name);
  using store = openStore(`${town.profileOf("alice")}/store.db`);
  const chatter = new Chatter();
  const talk = (name: string, length: number) => {
    const { key } = store.knownPeers.find(name)!;
    const { id } = store.conversations.open({ self: "alice", name, key });
    for (let at = 0; at < length; at += burst) {
      const texts = Array.from({ length: Math.min(burst, length - at) }, () => chatter.sentence());
      if (at + burst >= length) texts.push(`the last of ${name}`);
      const accepted = store.outgoing.accept(texts.map((text) => draft(id, text)));
      store.outgoing.acknowledge(id, accepted.at(-1)!.id);
    }
  };
  talk("carol", 50);
  talk("bob", historyLength);
}

async function busyRow(town: Town, { signal }: Bench): Promise<Row> {
  town.acquaint("dora", "erik");
  await using hers = await town.terminal("screen", "dora");
  await using his = await town.script("erik");
  await his.types("/chat dora\nhello");
  await hers.at.sees(/hello/);
  const pid = await hers.at.pid();
  const shares: number[] = [];
  for (let round = 0; round < rounds; round++) {
    const before = await cpuTimeUs(pid);
    const begin = performance.now();
    for (let n = 0; n < seconds * perSecond; n += perTurn) {
      signal.throwIfAborted();
      const lines = Array.from(
        { length: perTurn },
        (_, i) => `round ${round} number ${n + i + 1}.`,
      );
      await his.types(lines.join("\n"));
      const dueMs = begin + (n + perTurn) / perSecond * 1_000 - performance.now();
      if (dueMs > 0) await new Promise((resolve) => setTimeout(resolve, dueMs));
    }
    await hers.at.program.shows(RegExp(`round ${round} number ${seconds * perSecond}\\.`));
    const wallMs = performance.now() - begin;
    const after = await cpuTimeUs(pid);
    if (before === undefined || after === undefined) throw new Error("/proc says nothing of it");
    shares.push((after - before) / 1_000 / wallMs);
  }
  const share = median(shares);
  return {
    figure: `${perSecond.toLocaleString("en")} incoming messages a second: share of a core`,
    ours: `${(share * 100).toFixed(0)} %`,
    bar: { text: `below ${busyMost * 100} %`, holds: share < busyMost },
  };
}
