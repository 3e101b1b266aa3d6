/**
 * Lines for whatever a program prints on: a file or another program gets them as they are, and a terminal never one
 * that is longer than its row. It would break that by itself, and what continues it could pass for a line of its own.
 *
 * @module
 */

import { rowsOf } from "../text/columns.ts";

/** What is printed on. */
interface Output {
  isTerminal(): boolean;
}

const bar = "  │ ";

/** Columns of a terminal that does not say how many it has, or has fewer than a bar and some text. */
const usualColumns = 80;
const leastColumns = 2 * bar.length;

/**
 * Some lines for an output; on a terminal longer ones are broken, with a bar before what continues them.
 *
 * @param columnsOf How many columns a terminal has.
 */
export function fitted(lines: string, output: Output, columnsOf = terminalColumns): string {
  if (!output.isTerminal()) return lines;
  const columns = columnsOf();
  return lines.split("\n").flatMap((line) =>
    rowsOf(line, columns, columns - bar.length).map((row, i) => i === 0 ? row : bar + row)
  ).join("\n");
}

function terminalColumns(): number {
  try {
    const { columns } = Deno.consoleSize();
    return columns === 0 ? usualColumns : Math.max(columns, leastColumns);
  } catch {
    // Not every terminal says it.
    return usualColumns;
  }
}
