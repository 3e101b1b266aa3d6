/**
 * The project's own source files.
 *
 * @module
 */

import type { Source } from "./modules.ts";

/** The top of the project, with a slash at its end. */
export const root = new URL("../..", import.meta.url).pathname;

/** Reads the TypeScript files in folders and their folders, declarations aside; or single files. */
export async function sourceFiles(...paths: string[]): Promise<Source[]> {
  const found = await Promise.all(paths.map(async (path) => {
    if (path.endsWith(".d.ts")) return [];
    if (path.endsWith(".ts")) return [{ path, text: await Deno.readTextFile(root + path) }];
    const inside: string[] = [];
    for await (const { name, isDirectory } of Deno.readDir(root + path)) {
      if (isDirectory || name.endsWith(".ts")) inside.push(`${path}/${name}`);
    }
    return await sourceFiles(...inside);
  }));
  return found.flat().toSorted((a, b) => a.path < b.path ? -1 : 1);
}
