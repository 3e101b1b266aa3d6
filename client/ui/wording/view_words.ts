/**
 * The words of a full screen: the rows of a conversation, and what stands around them. All text from outside passes
 * the sanitiser here.
 *
 * @module
 */

import { readAction } from "../../../shared/protocol/action_text.ts";
import { makeVisible, makeVisibleLines } from "../../../shared/text/visible.ts";
import { rowsOf } from "../../../shared/text/columns.ts";
import type { MessageEvent, Security } from "../../events.ts";
import type { HistoryEntry, MessageState } from "../../store/store.ts";
import { actionMark, messageText, type NamedEntry, plaintextMark } from "./history_rows.ts";
import { clockTime, localDay } from "./local_time.ts";
import { formatMs } from "./path_lines.ts";
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

/** How the client stands with its server. */
export type ServerState = "none" | "ok" | "lost" | "displaced" | "taken";

const quietStates: Readonly<Partial<Record<ServerState, string>>> = {
  none: "not registered",
  ok: "server ok",
};
const alarms: Readonly<Partial<Record<ServerState, string>>> = {
  lost: "server lost",
  displaced: "name taken over",
  taken: "not registered: name taken",
};

/** What is wrong with the server, which has to stand where nothing cuts it off; empty if nothing is. */
export function alarmText(server: ServerState): string {
  return alarms[server] ?? "";
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

/** What the status line says of the conversation that is seen. */
export interface Status {
  /** Undefined if none is. */
  readonly name: string | undefined;
  /** Its key on the keyboard. */
  readonly number: number | undefined;
  /** Whether the user would have to call to answer. */
  readonly isUnknown: boolean;
  /** Undefined if it is not open. */
  readonly security: Security | undefined;
  /** Whether nobody but the server has named the peer's key. */
  readonly isKeyFromServer: boolean;
  /** Whether the peer is there, as far as that is known. */
  readonly here: boolean | undefined;
  /** Undefined if there is no link. */
  readonly way: "direct" | "punched" | "relayed" | undefined;
  readonly roundTripMs: number | undefined;
  readonly waiting: number;
  readonly server: ServerState;
  /** Whether newer messages stand below. */
  readonly isScrolled: boolean;
  /** Messages that came, and stand above what was on the screen. */
  readonly unreadAbove: number;
  /** Messages that are unread, and stand below what is on the screen. */
  readonly unreadBelow: number;
  readonly news: readonly { readonly name: string; readonly unread: number }[];
}

/** The status line, behind what {@linkcode alarmText} says. */
export function statusText(status: Status): string {
  const { name, number, isUnknown, security, here, way, roundTripMs, waiting } = status;
  const { isScrolled, unreadAbove, unreadBelow } = status;
  const time = roundTripMs === undefined ? "" : ` ${formatMs(roundTripMs)}`;
  const who = name === undefined ? "nobody" : makeVisible(name);
  const of = name === undefined
    ? ["/chat NAME opens a conversation"]
    : isUnknown
    ? [`unknown: /chat ${who} answers`]
    : [
      ...security === undefined ? [] : [security],
      ...status.isKeyFromServer ? ["key from the server"] : [],
      way === undefined ? here === false ? "away" : "not connected" : way + time,
    ];
  const head = `[${[`${number === undefined ? "" : `${number} `}${who}`, ...of].join(" · ")}]`;
  const server = quietStates[status.server];
  const news = status.news.map(({ name, unread }) =>
    `${makeVisible(name)}${unread === 0 ? "" : ` ${unreadText(unread)}`}`
  );
  return [
    head,
    ...isScrolled
      ? [unreadBelow > 0 ? `${unreadText(unreadBelow)} new below: Alt+End` : "more below: PgDn"]
      : unreadAbove > 0
      ? [`${unreadText(unreadAbove)} new above: PgUp`]
      : [],
    ...news.length === 0 ? [] : [`Alt+a: ${news.join(", ")}`],
    ...server === undefined ? [] : [server],
    ...waiting === 0 ? [] : [waiting === 1 ? "1 waits" : `${waiting} wait`],
  ].join("  ");
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
