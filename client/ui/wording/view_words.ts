/**
 * The words of a full screen: the rows of a conversation, and what stands around them. All text from outside passes
 * the sanitiser here.
 *
 * @module
 */

import { readAction } from "../../../shared/protocol/action_text.ts";
import { makeVisible, makeVisibleLines } from "../../../shared/text/visible.ts";
import { rowsOf } from "../../../shared/text/columns.ts";
import type { MessageEvent } from "../../events.ts";
import type { HistoryEntry, MessageState } from "../../store/store.ts";
import { actionMark, messageText, type NamedEntry, plaintextMark } from "./history_rows.ts";
import { clockTime, localDay } from "./local_time.ts";
import { personChange } from "./person_change.ts";

/** A message in the view of its conversation, safe to print. */
export interface ViewedMessage {
  /** The day on which it was written; a line says so if that of the message before is another one. */
  readonly day: string;
  /** Says that another person of that name begins here. */
  readonly above: string | undefined;
  readonly time: string;
  readonly who: string;
  readonly isOwn: boolean;
  readonly state: MessageState;
  /** Stands before each line of a message that came in plaintext; else empty. */
  readonly mark: string;
  readonly lines: readonly string[];
}

/**
 * A message in the view of its conversation.
 *
 * @param self The user's own id.
 * @param before The message before, if there is one.
 */
export function viewedMessage(
  entry: NamedEntry,
  self: string,
  before: HistoryEntry | undefined,
): ViewedMessage {
  const { direction, name, localName, sentAtMs, state, plaintext } = entry;
  const isOwn = direction === "out";
  const who = makeVisible(isOwn ? self : localName ?? name);
  const text = messageText(entry);
  const action = readAction(text);
  const [first = "", ...further] = makeVisibleLines(action ?? text);
  return {
    day: localDay(sentAtMs),
    above: personChange(entry, before),
    time: clockTime(sentAtMs),
    who: action === undefined ? who : actionMark,
    isOwn,
    state,
    mark: plaintext && !isOwn ? `${plaintextMark} ` : "",
    lines: [action === undefined ? first : `${who} ${first}`, ...further],
  };
}

/** Says that somebody was away, or has been since. @param backMs When they came back. Milliseconds since 1970, UTC. */
export function absenceText(name: string, sinceMs: number, backMs?: number): string {
  const who = makeVisible(name);
  return backMs === undefined
    ? `· ${who} has been away since ${clockTime(sinceMs)} ·`
    : `· ${who} was away ${clockTime(sinceMs)}–${clockTime(backMs)} ·`;
}

/** So many unread messages are counted at most: the store counts no further. */
const countedMax = 999;

/** How many messages are unread, in the same words wherever it stands. */
export function unreadText(count: number): string {
  return count > countedMax ? `${countedMax}+` : String(count);
}

/** What the first row says. */
export interface Title {
  readonly self: string;
  readonly server: { readonly host: string; readonly tls?: unknown } | undefined;
  readonly talks: number;
  readonly unread: number;
  readonly now: Date;
}

/** The two ends of the first row. */
export function titleText({ self, server, talks, unread, now }: Title): [string, string] {
  const parts = [self, ...server === undefined ? [] : [server.host, server.tls ? "tls" : "no tls"]];
  const count = `${talks} ${talks === 1 ? "talk" : "talks"} · ${unreadText(unread)} unread`;
  return [parts.map(makeVisible).join(" · "), `${count}   ${clockTime(now.getTime())}`];
}

/** What the line says above which everything had been read. */
export const newLineText = "new";

/** What the line says above a message that the user has gone to. */
export const foundLineText = "found";

/** Columns, and characters, of a notification, at most: a character may have no column. */
const notificationColumnsMax = 100;
const notificationLengthMax = 200;

/** A message in a notification of the terminal: one line. */
export function notificationText({ name, ...content }: MessageEvent): string {
  const text = messageText(content);
  const action = readAction(text);
  const [row = ""] = rowsOf(makeVisible(action ?? text), notificationColumnsMax);
  const short = Array.from(row).slice(0, notificationLengthMax).join("");
  return action === undefined
    ? `${makeVisible(name)}: ${short}`
    : `${actionMark} ${makeVisible(name)} ${short}`;
}

/** The title of the terminal's window. @param unread Messages that are new. */
export function windowTitleText(unread: number): string {
  return unread === 0 ? "p2pchat" : `(${unreadText(unread)}) p2pchat`;
}
