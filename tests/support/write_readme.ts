/**
 * Writes into the READMEs what is made from the source: the table of events, and the screens.
 *
 * @module
 */

import { withScreens } from "./readme_screens.ts";
import { withEventTable } from "./readme_tables.ts";

const root = new URL("../../", import.meta.url);

await rewrite("README.md", (page) => withScreens(page, ["first"]));
await rewrite(
  "client/README.md",
  async (page) => withEventTable(await withScreens(page, ["wide", "narrow"])),
);

async function rewrite(path: string, change: (page: string) => Promise<string>): Promise<void> {
  const url = new URL(path, root);
  await Deno.writeTextFile(url, await change(await Deno.readTextFile(url)));
}
