/**
 * Files that are their owner's alone, and never half written: what is to be in them is written beside them,
 * brought to the disk, and then given their name.
 *
 * @module
 */

import { randomBytes } from "node:crypto";
import { dirname } from "node:path";
import { writeAllSync } from "../../shared/net/write_all.ts";

const isUnix = Deno.build.os !== "windows";

/**
 * Makes a file with all that is to be in it, unless there is one.
 *
 * @returns Whether it was made. Of several that do this at once one gets true.
 * @throws {Error} Where the system does not let it.
 */
export function createPrivateFile(path: string, text: string): boolean {
  return withDraft(path, text, (draft) => {
    try {
      // A link, since renaming would replace what another has put there.
      Deno.linkSync(draft, path);
      return true;
    } catch (error) {
      if (error instanceof Deno.errors.AlreadyExists) return false;
      throw error;
    }
  });
}

/**
 * Puts a file in the place of what is there.
 *
 * @throws {Error} Where the system does not let it; what is there stays.
 */
export function replacePrivateFile(path: string, text: string): void {
  withDraft(path, text, (draft) => Deno.renameSync(draft, path));
}

/**
 * Makes a file where nothing is, in a place of any kind: removable disks often know no links.
 *
 * @throws {Deno.errors.AlreadyExists} Where there is one.
 * @throws {Error} Where the system does not let it; no half of the file stays.
 */
export function writePrivateFile(path: string, text: string): void {
  const file = Deno.openSync(path, { createNew: true, write: true, mode: 0o600 });
  try {
    using _file = file;
    writeAllSync(file, new TextEncoder().encode(text));
    file.syncSync();
  } catch (error) {
    Deno.removeSync(path);
    throw error;
  }
}

function withDraft<T>(path: string, text: string, use: (draft: string) => T): T {
  const draft = `${path}.new-${randomBytes(8).toString("hex")}`;
  writePrivateFile(draft, text);
  try {
    const result = use(draft);
    syncDirectory(dirname(path));
    return result;
  } finally {
    removeIfThere(draft);
  }
}

/** Brings the name to the disk, too. */
function syncDirectory(path: string): void {
  if (!isUnix) return;
  using directory = Deno.openSync(path, { read: true });
  directory.syncSync();
}

function removeIfThere(path: string): void {
  try {
    Deno.removeSync(path);
  } catch (error) {
    if (!(error instanceof Deno.errors.NotFound)) throw error;
  }
}
