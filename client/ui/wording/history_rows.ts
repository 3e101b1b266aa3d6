/**
 * Saved messages as rows of a table, each column starting at the same place. All text from outside passes
 * the sanitiser here.
 *
 * @module
 */

import { readAction } from "../../../shared/protocol/action_text.ts";
import { makeVisible, makeVisibleLines } from "../../../shared/text/visible.ts";
import type { HistoryEntry, MessageState } from "../../store/store.ts";
import { shortTime } from "./local_time.ts";
import { type Person, personChange } from "./person_change.ts";

/** A message in a list, safe to print. A column has the same width in all rows of a list. */
export interface HistoryRow {
  /** What stands above it on a line of its own: that another person of the same name begins here. */
  readonly above?: string;
  /** What stands below it in the same way: that its name has another person's key by now. */
  readonly below?: string;
  /** When it was written. */
  readonly time: string;
  /** Who wrote it; for one of the user's own messages, an arrow and to whom. */
  readonly who: string;
  /** What became of one of the user's own, or that a peer's came in plaintext. Empty if no row has any. */
  readonly state: string;
  /** Whether a peer sent it in plaintext; then each of its lines is marked. */
  readonly plaintext: boolean;
  readonly lines: readonly string[];
}

/** A message, and what the user calls the other one, if not by their name. */
export type NamedEntry = HistoryEntry & { readonly localName?: string };

/** Marks a message that came in plaintext. */
export const plaintextMark = "[plaintext]";

/** Stands before the name of somebody who says what they do; no name has it. */
export const actionMark = "*";

/** The text of a message, as it was written; a note instead if it cannot be read. */
export function messageText(
  { text, unreadable }: Pick<HistoryEntry, "text" | "unreadable">,
): string {
  return unreadable ? "(this text was changed on the disk, and cannot be read)" : text;
}

/** What became of the user's own messages, in words. */
export const stateWords: Readonly<Record<MessageState, string>> = {
  waiting: "waiting",
  deposited: "at the mailbox",
  delivered: "delivered",
  read: "read",
  sent: "sent",
  received: "",
};

/**
 * Makes rows of messages, in their order.
 *
 * @param present Whose keys are saved now.
 */
export function historyRows(
  entries: readonly NamedEntry[],
  now: Date,
  present: readonly Person[] = [],
): HistoryRow[] {
  const endsWith = new Map(entries.map((entry) => [entry.name, entry]));
  const lastOf = new Map<string, HistoryEntry>();
  const rows = entries.map((entry): HistoryRow => {
    const above = personChange(entry, lastOf.get(entry.name));
    lastOf.set(entry.name, entry);
    const after = endsWith.get(entry.name) === entry &&
      present.find(({ name }) => name === entry.name);
    const below = after ? personChange(after, entry) : undefined;
    const own = entry.direction === "out";
    const plaintext = !own && entry.plaintext;
    const name = makeVisible(entry.localName ?? entry.name);
    const text = messageText(entry);
    // One's own is to somebody, who is named there.
    const action = own ? undefined : readAction(text);
    return {
      ...above !== undefined && { above },
      ...below !== undefined && { below },
      time: shortTime(entry.sentAtMs, now),
      who: own ? `→ ${name}` : action === undefined ? name : `${actionMark} ${name}`,
      state: plaintext ? plaintextMark : stateWords[entry.state],
      plaintext,
      lines: makeVisibleLines(action ?? text),
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
