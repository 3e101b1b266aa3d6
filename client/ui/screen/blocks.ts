/**
 * What was said in a conversation, as rows: the messages, and what stands between them.
 *
 * @module
 */

import { fingerprintOf, type PublicKey } from "../../../shared/crypto/public_key.ts";
import { columnsOf, rowsOf } from "../../../shared/text/columns.ts";
import type { BoundedMap } from "../../../shared/collections/bounded_map.ts";
import type { HistoryEntry } from "../../store/store.ts";
import type { NameFor } from "../local_names.ts";
import type { OwnSigns } from "../own_signs.ts";
import type { Theme } from "../theme.ts";
import { viewWords } from "../wording/wording.ts";
import type { Lasting } from "./answers.ts";

/** A message, or the end of a conversation, with what stands above it. */
export interface Block {
  /** The message's row in the store; {@linkcode tail} of the end. */
  readonly row: number;
  readonly rows: readonly string[];
  /** How many of the rows stand above the message's own: notices, its day, that it is new. */
  readonly aboveRows: number;
}

/** The rows of a message. */
export interface MessageRows {
  readonly all: readonly string[];
  /** How many of them stand above what it says. */
  readonly above: number;
}

/** The row of what stands behind the last message. */
export const tail = Number.MAX_SAFE_INTEGER;

/** Something that stands between messages. */
export interface Notice {
  /** The row in the store of the message behind which it stands; 0 if there is none. */
  readonly afterRow: number;
  /** What it says in a view of so many columns. */
  readonly rows: (columns: number, theme: Theme) => readonly string[];
  /** Whether it is a message that is nowhere else. */
  readonly isMessage?: boolean;
  /** How long it stands there, if it is what a command has answered. */
  readonly lasting?: Lasting | undefined;
}

/** How a conversation is shown. */
export interface BlockStyle {
  /** The user's own id, and the peer's name. */
  readonly self: string;
  readonly name: string;
  /** What the user calls them. */
  readonly nameFor: NameFor;
  readonly columns: number;
  /** The row of the first message that is new to the user, if there is one. */
  readonly newFrom: number | undefined;
  /** The row of the message that the user has gone to, if there is one. */
  readonly found: number | undefined;
  readonly notices: readonly Notice[];
  /** The program's own signs, as the terminal has them. */
  readonly own: OwnSigns;
  readonly theme: Theme;
  /** Rows of messages that were made before: it takes its time for long ones. */
  readonly made: BoundedMap<string, MessageRows>;
}

/** Messages of a conversation that follow one another. */
export interface Section {
  readonly entries: readonly HistoryEntry[];
  /** The message before them, if there is one. */
  readonly before: HistoryEntry | undefined;
  /** Whether the conversation ends with them. */
  readonly isEnd: boolean;
}

/** What became of one's own messages. Each sign has one column. */
const states: Readonly<Record<HistoryEntry["state"], string>> = {
  waiting: "…",
  deposited: "✉",
  delivered: "✓",
  read: "✓✓",
  sent: "→",
  received: "",
};

const nameColumnsMax = 12;
const stateColumns = 3;
/** Columns that a text has at least; what leaves it fewer is left out beside it. */
const leastTextColumns = 10;
/** Where that is not enough: columns that a name leaves it, as long as the name has some itself. */
const narrowTextColumns = 4;
const leastNameColumns = 3;

/** The blocks of a section, each message's after what stands above it. */
export function blocksOf({ entries, before, isEnd }: Section, style: BlockStyle): Block[] {
  const called = calledOnce(style);
  const blocks: Block[] = [];
  let last = before;
  for (const entry of entries) {
    const notices = noticesBetween(last?.row ?? 0, entry.row, style);
    const { all, above } = madeRows(entry, last, style, called);
    const rows = [...notices, ...all];
    blocks.push({ row: entry.row, rows, aboveRows: notices.length + above });
    last = entry;
  }
  if (isEnd) {
    const rows = noticesBetween(last?.row ?? 0, tail, style);
    blocks.push({ row: tail, rows, aboveRows: rows.length });
  }
  return blocks;
}

function noticesBetween(row: number, next: number, style: BlockStyle): string[] {
  const { notices, columns, theme } = style;
  return notices.filter(({ afterRow }) => afterRow >= row && afterRow < next)
    .flatMap(({ rows }) => rows(columns, theme));
}

/** What the user calls the one whose view it is, and who has written with some key, asked once for all entries. */
interface Called {
  readonly peer: string;
  by(key: PublicKey | undefined): string;
}

function calledOnce({ name, nameFor }: BlockStyle): Called {
  const byKey = new Map<PublicKey | undefined, string>([[undefined, name]]);
  return {
    peer: nameFor(name),
    by(key) {
      const called = byKey.get(key) ?? nameFor(name, fingerprintOf(key!));
      byKey.set(key, called);
      return called;
    },
  };
}

function madeRows(
  entry: HistoryEntry,
  before: HistoryEntry | undefined,
  style: BlockStyle,
  called: Called,
): MessageRows {
  const { columns, newFrom, found, made } = style;
  const { row, state } = entry;
  const localName = called.by(entry.key);
  const which = [row, before?.row, columns, state, row === newFrom, row === found];
  const key = [...which, style.theme.name, localName, called.peer].join(" ");
  const known = made.get(key);
  if (known !== undefined) return known;
  const rows = rowsOfEntry({ ...entry, localName }, before, style, called.peer);
  made.set(key, rows);
  return rows;
}

function rowsOfEntry(
  entry: HistoryEntry & { readonly localName: string },
  before: HistoryEntry | undefined,
  style: BlockStyle,
  peer: string,
): MessageRows {
  const { self, columns, own, theme } = style;
  const message = viewWords.message(entry, self, before);
  const dayBefore = before && viewWords.message(before, self, undefined).day;
  const rows: string[] = [];
  if (message.day !== dayBefore) rows.push(theme.day(own(ruled(message.day, columns))));
  if (entry.row === style.newFrom && !message.isOwn) {
    rows.push(theme.newLine(own(ruled(viewWords.newLine, columns))));
  }
  if (entry.row === style.found) {
    rows.push(theme.foundLine(own(ruled(viewWords.foundLine, columns))));
  }
  if (message.above !== undefined) {
    rows.push(...rowsOf(own(message.above), columns).map(theme.otherKey));
  }
  const above = rows.length;
  const names = [peer, entry.localName].map((one) => viewWords.name(one));
  const widest = Math.max(...[...names, self].map((one) => columnsOf(one)));
  const nameColumns = Math.min(nameColumnsMax, widest);
  const { time, who, isOwn, mark, lines, state } = message;
  const headColumns = time.length + nameColumns + 3;
  const markColumns = columnsOf(mark);
  const isNarrow = columns - headColumns - stateColumns - markColumns < leastTextColumns;
  // The mark and some text stand behind it in any case.
  const besideName = 1 + markColumns + narrowTextColumns + stateColumns;
  const whoColumns = isNarrow
    ? Math.min(nameColumns, Math.max(leastNameColumns, columns - besideName))
    : nameColumns;
  const [whoRow = ""] = rowsOf(who, whoColumns);
  const paintWho = isOwn ? theme.self : theme.peer;
  const blanks = " ".repeat(Math.max(0, nameColumns - columnsOf(whoRow)));
  const head = isNarrow
    ? `${paintWho(whoRow)} `
    : `${theme.time(time)} ${paintWho(whoRow)}${blanks}  `;
  const bar = own(isNarrow ? "│ " : `${" ".repeat(time.length + nameColumns + 1)}│ `);
  const firstColumns = isNarrow ? columnsOf(whoRow) + 1 : headColumns;
  const room = (taken: number) => Math.max(1, columns - taken - stateColumns - markColumns);
  const texts = lines.flatMap((line, i) =>
    rowsOf(line, i === 0 ? room(firstColumns) : room(bar.length), room(bar.length))
  );
  const last = texts.length - 1;
  for (const [i, text] of texts.entries()) {
    const taken = i === 0 ? firstColumns : bar.length;
    const end = i === last && states[state] !== ""
      ? " ".repeat(Math.max(0, room(taken) - columnsOf(text))) +
        own(states[state].padStart(stateColumns))
      : "";
    rows.push(
      (i === 0 ? head : theme.bar(bar)) + theme.plaintext(mark) + text + theme.state(end),
    );
  }
  return { all: rows, above };
}

/** A text in the middle of a line across the view. */
function ruled(text: string, columns: number): string {
  const left = Math.max(0, Math.floor((columns - columnsOf(text) - 2) / 2));
  const right = Math.max(0, columns - columnsOf(text) - 2 - left);
  return `${"─".repeat(left)} ${text} ${"─".repeat(right)}`;
}
