/**
 * Copies of the source in which one rule is broken, so that a test can be seen to find that.
 *
 * @module
 */

import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { temporaryDirectory } from "./places.ts";
import { root } from "./source_files.ts";

/** A rule, and what stands in its place. */
export interface Mutation {
  /** The file, from the top. */
  readonly path: string;
  /** What stands there once, and does not any more. */
  readonly rule: string;
  readonly instead: string;
}

/** What the simulation is made of. */
const copied = ["client", "server", "shared", "tests/simulation", "tests/support"];

/** A copy of the source. Disposing of it deletes it. */
export interface MutatedSource extends Disposable {
  /** Imports a module of it. */
  load(path: string): Promise<Record<string, unknown>>;
}

/**
 * The text of a file in which a rule is broken.
 *
 * @throws {TypeError} If the rule does not stand there any more, or more than once.
 */
export async function mutatedText({ path, rule, instead }: Mutation): Promise<string> {
  const text = await Deno.readTextFile(join(root, path));
  if (text.split(rule).length !== 2) {
    throw new TypeError(`This has to stand in ${path} once, to be broken: ${rule}`);
  }
  return text.replace(rule, () => instead);
}

/**
 * Copies the source, with one rule broken.
 *
 * @throws {TypeError} If the rule does not stand there any more, or more than once.
 */
export async function mutatedSource(mutation: Mutation): Promise<MutatedSource> {
  const mutated = await mutatedText(mutation);
  const directory = temporaryDirectory();
  for (const folder of copied) await copy(folder, directory.path);
  await Deno.copyFile(join(root, "deno.json"), join(directory.path, "deno.json"));
  await Deno.writeTextFile(join(directory.path, mutation.path), mutated);
  return {
    load: (path) => import(pathToFileURL(join(directory.path, path)).href),
    [Symbol.dispose]: () => directory[Symbol.dispose](),
  };
}

async function copy(folder: string, to: string): Promise<void> {
  await Deno.mkdir(join(to, folder), { recursive: true });
  for await (const { name, isDirectory } of Deno.readDir(join(root, folder))) {
    const path = join(folder, name);
    if (isDirectory) await copy(path, to);
    else await Deno.copyFile(join(root, path), join(to, path));
  }
}
