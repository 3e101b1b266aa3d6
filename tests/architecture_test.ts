// The layout of the source: rooms with one door each, arrows that lead down only, nothing in circles and
// nothing unused. The rules stand in support/architecture.ts.

import { assert, assertEquals } from "@std/assert";
import { breachesOf } from "./support/architecture.ts";
import { modulesOf } from "./support/modules.ts";
import { root, sourceFiles } from "./support/source_files.ts";

Deno.test("the source keeps every rule of its layout", async () => {
  const sources = await sourceFiles("main.ts", "client", "server", "shared");
  assert(sources.length > 100, "the source was not found");
  assertEquals(breachesOf(modulesOf(sources)), [], "the source breaks rules of its layout");
});

Deno.test("the top level holds what it should, and nothing else", async () => {
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

/**
 * The breaches of a small tree, which keeps all rules as it is.
 *
 * @param changes Files that differ from those of the tree or are added to it.
 */
function tree(changes: Record<string, string> = {}): string[] {
  const files: Record<string, string> = {
    "main.ts": `
      import { serve } from "./server/server.ts";
      const { chat } = await import("./client/ui/cli/cli.ts");
      chat(serve());`,
    "client/events.ts": `
      import type { Address } from "../shared/net/address.ts";
      export type Event = { type: "opened"; from: Address };`,
    "client/client.ts": `
      import { type Link, open } from "./link/link.ts";
      import type { Event } from "./events.ts";
      export function send(): [Link, Event] { return open(); }`,
    "client/link/link.ts": `
      import { dial } from "../transport/transport.ts";
      import { isLegacy } from "./legacy/detect.ts";
      export type { Frame } from "./frames.ts";
      export interface Link { readonly legacy: boolean }
      export function open() { return [{ legacy: isLegacy(dial()) }, { type: "opened" }]; }`,
    "client/link/frames.ts": `
      export interface Frame { readonly bytes: Uint8Array }`,
    "client/link/legacy/detect.ts": `
      import { frame } from "../frame.ts";
      export const isLegacy = (bytes) => bytes !== frame;`,
    "client/link/frame.ts": `export const frame = "\${" + \`}\${"}"}\` + /["/]/.source;`,
    "client/transport/transport.ts": `
      import type { Event } from "../events.ts";
      import { connect } from "./tcp.ts";
      // import { everything } from "../../server/server.ts"; does not count.
      export const dial = (): Event => connect("import { open } from './a.ts'");`,
    "client/transport/tcp.ts": `
      import * as address from "../../shared/net/address.ts";
      export const connect = (text: string) => address.parse(text);`,
    "client/ui/cli/cli.ts": `
      import { send } from "../../client.ts";
      import { show } from "../session.ts";
      import type { Frame } from "../../link/link.ts";
      export async function chat(...frames: Frame[]) { show(send(), frames); }`,
    "client/ui/session.ts": `
      import { sentence } from "./wording/wording.ts";
      export const show = (...args) => sentence(args);`,
    "client/ui/wording/wording.ts": `export const sentence = String;`,
    "server/server.ts": `
      import { limit } from "./limits/limits.ts";
      new Worker(new URL("./connection/connection.ts", import.meta.url));
      export function serve() { return limit; }`,
    "server/connection/connection.ts":
      `import { limit } from "../limits/limits.ts"; console.log(limit);`,
    "server/limits/limits.ts": `export const limit = 5;`,
    "shared/net/address.ts": `
      export interface Address { readonly host: string }
      export function parse(host: string): Address { return { host }; }`,
    ...changes,
  };
  const sources = Object.entries(files).map(([path, text]) => ({ path, text }));
  return breachesOf(modulesOf(sources));
}

Deno.test("a tree that keeps the rules has no breach", () => {
  assertEquals(tree(), []);
});

Deno.test("an import past a door is found", () => {
  assertEquals(
    tree({
      "client/client.ts": `
        import { type Link, open } from "./link/link.ts";
        import type { Frame } from "./link/frames.ts";
        import { isLegacy } from "./link/legacy/detect.ts";
        export const send = (frame: Frame): Link => open(isLegacy(frame));`,
      "client/ui/session.ts": `
        import { sentence } from "./wording/wording.ts";
        const { connect } = await import("../transport/tcp.ts");
        export const show = (...args) => sentence(connect(args));`,
    }),
    [
      "past the door: client/client.ts -> client/link/frames.ts",
      "past the door: client/client.ts -> client/link/legacy/detect.ts",
      "past the door: client/ui/session.ts -> client/transport/tcp.ts",
    ],
  );
});

Deno.test("an import that leads up, sideways or from one house to the other is found", () => {
  const uses = (path: string, name: string) => `import { ${name} } from "${path}"; ${name}();\n`;
  assertEquals(
    tree({
      "client/transport/tcp.ts": uses("../store/store.ts", "store") +
        uses("../../shared/net/address.ts", "parse") + "export const connect = parse;",
      "client/store/store.ts": "export const store = 1;",
      "client/ui/wording/wording.ts": uses("../terminal/terminal.ts", "print") +
        uses("../../../server/server.ts", "serve") + "export const sentence = print;",
      "client/ui/terminal/terminal.ts": "export const print = 1;",
      "shared/net/address.ts": uses("../../client/user_error.ts", "code") +
        "export const parse = code; export type Address = string;",
      "client/user_error.ts": uses("./link/link.ts", "Link") + "export const code = 1;",
      "server/limits/limits.ts": uses("../../client/user_error.ts", "code") +
        "export const limit = code;",
    }).filter((breach) => breach.startsWith("not on a lower floor")),
    [
      "client/transport/tcp.ts -> client/store/store.ts",
      "client/ui/wording/wording.ts -> client/ui/terminal/terminal.ts",
      "client/ui/wording/wording.ts -> server/server.ts",
      "client/user_error.ts -> client/link/link.ts",
      "server/limits/limits.ts -> client/user_error.ts",
      "shared/net/address.ts -> client/user_error.ts",
    ].map((edge) => `not on a lower floor: ${edge}`),
  );
});

Deno.test("a room that has no floor is found", () => {
  assertEquals(
    tree({
      "client/client.ts": `import { tell } from "./gossip/gossip.ts"; export const send = tell;`,
      "client/gossip/gossip.ts": `
        import { Link, open } from "../link/link.ts";
        import type { Event } from "../events.ts";
        export const tell = (link: Link): Event => open(link);`,
    }),
    [
      "not on a lower floor: client/client.ts -> client/gossip/gossip.ts",
      "not on a lower floor: client/gossip/gossip.ts -> client/events.ts",
      "not on a lower floor: client/gossip/gossip.ts -> client/link/link.ts",
      "on no floor: client/gossip",
    ],
  );
});

Deno.test("a circle is found: between files, rooms, and the folders of shared/", () => {
  const found = tree({
    "client/link/frame.ts": `
      import { isLegacy } from "./legacy/detect.ts"; export const frame = () => isLegacy;`,
    "client/events.ts": `
      import type { Address } from "../shared/net/address.ts";
      import type { Link } from "./link/link.ts";
      export type Event = { link: Link; from: Address };`,
    "shared/net/address.ts": `
      import { verb } from "../protocol/verbs.ts";
      export type Address = string;
      export const parse = verb;`,
    "shared/protocol/verbs.ts": `
      import { text } from "./text.ts";
      export const verb = text;`,
    "shared/protocol/text.ts": `
      import { close } from "../net/close.ts";
      export const text = close;`,
    "shared/net/close.ts": `export const close = 1;`,
  });
  assertEquals(
    found.filter((breach) => breach.startsWith("in a circle")),
    [
      // Between files.
      "client/events.ts -> client/link/link.ts",
      "client/link/frame.ts -> client/link/legacy/detect.ts",
      "client/link/legacy/detect.ts -> client/link/frame.ts",
      "client/link/link.ts -> client/transport/transport.ts",
      "client/transport/transport.ts -> client/events.ts",
      // Between rooms.
      "client/events.ts -> client/link",
      "client/link -> client/transport",
      "client/transport -> client/events.ts",
      // Between the folders of shared/.
      "shared/net -> shared/protocol",
      "shared/protocol -> shared/net",
    ].map((edge) => `in a circle: ${edge}`).toSorted(),
  );
  assertEquals(
    tree({
      "client/link/frame.ts":
        `import { frame as own } from "./frame.ts"; export const frame = own;`,
    }),
    ["in a circle: client/link/frame.ts -> client/link/frame.ts"],
  );
});

Deno.test("a file that is no part of the program is found", () => {
  assertEquals(
    tree({
      "shared/text/width.ts": `
        import { height } from "./height.ts"; export const width = height;`,
      "shared/text/height.ts": `
        import { width } from "./width.ts"; export const height = width;`,
    }).filter((breach) => !breach.startsWith("in a circle")),
    ["unused file: shared/text/height.ts", "unused file: shared/text/width.ts"],
  );
});

Deno.test("an export that no other source file uses is found, and no other", () => {
  assertEquals(
    tree({
      "server/limits/limits.ts": `
        export interface Limits { readonly limit: Limit }
        export type Limit = number;
        export type Alone = string;
        export abstract class Counter { count?: Counter; alone?: typeof beside }
        export async function* beside(limits: Limits) { yield limits; }
        export const limit = 5;
        const inside = (alone: Alone) => alone;
        export let last = inside;
        export enum Kind { One }`,
    }),
    ["Alone", "Counter", "Kind", "beside", "last"]
      .map((name) => `unused export: server/limits/limits.ts ${name}`),
  );
  assertEquals(
    tree({
      "client/client.ts": `
        import { open as begin } from "./link/link.ts";
        import { type Link as Line } from "./link/link.ts";
        import type { Event } from "./events.ts";
        export function send(): [Line, Event] { return begin(); }`,
      "client/ui/cli/cli.ts": `
        import { send } from "../../client.ts";
        import { show } from "../session.ts";
        export async function chat(...frames: unknown[]) { show(send(), frames); }`,
    }),
    ["unused export: client/link/link.ts Frame"],
  );
});

Deno.test("what is handed on, other than types by a door, is found", () => {
  assertEquals(
    tree({
      "client/transport/transport.ts": `
        import type { Event } from "../events.ts";
        export { connect as dial } from "./tcp.ts";
        export type Dialled = Event;`,
      "client/link/frame.ts": `
        export type { Limit as frame } from "./frame_limit.ts";
        export * from "./frame_limit.ts";`,
      "client/link/frame_limit.ts": "export type Limit = number;",
      "client/client.ts": `
        export type { Link } from "./link/link.ts";
        export { open as send } from "./link/link.ts";
        export type { Event } from "./events.ts";`,
    }).filter((breach) => breach.startsWith("handed on")),
    [
      "client/client.ts -> client/events.ts",
      "client/client.ts -> client/link/link.ts",
      "client/client.ts -> client/link/link.ts",
      "client/link/frame.ts -> client/link/frame_limit.ts",
      "client/link/frame.ts -> client/link/frame_limit.ts",
      "client/transport/transport.ts -> client/transport/tcp.ts",
    ].map((edge) => `handed on: ${edge}`),
  );
});

Deno.test("a file over 400 lines and a class over 300 are found", () => {
  const filled = (lines: number) => "  // a line\n".repeat(lines);
  const limits = (classLines: number, restLines: number) =>
    `export class limit {\n${filled(classLines - 2)}}\n${filled(restLines)}`;
  const at = (classLines: number, restLines: number) =>
    tree({ "server/limits/limits.ts": limits(classLines, restLines) });
  assertEquals(at(300, 100), []);
  assertEquals(at(300, 101), ["over 400 lines: server/limits/limits.ts"]);
  assertEquals(at(301, 99), ["over 300 lines: server/limits/limits.ts limit"]);
});

/** The modules that are loaded with some of the source, as far as none waits until it is needed. */
async function loadedWith(...paths: string[]): Promise<string[]> {
  return (await loadingOf(...paths)).loaded;
}

/** Those, and which wait. */
async function loadingOf(...paths: string[]) {
  interface Dependency {
    readonly code?: { readonly specifier?: string };
    readonly isDynamic?: boolean;
  }
  const dependencies = new Map<string, readonly Dependency[] | undefined>();
  const loaded = new Set<string>();
  for (const path of paths) {
    const info = await new Deno.Command(Deno.execPath(), {
      args: ["info", "--json", root + path],
      env: { NO_COLOR: "1" },
    }).output();
    const { roots, modules }: {
      readonly roots: readonly string[];
      readonly modules: readonly { specifier: string; dependencies?: readonly Dependency[] }[];
    } = JSON.parse(new TextDecoder().decode(info.stdout));
    for (const module of modules) dependencies.set(module.specifier, module.dependencies);
    for (const specifier of roots) loaded.add(specifier);
  }
  for (const specifier of loaded) {
    for (const { code, isDynamic } of dependencies.get(specifier) ?? []) {
      if (code?.specifier !== undefined && !isDynamic) loaded.add(code.specifier);
    }
  }
  assert(loaded.size > 10, "nothing was found");
  const later = [...loaded].flatMap((from) =>
    (dependencies.get(from) ?? []).filter(({ isDynamic }) => isDynamic)
      .map(({ code }) => code?.specifier ?? `something, in ${from}`)
  );
  return { loaded: [...loaded], later };
}

Deno.test("whoever gives up access to files loads no module behind that", async () => {
  const { loaded, later } = await loadingOf(
    ...["client/ui/cli/client_run.ts", "client/ui/cli/send_command.ts", "server/program.ts"],
    ...["client/ui/screen/screen.ts", "client/ui/script/script.ts", "client/ui/ndjson/ndjson.ts"],
  );
  // What Node has as well is in the runtime.
  assertEquals(later.filter((specifier) => !specifier.startsWith("node:")), []);
  // What the command line says at the end.
  const ends = await loadingOf("main.ts", "client/ui/cli/worded.ts");
  const words = ends.later.filter((specifier) =>
    /\/(?:fitted|file_error|wording|failure_kind)\.ts$/.test(specifier)
  );
  assertEquals(words.length, 4);
  assertEquals(words.filter((specifier) => !loaded.includes(specifier)), []);
});

Deno.test("the command line loads what it needs to parse, and no room of the client but that", async () => {
  const loaded = await loadedWith("main.ts", "client/ui/cli/subcommands.ts", "server/cli.ts");
  // A server starts with all of this, and needs none of it.
  const needless = loaded.filter((specifier) =>
    /\/client\/(?!ui\/cli\/|user_error\.ts$)|\/shared\/crypto\//.test(specifier)
  );
  assertEquals(needless, []);
});

Deno.test("a client that is started by a plain line does without commander", async () => {
  const loaded = await loadedWith(
    ...["main.ts", "client/ui/cli/program.ts", "client/ui/cli/first_run.ts"],
    ...["client/ui/screen/screen.ts", "client/ui/ndjson/ndjson.ts"],
  );
  assertEquals(loaded.filter((specifier) => specifier.includes("commander")), []);
});

Deno.test("the prompt of a client stands before the core, the store and all cryptography are loaded", async () => {
  const loaded = await loadedWith(
    ...["main.ts", "client/ui/cli/program.ts", "client/ui/screen/screen.ts"],
  );
  // What Node has as well, and modules of CommonJS, which need that, take as long as a bare script or longer.
  const needless =
    /\/client\/(?:client\.ts|(?!ui\/)[a-z_]+\/)|^node:|ipaddr|@noble\/ciphers|\/client_run\.ts/;
  assertEquals(loaded.filter((specifier) => needless.test(specifier)), []);
});
