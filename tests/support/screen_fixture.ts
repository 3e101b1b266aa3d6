/**
 * Conversations in a store in memory, and what a full screen makes of them.
 *
 * @module
 */

import type { HistoryEntry } from "../../client/store/store.ts";
import type { Messages } from "../../client/ui/screen/page.ts";
import { keyOf } from "./store_fixture.ts";

const noonMs = new Date(2026, 10, 25, 12).getTime();

/** A message with bob; the rows count from 10 in tens, as if others were written between. */
export function entry(index: number, changes: Partial<HistoryEntry> = {}): HistoryEntry {
  const direction = changes.direction ?? (index % 2 === 0 ? "in" : "out");
  return {
    row: (index + 1) * 10,
    name: "bob",
    key: keyOf(2),
    direction,
    id: `id ${index}`,
    text: `text ${index}`,
    sentAtMs: noonMs + index * 60_000,
    atMs: noonMs + index * 60_000,
    state: direction === "in" ? "received" : "delivered",
    plaintext: false,
    ...changes,
  };
}

/** Messages, as a store gives them; it counts how many were read at a time at most. */
export class MessageList implements Messages {
  most = 0;

  constructor(readonly entries: HistoryEntry[]) {}

  before(row: number, limit: number): HistoryEntry[] {
    return this.#read(this.entries.filter((entry) => entry.row < row).slice(-limit));
  }

  behind(row: number, limit: number): HistoryEntry[] {
    return this.#read(this.entries.filter((entry) => entry.row > row).slice(0, limit));
  }

  #read(entries: HistoryEntry[]): HistoryEntry[] {
    this.most = Math.max(this.most, entries.length);
    return entries;
  }
}
