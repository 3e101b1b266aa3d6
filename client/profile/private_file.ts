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

/** Calls of the system that not every disk knows: memory sticks often have neither links nor modes. */
export interface FileCalls {
  /** Gives a file a second name. Throws `AlreadyExists` if there is a file of that name. */
  readonly link: (path: string, other: string) => void;
  readonly chmod: (path: string, mode: number) => void;
}

/** The calls of this system. */
export const systemCalls: FileCalls = { link: Deno.linkSync, chmod: Deno.chmodSync };

/**
 * Makes a file, unless there is one. On a disk without links others can see it empty for a moment.
 *
 * @returns Whether it was made. If several programs do this at once, one of them gets true.
 * @throws {Error} If the system does not allow it.
 */
export function createPrivateFile(
  path: string,
  text: string,
  { link }: Pick<FileCalls, "link"> = systemCalls,
): boolean {
  const isMade = withDraft(path, text, (draft) => {
    try {
      // A link, since renaming would replace what another program has put there.
      link(draft, path);
      return true;
    } catch (error) {
      return isThere(error) ? false : undefined;
    }
  });
  return isMade ?? createWithoutLink(path, text);
}

function createWithoutLink(path: string, text: string): boolean {
  try {
    writePrivateFile(path, text);
  } catch (error) {
    if (isThere(error)) return false;
    throw error;
  }
  syncDirectory(dirname(path));
  return true;
}

/**
 * Gives a file a second name that is free, beside its own; on a disk without links the name is a copy's.
 *
 * @returns The name.
 * @throws {Error} If the system does not allow it.
 */
export function keepBeside(path: string, { link }: Pick<FileCalls, "link"> = systemCalls): string {
  for (let n = 1;; n++) {
    const beside = `${path}.old-${n}`;
    try {
      linkOrCopy(path, beside, link);
      return beside;
    } catch (error) {
      if (!isThere(error)) throw error;
    }
  }
}

function linkOrCopy(path: string, other: string, link: FileCalls["link"]): void {
  try {
    link(path, other);
  } catch (error) {
    if (isThere(error)) throw error;
    writePrivateFile(other, Deno.readFileSync(path));
  }
}

function isThere(error: unknown): boolean {
  return error instanceof Deno.errors.AlreadyExists;
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
export function writePrivateFile(path: string, content: string | Uint8Array): void {
  const bytes = typeof content === "string" ? new TextEncoder().encode(content) : content;
  const file = Deno.openSync(path, { createNew: true, write: true, mode: 0o600 });
  try {
    using _file = file;
    writeAllSync(file, bytes);
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
