/**
 * Files that only their owner can read, and that are never half written: the text is written to a draft beside
 * them, brought to the disk, and then given their name.
 *
 * @module
 */

import { randomBytes } from "node:crypto";
import { dirname } from "node:path";
import { writeAllSync } from "../net/write_all.ts";

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
  calls: Pick<FileCalls, "link"> = systemCalls,
): boolean {
  return withDraft(path, text, (draft) => nameFile(draft, path, calls));
}

/**
 * Gives a finished file its name, on the same disk, unless there is a file of that name. What it was called
 * before may stay or not. On a disk without links others can see an empty file of that name for a moment.
 *
 * @returns Whether it has the name. If several programs do this at once, one of them gets true.
 * @throws {Error} If the system does not allow it.
 */
export function nameFile(
  draft: string,
  path: string,
  { link }: Pick<FileCalls, "link"> = systemCalls,
): boolean {
  try {
    // A link, since renaming would replace what another program has put there.
    link(draft, path);
  } catch (error) {
    if (isThere(error) || !nameWithoutLink(draft, path)) return false;
  }
  syncDirectory(dirname(path));
  return true;
}

function nameWithoutLink(draft: string, path: string): boolean {
  try {
    Deno.openSync(path, { createNew: true, write: true, mode: 0o600 }).close();
  } catch (error) {
    if (isThere(error)) return false;
    throw error;
  }
  try {
    // It replaces an empty file that is ours.
    Deno.renameSync(draft, path);
    return true;
  } catch (error) {
    Deno.removeSync(path);
    throw error;
  }
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
  withDraft(path, text, (draft) => replaceFile(draft, path));
}

/**
 * Gives a finished file the name of another, on the same disk, which it replaces if there is one.
 *
 * @throws {Error} If the system does not allow it; then both files stay as they were.
 */
export function replaceFile(draft: string, path: string): void {
  Deno.renameSync(draft, path);
  syncDirectory(dirname(path));
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
    return use(draft);
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
