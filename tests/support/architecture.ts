/**
 * The rules that the layout of the source keeps. Each rule looks at a list of modules, so that a test can try
 * it on a small made-up tree, and returns a line for each breach.
 *
 * @module
 */

import { basename, dirname } from "node:path/posix";
import type { Module } from "./modules.ts";

/**
 * The floors of the client, from the ground up, and those of the server. A room may import rooms on lower
 * floors and files of `shared/`; it imports no room on its own floor.
 *
 * `client`, `client/ui` and `server` stand for the files that lie loose in these folders. The room
 * `client/conversations` is named for the list of conversations: that is what other rooms ask, so its file is
 * the door, and one conversation is a part behind it.
 */
export const floors: readonly (readonly (readonly string[])[])[] = [
  [
    ["client/store", "client/transport"],
    ["client/link", "client/profile", "client/rendezvous", "client/trust"],
    ["client/backup", "client/mailbox"],
    ["client/servers"],
    ["client/connector"],
    ["client/audit", "client/delivery", "client/doctor"],
    ["client/conversations", "client/local_control"],
    ["client"],
    ["client/ui/wording"],
    ["client/ui"],
    ["client/ui/commands"],
    ["client/ui/ndjson", "client/ui/script", "client/ui/terminal"],
    ["client/ui/screen"],
    ["client/ui/cli"],
    ["main.ts"],
  ],
  [
    [
      "server/certificate",
      "server/checked_time",
      "server/limits",
      "server/realm",
      "server/status",
    ],
    [
      "server/contacts",
      "server/fairness",
      "server/mailbox",
      "server/names",
      "server/registry",
      "server/relay",
      "server/reflector",
    ],
    ["server/presence"],
    ["server/handlers"],
    ["server/connection"],
    ["server/tls"],
    ["server"],
    ["main.ts"],
  ],
];

/**
 * What no room owns: every room of the client may import these, and they import no room. Of a folder each file
 * may be imported.
 */
export const leaves: readonly string[] = [
  "client/events.ts",
  "client/problems",
  "client/unsealed_profile.ts",
  "client/user_error.ts",
];

/** Folders whose files are imported singly. Those of `shared/` are ground; the others are floors. */
const withoutDoor = ["main.ts", "client", "client/ui", "server"];

const maxFileLines = 400;
const maxClassLines = 300;

/** Every breach of every rule, sorted. */
export function breachesOf(modules: readonly Module[]): string[] {
  return rules.flatMap((rule) => rule(modules)).toSorted();
}

const rules: readonly ((modules: readonly Module[]) => string[])[] = [
  doorBreaches,
  floorBreaches,
  circles,
  unusedFiles,
  unusedExports,
  reexports,
  lengths,
];

/** The room of a file: a folder, a floor, the file itself if it is a leaf, or `shared`. */
function roomOf(path: string): string {
  if (leaves.includes(path) || !path.includes("/")) return path;
  const [top, ...folders] = dirname(path).split("/");
  if (top === "shared") return top;
  const depth = folders[0] === "ui" ? 2 : 1;
  return [top, ...folders.slice(0, depth)].join("/");
}

/** The file that other rooms may import; undefined if they may import each. */
function doorOf(room: string): string | undefined {
  if (room === "shared" || withoutDoor.includes(room) || leaves.includes(room)) return undefined;
  return `${room}/${basename(room)}.ts`;
}

/** All imports that leave a room. */
function crossings(modules: readonly Module[]) {
  return modules.flatMap(({ path: from, imports }) =>
    imports.map(({ path: to }) => ({ from, to, room: roomOf(from), target: roomOf(to) }))
      .filter(({ room, target }) => room !== target)
  );
}

/** From outside a room only the file that bears its name is imported. */
function doorBreaches(modules: readonly Module[]): string[] {
  return crossings(modules)
    .filter(({ to, target }) => (doorOf(target) ?? to) !== to)
    .map(({ from, to }) => `past the door: ${from} -> ${to}`);
}

/** A room imports rooms on lower floors only. */
function floorBreaches(modules: readonly Module[]): string[] {
  const breaches = crossings(modules)
    .filter(({ room, target }) => !isBelow(target, room))
    .map(({ from, to }) => `not on a lower floor: ${from} -> ${to}`);
  const known = [...floors.flat(2), ...leaves, "shared"];
  const unknown = modules.map(({ path }) => roomOf(path)).filter((room) => !known.includes(room));
  return [...breaches, ...new Set(unknown.map((room) => `on no floor: ${room}`))];
}

function isBelow(target: string, room: string): boolean {
  if (target === "shared") return true;
  if (leaves.includes(target)) return leaves.includes(room) || isOn(0, room);
  return floors.some((house) => {
    const [above, below] = [room, target].map((one) => house.findIndex((on) => on.includes(one)));
    return below !== -1 && below! < above!;
  });
}

/** Whether a room is in the client's house, which is the first, or in the server's. */
function isOn(house: number, room: string): boolean {
  return floors[house]!.some((rooms) => rooms.includes(room));
}

/** No circle of imports: between files, between rooms, between the folders of `shared/`. */
function circles(modules: readonly Module[]): string[] {
  const folderOf = (path: string) => path.startsWith("shared/") ? dirname(path) : roomOf(path);
  const files = new Set<string>();
  const folders = new Set<string>();
  for (const { path: from, imports } of modules) {
    for (const { path: to } of imports) {
      files.add(`${from} -> ${to}`);
      if (folderOf(from) !== folderOf(to)) folders.add(`${folderOf(from)} -> ${folderOf(to)}`);
    }
  }
  return [...inCircles(files), ...inCircles(folders)].map((edge) => `in a circle: ${edge}`);
}

/** The edges from whose end a way leads back to their beginning. */
function inCircles(edges: ReadonlySet<string>): string[] {
  const next = Map.groupBy([...edges].map((edge) => edge.split(" -> ")), ([from]) => from!);
  const reach = (from: string, found = new Set<string>()): Set<string> => {
    for (const [, to] of next.get(from) ?? []) {
      if (!found.has(to!)) reach(to!, found.add(to!));
    }
    return found;
  };
  return [...edges].filter((edge) => {
    const [from, to] = edge.split(" -> ");
    return from === to || reach(to!).has(from!);
  });
}

/** Every file is part of the program. */
function unusedFiles(modules: readonly Module[]): string[] {
  const byPath = new Map(modules.map((module) => [module.path, module]));
  const used = new Set(["main.ts"]);
  for (const path of used) for (const { path: to } of byPath.get(path)?.imports ?? []) used.add(to);
  return [...byPath.keys()].filter((path) => !used.has(path)).map((path) => `unused file: ${path}`);
}

/**
 * Every export is imported by another file of the source. A type need not be if another export of its file
 * mentions it: it says what that one takes or gives, and its callers need not write its name.
 */
function unusedExports(modules: readonly Module[]): string[] {
  const used = new Set(
    modules.flatMap(({ imports }) =>
      imports.flatMap(({ path, names }) => names.map((name) => `${path} ${name}`))
    ),
  );
  return modules.flatMap(({ path, exports, mentionedTypes }) =>
    exports.filter((name) => !mentionedTypes.includes(name))
      .filter((name) => !used.has(`${path} ${name}`) && !used.has(`${path} *`))
      .map((name) => `unused export: ${path} ${name}`)
  );
}

/** Only types are handed on, and only by doors. */
function reexports(modules: readonly Module[]): string[] {
  return modules.flatMap(({ path, imports }) =>
    imports.filter(({ reexports }) =>
      reexports === "values" || reexports === "types" && doorOf(roomOf(path)) !== path
    ).map(({ path: to }) => `handed on: ${path} -> ${to}`)
  );
}

function lengths(modules: readonly Module[]): string[] {
  return modules.flatMap(({ path, lines, classes }) => [
    ...lines > maxFileLines ? [`over ${maxFileLines} lines: ${path}`] : [],
    ...classes.filter(({ lines }) => lines > maxClassLines)
      .map(({ name }) => `over ${maxClassLines} lines: ${path} ${name}`),
  ]);
}
