/**
 * What is shown, as lines of a terminal with their colours.
 *
 * @module
 */

import { bold, cyan, dim, red, yellow } from "@std/fmt/colors";
import { type HistoryRow, type Shown, wordingOf } from "../wording/wording.ts";

/** The lines of something, as people read them. */
export function terminalLines(shown: Shown, now: Date): string[] {
  // Only a delivery that the user waits for is worth a line; it comes as `arrived`.
  if (shown.type === "delivered") return [];
  const { tone, name, mark, time = "", lines, rows = [] } = wordingOf(shown, now);
  switch (tone) {
    case "message": {
      // Further lines are indented, so that none can pass for what somebody else said.
      const indent = " ".repeat(time.length + 1);
      const marked = mark === undefined ? "" : ` ${yellow(mark)}`;
      return lines.map((line, i) =>
        i === 0
          ? `${dim(time)} ${bold(cyan(name!))}${marked}: ${line}`
          : `${indent}${dim("│")}${marked} ${line}`
      );
    }
    case "notice":
      return lines.map((line) => dim(`* ${line}`));
    case "list":
      return [...lines];
    case "history":
      return [...lines, ...rows.flatMap(rowLines)];
    case "problem":
      return lines.map((line) => red(`! ${line}`));
  }
}

function rowLines({ above, below, time, who, state, plaintext, lines }: HistoryRow): string[] {
  const column = (text: string) => text === "" ? "" : `${text}  `;
  const [first = "", ...further] = lines;
  const shade = plaintext ? yellow : dim;
  // In the column of the names, which no name looks like.
  const bar = dim("│".padEnd(who.length));
  const marked = column(plaintext ? yellow(state) : " ".repeat(state.length));
  return [
    ...above === undefined ? [] : [`  ${dim(above)}`],
    `  ${dim(time)}  ${who}  ${column(state && shade(state))}${first}`,
    ...further.map((line) => `  ${" ".repeat(time.length)}  ${bar}  ${marked}${line}`),
    ...below === undefined ? [] : [`  ${dim(below)}`],
  ];
}
