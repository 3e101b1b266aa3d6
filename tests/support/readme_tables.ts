/**
 * The table of events in client/README.md, which is made from the schema of what `client --json` prints.
 * `deno task readme` writes it.
 *
 * @module
 */

import schema from "../../client/ui/ndjson/schema.json" with { type: "json" };

const begin = "<!-- The table of events is made from schema.json: deno task readme -->\n";
const end = "<!-- The end of the table of events -->";

interface Described {
  readonly description?: string;
  readonly properties: Record<string, { readonly const?: unknown }>;
  readonly required: readonly string[];
}

/** The README with the table as the schema has it. @throws {Error} If it has no place for it. */
export function withEventTable(readme: string): string {
  const [from, to] = [readme.indexOf(begin), readme.indexOf(end)];
  if (from < 0 || to < from) {
    throw new Error("client/README.md has no place for the table of events");
  }
  return `${readme.slice(0, from + begin.length)}\n${eventTable()}\n${readme.slice(to)}`;
}

function eventTable(): string {
  const rows = (schema.oneOf as unknown as Described[]).map((event) => {
    const { properties, required, description = "" } = event;
    const fields = Object.keys(properties).filter((name) => !["event", "at"].includes(name))
      .map((name) => required.includes(name) ? `\`${name}\`` : `[\`${name}\`]`);
    return [`\`${properties["event"]!.const}\``, fields.join(", "), description];
  });
  const all = [
    ["event", "fields; in brackets those that may be left out", "what it says"],
    ...rows,
  ];
  const widths = [0, 1, 2].map((i) => Math.max(...all.map((row) => row[i]!.length)));
  const line = (row: readonly string[]) =>
    `| ${row.map((cell, i) => cell.padEnd(widths[i]!)).join(" | ")} |\n`;
  const [head, ...body] = all;
  return line(head!) + line(widths.map((width) => "-".repeat(width))) + body.map(line).join("");
}
