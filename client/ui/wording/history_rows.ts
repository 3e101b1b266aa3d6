/**
 * Messages that have been kept, as rows whose columns begin at one place each. All text from outside
 * passes the sanitiser here.
 *
 * @module
 */

import { makeVisible, makeVisibleLines } from "../../../shared/text/visible.ts";
import type { HistoryEntry, MessageState } from "../../store/store.ts";
import { shortTime } from "./local_time.ts";

/** A message in a list, safe to print. Each column has one width in all rows of a list. */
export interface HistoryRow {
  /** When it was written. */
  readonly time: string;
  /** Who has written it; whom one has written oneself has an arrow before the name. */
  readonly who: string;
  /** What became of one's own, or that a peer's came in plaintext. Empty where no row has any. */
  readonly state: string;
  /** Whether it is a peer's and came in plaintext, so that each of its lines is to be marked. */
  readonly plaintext: boolean;
  readonly lines: readonly string[];
}

/** What is said of a message that came in plaintext. */
export const plaintextMark = "[plaintext]";

/** The text of a message, as it was written; if it cannot be read, a note that says so. */
export function historyText({ text, unreadable }: HistoryEntry): string {
  return unreadable ? "(this text was changed on the disk, and cannot be read)" : text;
}

/** What became of one's own messages, in words. */
export const stateWords: Readonly<Record<MessageState, string>> = {
  waiting: "waiting",
  deposited: "at the mailbox",
  delivered: "delivered",
  read: "read",
  sent: "sent",
  received: "",
};

/** Makes rows of messages, in the order that they have. */
export function historyRows(entries: readonly HistoryEntry[], now: Date): HistoryRow[] {
  const rows = entries.map((entry): HistoryRow => {
    const own = entry.direction === "out";
    const plaintext = !own && entry.plaintext;
    const name = makeVisible(entry.name);
    return {
      time: shortTime(entry.sentAtMs, now),
      who: own ? `→ ${name}` : name,
      state: plaintext ? plaintextMark : stateWords[entry.state],
      plaintext,
      lines: makeVisibleLines(historyText(entry)),
    };
  });
  const [time, who, state] = (["time", "who", "state"] as const).map((column) =>
    rows.reduce((width, row) => Math.max(width, row[column].length), 0)
  );
  return rows.map((row) => ({
    ...row,
    time: row.time.padStart(time!),
    who: row.who.padEnd(who!),
    state: row.state.padEnd(state!),
  }));
}
