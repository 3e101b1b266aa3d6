/**
 * Opens a store as a program does that has just been started, looks for what it is told, and writes how
 * long each took, as JSON.
 *
 *     deno run --allow-read --allow-write store_reader.ts PATH SEARCH...
 *
 * @module
 */

import { openStore } from "../../client/store/store.ts";
import { searched } from "../support/store_fixture.ts";
import { writeAllSync } from "../../shared/net/write_all.ts";

/** What it writes. */
export interface ReaderTimes {
  /** Opening the store and reading its last 50 messages. */
  readonly openMs: number;
  /** The first search for each, and another one. */
  readonly searchMs: readonly (readonly [first: number, second: number])[];
  readonly found: readonly number[];
  /** Messages exported in a second, and by how much the memory grew with it. */
  readonly exportedPerS: number;
  readonly grownBytes: number;
}

const [path, ...searches] = Deno.args as [string, ...string[]];
const began = performance.now();
using store = openStore(path);
const { history } = store;
if (history.latest("alice", "bob", 50).length !== 50) throw new Error("It is not all there");
const openMs = performance.now() - began;

const found: number[] = [];
const searchMs = searches.map((words): [number, number] => {
  const [first, second] = [search(words), search(words)];
  found.push(second.count);
  return [first.ms, second.ms];
});

const bytesBefore = Deno.memoryUsage().rss;
const exportBegan = performance.now();
let exported = 0;
for (const _entry of history.export("alice", "bob")) exported++;
const exportedPerS = exported / (performance.now() - exportBegan) * 1_000;
const grownBytes = Deno.memoryUsage().rss - bytesBefore;

const times: ReaderTimes = { openMs, searchMs, found, exportedPerS, grownBytes };
writeAllSync(Deno.stdout, new TextEncoder().encode(JSON.stringify(times)));

function search(words: string): { ms: number; count: number } {
  const began = performance.now();
  const count = searched(history, "alice", words, 50).length;
  return { ms: performance.now() - began, count };
}
