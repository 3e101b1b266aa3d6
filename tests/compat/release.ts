/**
 * Version 0.3.0 of the program, as it stands in the history.
 *
 * @module
 */

import { temporaryDirectory } from "../support/places.ts";
import { type Build, buildIn } from "../support/program.ts";
import { root } from "../support/source_files.ts";

/** The commit that is version 0.3.0. */
const commit = "d54fe45";

/** Whether the history is there. A shallow clone has none, and these tests are skipped. */
export const hasRelease = await git("cat-file", "-e", `${commit}^{commit}`);

/** What the name of a test that needs the history says if it is skipped. */
export const unlessSkipped = hasRelease ? "" : ` (skipped: ${commit} is not in the history)`;

/** Version 0.3.0, until the tests of the file that asks for it are done. */
export const release: Build | undefined = hasRelease ? await unpack() : undefined;

async function unpack(): Promise<Build> {
  const place = temporaryDirectory();
  addEventListener("unload", () => place[Symbol.dispose]());
  const archive = `${place.path}/p2pchat.tar`;
  const done = await git("archive", "--output", archive, commit) &&
    await run("tar", "--extract", "--file", archive, "--directory", place.path);
  if (!done) throw new Error(`Cannot take ${commit} out of the history`);
  return { ...await buildIn(place.path), name: "0.3.0" };
}

function git(...args: string[]): Promise<boolean> {
  return run("git", "-C", root, ...args);
}

async function run(command: string, ...args: string[]): Promise<boolean> {
  try {
    return (await new Deno.Command(command, { args, stderr: "null" }).output()).success;
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) return false;
    throw error;
  }
}
