/**
 * Which messages of a conversation were on the screen. Only these count as seen: not those that went past between
 * two drawings, and not those that are above or below.
 *
 * @module
 */

import type { HistoryEntry } from "../../store/store.ts";

/** Messages that follow one another, and were on the screen. */
export interface Drawn {
  /** The row in the store behind which the first of them comes. */
  readonly behind: number;
  /** The row of the last of them. */
  readonly upTo: number;
  /** Of those that came, the last from each key. */
  readonly received: readonly HistoryEntry[];
}

/** Messages that were drawn. @param before The message before them, if there is one. */
export function drawnOf(
  entries: readonly HistoryEntry[],
  before: HistoryEntry | undefined,
): Drawn | undefined {
  const last = entries.at(-1);
  if (last === undefined) return undefined;
  return { behind: before?.row ?? 0, upTo: last.row, received: lastReceived(entries) };
}

/** What was drawn, with what is drawn now. If something lies between, only the latter is known of. */
export function joined(before: Drawn | undefined, now: Drawn): Drawn {
  if (before === undefined || before.upTo < now.behind || now.upTo < before.behind) return now;
  const received = [...before.received, ...now.received].toSorted((a, b) => a.row - b.row);
  return {
    behind: Math.min(before.behind, now.behind),
    upTo: Math.max(before.upTo, now.upTo),
    received: lastReceived(received),
  };
}

/** Of messages that came, the last from each key. */
export function lastReceived(entries: readonly HistoryEntry[]): HistoryEntry[] {
  const received = entries.filter(({ direction }) => direction === "in");
  // A key tells conversations of one name apart.
  return [...new Map(received.map((entry) => [entry.key ?? "", entry])).values()];
}
