/**
 * Reading an identity's file from where it is.
 *
 * @module
 */

import { identityFileBytesMax } from "../../shared/protocol/limits.ts";
import { pause } from "../../shared/time/pause.ts";
import { IdentityFailure } from "./identity_failure.ts";
import { decodeIdentity, type IdentityFile } from "./identity_file.ts";
import { type FileCalls, systemCalls } from "../../shared/storage/private_file.ts";

/** Something that bytes can be read from. */
export type Input = Pick<typeof Deno.stdin, "readSync">;

/** An identity's file, and whether others can get at it. */
export interface PrivateIdentity {
  readonly file: IdentityFile;
  /** Its mode, such as `0755`, if others can get at it and that cannot be changed: the disk has no modes. */
  readonly exposedMode?: string;
}

/** How long a file may be empty before it counts as damaged, in milliseconds. */
const emptyMs = 2_000;

/**
 * Reads an identity's file that must be private.
 *
 * @returns Undefined if there is none.
 * @throws {IdentityFailure} If it is not a file, others can get at it and that can be changed, or it is damaged.
 * @throws {Error} If the system does not allow it.
 */
export function readPrivateIdentity(
  path: string,
  { chmod }: Pick<FileCalls, "chmod"> = systemCalls,
): PrivateIdentity | undefined {
  using file = openIfThere(path);
  if (file === undefined) return undefined;
  const { isFile, mode } = file.statSync();
  if (!isFile) throw new IdentityFailure({ is: "not-a-file" });
  const exposed = isOpenToOthers(mode) ? octal(mode!) : undefined;
  if (exposed !== undefined && canBeChanged(path, mode!, chmod)) {
    throw new IdentityFailure({ is: "open-to-others", mode: exposed });
  }
  waitWhileEmpty(file);
  return { file: readIdentityFrom(file), ...exposed !== undefined && { exposedMode: exposed } };
}

/** Without links a file is made first and filled then, which another program may be about to do. */
function waitWhileEmpty(file: Deno.FsFile): void {
  const giveUpAt = performance.now() + emptyMs;
  while (file.statSync().size === 0 && performance.now() < giveUpAt) pause(10);
}

function isOpenToOthers(mode: number | null): boolean {
  return Deno.build.os !== "windows" && (mode! & 0o077) !== 0;
}

/** Whether the mode of a file that others can get at can be another one. It stays as it is. */
function canBeChanged(path: string, mode: number, chmod: FileCalls["chmod"]): boolean {
  try {
    chmod(path, 0o600);
    // Some disks take it without a word.
    if (isOpenToOthers(Deno.statSync(path).mode)) return false;
    // Only the user can say whether others have read it already.
    chmod(path, mode & 0o7777);
    return true;
  } catch {
    return false;
  }
}

function octal(mode: number): string {
  return (mode & 0o777).toString(8).padStart(4, "0");
}

/**
 * Reads an identity.
 *
 * @throws {IdentityFailure} If there is none, or a damaged one.
 * @throws {Error} If the system does not allow it.
 */
export function readIdentityFrom(source: Input): IdentityFile {
  return decodeIdentity(readText(source));
}

function openIfThere(path: string): Deno.FsFile | undefined {
  try {
    return Deno.openSync(path, { read: true });
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) return undefined;
    throw error;
  }
}

/** Reads everything, unless it is longer than any identity's file. */
function readText(source: Input): string {
  const bytes = new Uint8Array(identityFileBytesMax + 1);
  let length = 0;
  for (let count; (count = source.readSync(bytes.subarray(length))); length += count);
  if (length > identityFileBytesMax) throw new IdentityFailure({ is: "too-long" });
  return new TextDecoder().decode(bytes.subarray(0, length));
}
