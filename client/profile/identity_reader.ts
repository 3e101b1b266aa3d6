/**
 * Reading an identity's file from where it is.
 *
 * @module
 */

import { identityFileBytesMax } from "../../shared/protocol/limits.ts";
import { IdentityFailure } from "./identity_failure.ts";
import { decodeIdentity, type IdentityFile } from "./identity_file.ts";

/** Something that bytes can be read from. */
export type Input = Pick<typeof Deno.stdin, "readSync">;

/**
 * Reads an identity's file that must be private.
 *
 * @returns Undefined if there is none.
 * @throws {IdentityFailure} If it is not a file, others can get at it, or it is damaged.
 * @throws {Error} If the system does not allow it.
 */
export function readPrivateIdentity(path: string): IdentityFile | undefined {
  using file = openIfThere(path);
  if (file === undefined) return undefined;
  refuseWrongKind(file);
  return readIdentityFrom(file);
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

function refuseWrongKind(file: Deno.FsFile): void {
  const { isFile, mode } = file.statSync();
  if (!isFile) throw new IdentityFailure({ is: "not-a-file" });
  if (Deno.build.os === "windows" || (mode! & 0o077) === 0) return;
  const octal = (mode! & 0o777).toString(8).padStart(4, "0");
  throw new IdentityFailure({ is: "open-to-others", mode: octal });
}

/** Reads everything, unless it is longer than any identity's file. */
function readText(source: Input): string {
  const bytes = new Uint8Array(identityFileBytesMax + 1);
  let length = 0;
  for (let count; (count = source.readSync(bytes.subarray(length))); length += count);
  if (length > identityFileBytesMax) throw new IdentityFailure({ is: "too-long" });
  return new TextDecoder().decode(bytes.subarray(0, length));
}
