/**
 * Errors of the file system, in words for people.
 *
 * @module
 */

import { systemReason } from "./system_error.ts";

/** Gives the reason of an error and what to do about it, as the end of a sentence that names the file. */
export function fileReason(error: unknown): string {
  if (error instanceof Deno.errors.NotCapable) return notAllowed;
  const code = error instanceof Error && "code" in error ? String(error.code) : "";
  return reasons[code] ?? systemReason(error);
}

/** What Deno keeps from a program that it has not been asked to trust in all things: `/dev`, `/proc`, `/sys`. */
const notAllowed = "the program may use nothing there; name another place";

const reasons: Readonly<Record<string, string>> = {
  EACCES: "this user may not do that; change the permissions, or name another place",
  EDQUOT: "no more may be kept there; make room, and try again",
  EEXIST: "a file of that name is in the way; name another place",
  EISDIR: "that is a directory; name a file",
  ELOOP: "a link there leads nowhere, or in a circle; correct it",
  EMFILE: "too many files are open; raise ulimit -n, and try again",
  ENFILE: "too many files are open on this machine; end other programs, and try again",
  ENOENT: "there is no such file or directory",
  ENOSPC: "the disk is full; make room, and try again",
  ENOTDIR: "a part of that path is a file and no directory; name another place",
  EPERM: "this user may not do that; change the permissions, or name another place",
  EROFS: "that place is read-only; name another",
};
