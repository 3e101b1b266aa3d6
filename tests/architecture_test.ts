// The arrows: main -> server, client -> shared. Server and client never meet; the client's core knows no
// user interface; nothing goes in circles, and nothing lies about unused.

import { assert, assertEquals } from "@std/assert";

const root = new URL("..", import.meta.url).pathname;

interface Module {
  readonly specifier: string;
  readonly dependencies?: { code?: { specifier: string }; type?: { specifier: string } }[];
}

/** Imports between the project's own modules, by their paths from the root. */
async function importsFrom(entry: string): Promise<Map<string, string[]>> {
  const { stdout, code } = await new Deno.Command(Deno.execPath(), {
    args: ["info", "--json", entry],
    cwd: root,
    stderr: "inherit",
  }).output();
  assertEquals(code, 0);
  const { modules } = JSON.parse(new TextDecoder().decode(stdout)) as { modules: Module[] };
  const own = (specifier: string | undefined) =>
    specifier?.startsWith(`file://${root}`) && specifier.endsWith(".ts")
      ? specifier.slice(`file://${root}`.length)
      : undefined;
  return new Map(modules.flatMap(({ specifier, dependencies = [] }) => {
    const from = own(specifier);
    if (from === undefined) return [];
    const to = dependencies.map(({ code, type }) => own(code?.specifier ?? type?.specifier));
    return [[from, to.filter((path) => path !== undefined)]];
  }));
}

async function sources(folder: string): Promise<string[]> {
  const found: string[] = [];
  for await (const { name, isDirectory } of Deno.readDir(root + folder)) {
    const path = `${folder}/${name}`;
    if (isDirectory) found.push(...await sources(path));
    else if (name.endsWith(".ts") && !name.endsWith(".d.ts")) found.push(path);
  }
  return found;
}

const imports = await importsFrom("main.ts");

/** Which rooms a room may look into, beside itself. */
const allowed: Record<string, readonly string[]> = {
  "main": ["server", "client", "client/ui", "shared"],
  "server": ["shared"],
  "client/ui": ["client", "shared"],
  "client": ["shared"],
  "shared": [],
};

function roomOf(path: string): string {
  if (path === "main.ts") return "main";
  if (path.startsWith("client/ui/")) return "client/ui";
  return path.split("/")[0]!;
}

Deno.test("every import follows the arrows", () => {
  assert(imports.size > 30, "deno info found too little to judge");
  for (const [from, to] of imports) {
    for (const path of to) {
      const [room, target] = [roomOf(from), roomOf(path)];
      assert(room === target || allowed[room]!.includes(target), `${from} imports ${path}`);
    }
  }
});

Deno.test("no import goes in a circle", () => {
  const done = new Set<string>();
  const visit = (path: string, trail: string[]) => {
    assert(!trail.includes(path), `a circle: ${[...trail, path].join(" -> ")}`);
    if (done.has(path)) return;
    for (const next of imports.get(path) ?? []) visit(next, [...trail, path]);
    done.add(path);
  };
  visit("main.ts", []);
});

Deno.test("every source file is part of the program", async () => {
  const files = (await Promise.all(["server", "client", "shared"].map(sources))).flat();
  for (const file of files) assert(imports.has(file), `nothing imports ${file}`);
});

Deno.test("the top level holds what it is to hold, and nothing else", async () => {
  const expected = ["LICENSE", "README.md", "client", "deno.json", "deno.lock", "main.ts", "server"]
    .concat("shared", "tests");
  // What a build or a package manager leaves is not part of the project.
  const ignored = ["dist", "node_modules"];
  const found = [];
  for await (const { name } of Deno.readDir(root)) {
    if (!name.startsWith(".") && !ignored.includes(name)) found.push(name);
  }
  assertEquals(found.toSorted(), expected.toSorted());
});
