// What the README files say is true of the programs: their commands, options, sentences, links and rooms.

import { assert, assertEquals } from "@std/assert";
import { dirname, join } from "node:path/posix";
import { Command } from "commander";
import { addClientCommands } from "../../client/ui/cli/cli.ts";
import { runLine } from "../../client/ui/commands/commands.ts";
import { commands } from "../../client/ui/ndjson/commands.ts";
import type { Shown } from "../../client/ui/wording/wording.ts";
import { addServerCommand } from "../../server/cli.ts";
import { FakeSession } from "../support/fake_client.ts";
import { FakeClock } from "../support/fake_clock.ts";
import { withScreens } from "../support/readme_screens.ts";
import { withEventTable } from "../support/readme_tables.ts";
import { root, sourceFiles } from "../support/source_files.ts";

const pages: Record<string, string> = {};
for (const page of ["README.md", "client/README.md", "server/README.md"]) {
  pages[page] = await Deno.readTextFile(root + page);
}
const [first, client, server] = Object.values(pages) as [string, string, string];

/** Everything in a text that one group of a pattern finds, each once and sorted. */
function all(pattern: RegExp, text: string): string[] {
  return [...new Set([...text.matchAll(pattern)].map(([, found]) => found!))].toSorted();
}

/** The table whose first cell is this, as its rows. */
function table(text: string, title: string): string {
  const [found] = new RegExp(String.raw`^\| ${title} +\|.*\n(\|.*\n)+`, "m").exec(text) ?? [];
  assert(found !== undefined, `there is no table ${title}`);
  return found;
}

/** The options of a subcommand and those below it, apart from `--help`. */
function optionsOf(command: Command): string[] {
  return command.options.map(({ long }) => long!).concat(command.commands.flatMap(optionsOf));
}

const program = new Command();
addServerCommand(program);
const startsNone = () => {
  throw new Error("No server is started here");
};
await addClientCommands(program, { startServer: startsNone, serveHere: startsNone });

Deno.test("README.md is short", () => {
  assert(first.trimEnd().split("\n").length <= 150);
});

Deno.test("the tables of options name those that there are, and no others", () => {
  const tables: Record<string, string> = {
    "client": table(client, "client"),
    "history audit": table(client, "history, audit"),
    "send listen": table(client, "option of send, listen"),
    "identity": table(client, "identity"),
    "backup restore": table(client, "backup, restore"),
    "server": table(server, "option"),
  };
  for (const [names, rows] of Object.entries(tables)) {
    const commands = program.commands.filter((command) =>
      names.split(" ").includes(command.name())
    );
    // That mail is kept is the default, which need not be said.
    const options = new Set(commands.flatMap(optionsOf).filter((option) => option !== "--mailbox"));
    assertEquals(
      all(/`(--[a-z-]+)/g, rows),
      [...options].toSorted(),
      names,
    );
  }
});

Deno.test("the table of slash commands names those that there are, and no others", async () => {
  const shown: Shown[] = [];
  const { session } = new FakeSession();
  const show = (answer: Shown) => void shown.push(answer);
  await runLine("/help", { session, show, clock: new FakeClock() });
  const [help] = shown;
  assert(help?.type === "help");
  const usages = help.rows.map(([usage]) => usage.split(" ")[0]!);
  assertEquals(all(/(?:^\| |, )`(\/[a-z]+)/gm, table(client, "command")), usages.toSorted());
});

Deno.test("the tables of keys have the rows that /help keys shows", async () => {
  const { shown, session } = new FakeSession();
  await runLine("/help keys", { session, show: shown.take, clock: new FakeClock() });
  const rows = [...client.matchAll(/^\| key +\| what it does +\|\n(\|.*\n)+/gm)].flatMap((
    [table],
  ) => table.trim().split("\n").slice(2).map((row) => row.split("|").slice(1, 3))).map((
    [keys, what],
  ) => [keys!.replaceAll("`", "").trim(), what!.trim()]);
  const [help] = shown.of("help");
  assertEquals(
    help!.rows.map(([keys, what]) => [keys, what.replace(" (not with --plain)", "")]),
    rows,
  );
});

Deno.test("what the troubleshooting table quotes is said somewhere", async () => {
  const sources = await sourceFiles("client/ui/wording", "shared");
  const sentences = sources.map(({ text }) => text).join("\n");
  const quoted = all(/^\| `([^`]+)` /gm, table(client, "it says"));
  assert(quoted.length > 15);
  assertEquals(quoted.filter((words) => !sentences.includes(words)), []);
});

Deno.test("every link to a file leads there, and to the heading that it names", async () => {
  for (const [page, text] of Object.entries(pages)) {
    for (const link of all(/\]\((?!https:)([^)]+)\)/g, text)) {
      const [path = "", heading] = link.split("#");
      const target = path === "" ? page : join(dirname(page), path);
      const there = await Deno.readTextFile(root + target);
      const headings = all(/^#+ (.*)$/gm, there).map((words) =>
        words.toLowerCase().replaceAll(/[^a-z0-9 -]/g, "").replaceAll(" ", "-")
      );
      assert(heading === undefined || headings.includes(heading), `${page}: ${link}`);
    }
  }
});

Deno.test("the map names every room", async () => {
  const [, map] = /### Map[^]*?```\n([^]*?)```/.exec(first)!;
  const missing = [];
  for (const house of ["client", "client/ui", "server"]) {
    for await (const { name, isDirectory } of Deno.readDir(root + house)) {
      if (isDirectory && !RegExp(`\\b${name}\\b`).test(map!)) missing.push(`${house}/${name}`);
    }
  }
  assertEquals(missing, []);
});

Deno.test("the table of events is the one that the schema makes", () => {
  // A formatter aligns it; that is no difference.
  const bare = (text: string) => text.replaceAll(/[ -]+/g, " ");
  assertEquals(bare(client), bare(withEventTable(client)), "run: deno task readme");
});

Deno.test("the screens are those that the program draws", async () => {
  assertEquals(await withScreens(first, ["first"]), first, "run: deno task readme");
  assertEquals(await withScreens(client, ["wide", "narrow"]), client, "run: deno task readme");
});

Deno.test("the commands of programs are those that there are", () => {
  const rows = all(/^\| `([a-z]+)`/gm, table(client, "do"));
  assertEquals(rows, [...Object.keys(commands), "quit"].toSorted());
});
