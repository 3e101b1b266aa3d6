/**
 * A table of measurements in Markdown, which stands in a page of the manual.
 *
 * @module
 */

import { assert } from "@std/assert";

/** A table. What its first column is called tells it from the others of a page. */
export class Table {
  readonly #name: string;
  readonly #columns: readonly string[];
  readonly #rows: string[] = [];

  constructor(name: string, columns: readonly string[]) {
    this.#name = name;
    this.#columns = columns;
  }

  add(name: string, cells: readonly string[]): void {
    this.#rows.push(row([name, ...cells]));
  }

  toString(): string {
    const [first, ...others] = this.#columns;
    const align = ["---", first && "---", ...others.map(() => "---:")];
    return [row([this.#name, ...this.#columns]), row(align.map(String)), ...this.#rows].join("\n");
  }

  /** Takes the place of the table of that name in a page. A table without rows was not measured. */
  writeInto(path: string): void {
    if (this.#rows.length === 0) return;
    const lines = Deno.readTextFileSync(path).split("\n");
    const from = lines.findIndex((line) => line.startsWith(`| ${this.#name} `));
    assert(from >= 0, `${path} has no table "${this.#name}"`);
    const length = lines.slice(from).findIndex((line) => !line.startsWith("|"));
    lines.splice(from, length, this.toString());
    Deno.writeTextFileSync(path, lines.join("\n"));
  }
}

function row(cells: readonly string[]): string {
  return `| ${cells.join(" | ")} |`;
}
