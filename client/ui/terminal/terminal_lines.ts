/**
 * What is shown, as rows of a terminal with their colours.
 *
 * The terminal itself never breaks a line: what stands at the beginning of a row is this program's own, and what
 * continues a line has a bar before it. Otherwise somebody could write a message that fills a row with blanks, and
 * goes on as what somebody else seems to say.
 *
 * @module
 */

import { columnsOf, rowsOf } from "../../../shared/text/columns.ts";
import { type Theme, themes } from "../theme.ts";
import { type HistoryRow, type Shown, viewWords, wordingOf } from "../wording/wording.ts";

/** A line, which can be longer than a row. */
interface Line {
  /** What stands before the text, and how it is coloured. */
  readonly head: string;
  readonly paintHead?: (head: string) => string;
  readonly text: string;
  readonly paint?: (text: string) => string;
  /** What stands before the text of further rows instead: a bar, in its column. */
  readonly bar: string;
  /** What marks each of these behind the bar. */
  readonly mark?: string;
}

/** Columns that the text of a row has at least; what leaves it fewer is left out before it. */
const leastTextColumns = 12;

/** A terminal that is narrower, or does not say how wide it is, is taken for one of these. */
const leastColumns = 4;
const usualColumns = 80;
/** One that is narrower has no column for the times of what is no message. */
const leastTimedColumns = 40;

/**
 * The rows of something, as people read them.
 *
 * @param columns How wide the terminal is; 0 if it does not say so.
 * @param isTimed Whether what is no message has the time before it, as those have.
 */
export function terminalLines(
  shown: Shown,
  now: Date,
  columns = usualColumns,
  theme = themes.none,
  isTimed = false,
): string[] {
  // Only a delivery that the user waits for is worth a line; it comes as `arrived`.
  if (shown.type === "delivered") return [];
  const width = columns === 0 ? usualColumns : Math.max(columns, leastColumns);
  const time = isTimed && width >= leastTimedColumns ? `${viewWords.time(now.getTime())} ` : "";
  return linesOf(shown, now, theme, time).flatMap((line) => rowsOfLine(line, width, theme));
}

/** @param noticeTime Stands before what is no message. */
function linesOf(shown: Shown, now: Date, theme: Theme, noticeTime: string): Line[] {
  const { tone, name, mark, action, time = "", lines, rows = [], numbered } = wordingOf(shown, now);
  switch (tone) {
    case "message": {
      const who = action?.who ?? name!;
      return messageLines(`${time} ${who}`, `${theme.time(time)} ${theme.peer(who)}`, {
        bar: `${" ".repeat(time.length + 1)}│ `,
        sign: action === undefined ? ":" : "",
        mark,
        lines: action?.lines ?? lines,
        theme,
      });
    }
    case "notice":
      // A star behind a time is what somebody says of themselves.
      return noticeLines(lines, noticeTime, noticeTime === "" ? "* " : "-!- ", theme, "notice");
    case "list":
      return lines.map(listLine);
    case "history":
      return [
        ...lines.map(listLine),
        ...(numbered === undefined ? rows : withNumbers(rows)).flatMap((row) =>
          historyLines(row, theme)
        ),
        ...numbered === undefined ? [] : [{ ...listLine(`  ${numbered}`), paint: theme.notice }],
      ];
    case "problem":
      return noticeLines(lines, noticeTime, "! ", theme, "problem");
  }
}

/** The lines of what is no message: the first of them has the time. */
function noticeLines(
  lines: readonly string[],
  time: string,
  sign: string,
  theme: Theme,
  tone: "notice" | "problem",
): Line[] {
  const paint = theme[tone];
  const blanks = " ".repeat(time.length);
  return lines.map((text, i) => {
    const before = i === 0 ? time : blanks;
    return {
      head: before + sign,
      paintHead: () => (time === "" ? "" : theme.time(before)) + paint(sign),
      text,
      paint,
      bar: `${blanks}${" ".repeat(sign.length)}│ `,
    };
  });
}

/** The rows of a history with their numbers before them, in a column of their own. */
function withNumbers(rows: readonly HistoryRow[]): HistoryRow[] {
  const width = String(rows.length).length;
  return rows.map((row, i) => ({
    ...row,
    time: `${String(i + 1).padStart(width)}  ${row.time}`,
  }));
}

/** The lines of a message: further ones are marked as its rows are, so that none can pass for another message. */
function messageLines(
  who: string,
  paintedWho: string,
  { bar, sign, mark, lines, theme }: {
    bar: string;
    /** What stands between the author and the text. */
    sign: string;
    mark: string | undefined;
    lines: readonly string[];
    theme: Theme;
  },
): Line[] {
  const [before, behind] = mark === undefined ? ["", ""] : [` ${mark}`, `${mark} `];
  return lines.map((text, i) => ({
    head: i === 0 ? `${who}${before}${sign} ` : bar + behind,
    paintHead: () =>
      i === 0
        ? `${paintedWho}${theme.plaintext(before)}${sign} `
        : theme.bar(bar) + theme.plaintext(behind),
    text,
    bar,
    mark: behind,
  }));
}

function listLine(line: string): Line {
  const head = /^ */.exec(line)![0];
  return { head, text: line.slice(head.length), bar: `${head}│ ` };
}

function historyLines(
  { above, below, time, who, state, plaintext, lines }: HistoryRow,
  theme: Theme,
): Line[] {
  const stateColumn = state === "" ? "" : `${state}  `;
  const mark = plaintext ? stateColumn : "";
  const shade = plaintext ? theme.plaintext : theme.state;
  // In the column of the names, which no name looks like.
  const bar = `  ${" ".repeat(time.length)}  ${"│".padEnd(who.length)}  ${
    plaintext ? "" : " ".repeat(stateColumn.length)
  }`;
  const change = (text: string): Line => ({ ...listLine(`  ${text}`), paint: theme.otherKey });
  return [
    ...above === undefined ? [] : [change(above)],
    ...lines.map((text, i) => ({
      head: i === 0 ? `  ${time}  ${who}  ${stateColumn}` : bar + mark,
      paintHead: () =>
        i === 0
          ? `  ${theme.time(time)}  ${who}  ${shade(stateColumn)}`
          : theme.bar(bar) + theme.plaintext(mark),
      text,
      bar,
      mark,
    })),
    ...below === undefined ? [] : [change(below)],
  ];
}

function rowsOfLine(line: Line, width: number, theme: Theme): string[] {
  const { head, paintHead, text, paint = plain, mark = "" } = line;
  // In a narrow terminal the text counts more than that it stands in its column.
  const bar = width - columnsOf(line.bar + mark) >= leastTextColumns ? line.bar : "│ ";
  const next = columnsOf(bar + mark);
  const rows = rowsOf(head + text, width, Math.max(width - next, 1), head.length);
  return rows.map((row, i) => {
    if (i > 0) return theme.bar(bar) + theme.plaintext(mark) + paint(row);
    return row.startsWith(head) && paintHead !== undefined
      ? paintHead(head) + paint(row.slice(head.length))
      : paint(row);
  });
}

function plain(text: string): string {
  return text;
}
