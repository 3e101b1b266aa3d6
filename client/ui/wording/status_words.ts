/**
 * The status line of a full screen: its parts, and how each is said in fewer words where there is little room.
 *
 * @module
 */

import { makeVisible } from "../../../shared/text/visible.ts";
import { columnsOf, rowsOf } from "../../../shared/text/columns.ts";
import type { Security } from "../../events.ts";
import { formatMs } from "./path_lines.ts";
import { unreadText } from "./view_words.ts";

/** A part of the status line, with the blanks before it. */
export interface StatusPart {
  readonly text: string;
  /** What it says instead where there is little room: of all parts that of the lowest rank comes first. */
  readonly shorter?: readonly (readonly [rank: number, text: string])[];
}

/** How the client stands with its server. */
export type ServerState = "none" | "ok" | "lost" | "displaced" | "taken";

const quietStates: Readonly<Partial<Record<ServerState, StatusPart>>> = {
  none: { text: "  not registered", shorter: [[9, ""]] },
  ok: { text: "  server ok", shorter: [[1, ""]] },
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

/** A conversation in the list. */
interface Talk {
  /** Safe to print. */
  readonly name: string;
  readonly isSeen: boolean;
  readonly unread: number;
}

/** Columns of a name where there is little room, and where there is hardly any. */
const shortNameColumns = 12;
const leastNameColumns = 6;
/** Conversations with something new that are named: no terminal has room for more, and each costs at each drawing. */
const newsNamedMax = 50;
/** Conversations that are listed: those with a number. */
const listedMax = 9;

/** The list of conversations where it has no room of its own, with the blanks behind it; without text if it says nothing. */
export function listPart(list: readonly Talk[]): StatusPart {
  const said = list.slice(0, listedMax).map(({ name, isSeen, unread }, i) => {
    const mark = `${isSeen ? ">" : ""}${i + 1} `;
    const count = unread > 0 ? `(${unreadText(unread)})` : "";
    return { isNeeded: isSeen || unread > 0, whole: mark + name + count, mark, name, count };
  });
  if (said.length < 2) return { text: "" };
  const line = (words: readonly string[]) => `${words.join(" ")}  `;
  const short = said.map(({ mark, name, count, isNeeded }) => ({
    isNeeded,
    text: mark + shortened(name, leastNameColumns) + count,
  }));
  const needed = short.filter(({ isNeeded }) => isNeeded);
  return {
    text: line(said.map(({ whole }) => whole)),
    shorter: [
      [3, line(short.map(({ text }) => text))],
      [6, needed.length < 2 ? "" : line(needed.map(({ text }) => text))],
      [8, ""],
    ],
  };
}

/** The parts of the status line, behind what {@linkcode alarmText} says, and the list. */
export function statusParts(status: Status): StatusPart[] {
  return [
    ...headParts(status),
    { text: "]" },
    ...scrolledPart(status),
    ...newsPart(status.news),
    ...optional(quietStates[status.server]),
    ...waitingPart(status.waiting),
  ];
}

function headParts(status: Status): StatusPart[] {
  const { name, number, isUnknown, security, here, way, roundTripMs } = status;
  const key = number === undefined ? "" : `${number} `;
  if (name === undefined) {
    const hint = { text: " · /chat NAME opens a conversation", shorter: [[4, ""]] } as const;
    return [{ text: "[nobody" }, hint];
  }
  const who = makeVisible(name);
  const head: StatusPart = {
    text: `[${key}${who}`,
    shorter: [
      [12, `[${key}${shortened(who, shortNameColumns)}`],
      [14, `[${shortened(who, leastNameColumns)}`],
    ],
  };
  if (isUnknown) {
    const text = ` · unknown: /chat ${who} answers`;
    return [head, { text, shorter: [[10, " · unknown"]] }];
  }
  const parts = [head];
  if (security !== undefined) parts.push({ text: ` · ${security}`, shorter: [[15, ""]] });
  if (status.isKeyFromServer) {
    parts.push({ text: " · key from the server", shorter: [[5, " · server's key"]] });
  }
  if (way === undefined) {
    const where = here === false ? "away" : "not connected";
    parts.push({ text: ` · ${where}`, shorter: [[9, ""]] });
  } else {
    const time = roundTripMs === undefined ? "" : ` ${formatMs(roundTripMs)}`;
    parts.push({ text: ` · ${way}${time}`, shorter: [[2, ` · ${way}`], [9, ""]] });
  }
  return parts;
}

function scrolledPart({ isScrolled, unreadAbove, unreadBelow }: Status): StatusPart[] {
  const [count, where, key] = isScrolled
    ? [unreadBelow, "below", unreadBelow > 0 ? "Alt+End" : "PgDn"]
    : [unreadAbove, "above", "PgUp"];
  if (count === 0 && !isScrolled) return [];
  const [whole, short] = count === 0
    ? [`more ${where}`, `more ${where}`]
    : [`${unreadText(count)} new ${where}`, `${unreadText(count)} ${where}`];
  return [{ text: `  ${whole}: ${key}`, shorter: [[5, `  ${short}`], [11, ""]] }];
}

function newsPart(news: Status["news"]): StatusPart[] {
  if (news.length === 0) return [];
  const named = news.slice(0, newsNamedMax).map(({ name, unread }) =>
    `${makeVisible(name)}${unread === 0 ? "" : ` ${unreadText(unread)}`}`
  );
  const line = (count: number) => {
    const more = news.length - count;
    return `  Alt+a: ${named.slice(0, count).join(", ")}${more > 0 ? ` +${more}` : ""}`;
  };
  // One after the other is left out, so that no name is cut.
  const fewer = named.slice(1).map((_, i) => [4, line(named.length - 1 - i)] as const);
  return [{ text: line(named.length), shorter: [...fewer, [7, "  Alt+a"], [10, ""]] }];
}

function waitingPart(waiting: number): StatusPart[] {
  if (waiting === 0) return [];
  const text = waiting === 1 ? "  1 waits" : `  ${waiting} wait`;
  return [{ text, shorter: [[5, `  w${waiting}`], [11, ""]] }];
}

function optional(part: StatusPart | undefined): StatusPart[] {
  return part === undefined ? [] : [part];
}

/** A name that is marked where it is cut. @param columns How many it has at most. */
function shortened(name: string, columns: number): string {
  return columnsOf(name) <= columns ? name : `${rowsOf(name, columns - 1)[0]}…`;
}
