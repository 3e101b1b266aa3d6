/**
 * Files that only their owner can read, and that are never half written: the text is written to a draft beside
 * them, brought to the disk, and then given their name.
 *
 * @module
 */

import { randomBytes } from "node:crypto";
import { dirname } from "node:path";
import { writeAllSync } from "../../shared/net/write_all.ts";

const isUnix = Deno.build.os !== "windows";

/**
 * Makes a file, unless there is one.
 *
 * @returns Whether it was made. If several programs do this at once, one of them gets true.
 * @throws {Error} If the system does not allow it.
 */
export function createPrivateFile(path: string, text: string): boolean {
  return withDraft(path, text, (draft) => {
    try {
      // A link, since renaming would replace what another program has put there.
      Deno.linkSync(draft, path);
      return true;
    } catch (error) {
      if (error instanceof Deno.errors.AlreadyExists) return false;
      throw error;
    }
  });
}

/**
 * Replaces a file.
 *
 * @throws {Error} If the system does not allow it; then the file stays as it was.
 */
export function replacePrivateFile(path: string, text: string): void {
  withDraft(path, text, (draft) => Deno.renameSync(draft, path));
}

/**
 * Makes a file that is not there, on any kind of disk: removable ones often have no links.
 *
 * @throws {Deno.errors.AlreadyExists} If there is one.
 * @throws {Error} If the system does not allow it; no half of the file stays.
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

/** Brings the file's name to the disk, too. */
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
