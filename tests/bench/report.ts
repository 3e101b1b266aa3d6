/**
 * What was measured, as a table with notes below.
 *
 * @module
 */

/** One figure, each cell with its unit. */
export interface Row {
  readonly figure: string;
  readonly ours: string;
  readonly baseline?: string;
  readonly ratio?: string;
  /** What the figure is held to, and whether it holds. */
  readonly bar?: { readonly text: string; readonly holds: boolean };
}

/** What a measurement gives. */
export interface Report {
  readonly rows: Row[];
  /** Sentences that one has to know to read the rows. */
  readonly notes: string[];
}

/** Formats a report; of a note that several measurements have, once. */
export function formatReport({ rows, notes }: Report): string {
  const cells = [
    ["figure", "ours", "baseline", "ratio", "bar", "holds"],
    ...rows.map(({ figure, ours, baseline = "", ratio = "", bar }) => [
      figure,
      ours,
      baseline,
      ratio,
      bar?.text ?? "",
      bar === undefined ? "" : bar.holds ? "yes" : "NO",
    ]),
  ];
  const widths = cells[0]!.map((_, column) =>
    Math.max(...cells.map((line) => line[column]!.length))
  );
  const table = rows.length === 0
    ? []
    : cells.map((line) =>
      line.map((cell, column) =>
        column === 0 ? cell.padEnd(widths[column]!) : cell.padStart(widths[column]!)
      ).join("  ").trimEnd()
    );
  return [...table, "", ...new Set(notes)].join("\n") + "\n";
}
