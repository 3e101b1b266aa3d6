/**
 * Whether files and directories are their user's own. What others own, or may write, they can have put there: an
 * identity that they know, or a store that says what they like.
 *
 * A link counts as what it leads to.
 *
 * @module
 */

import { join } from "node:path";
import { makeVisible } from "../text/visible.ts";
import { type FileCalls, systemCalls } from "./private_file.ts";

/** Something is not its user's own. The message is the end of a sentence that says what was tried. */
class NotOwnError extends Error {
  override readonly name = "NotOwnError";
}

/** The user that a program runs as, and their group. */
interface User {
  readonly uid: number;
  readonly gid: number;
}

/**
 * Makes sure that a directory is its user's own, and what is in it. What is missing is nobody else's. On Windows, on
 * disks without modes, and where nothing can be written, there is nothing to find out.
 *
 * @param names Of files in it.
 * @throws {NotOwnError} If somebody else owns one of them, or others may write to it and that can be changed.
 */
export function requireOwn(
  directory: string,
  names: readonly string[],
  { chmod }: Pick<FileCalls, "chmod"> = systemCalls,
): void {
  const user = userIn(directory);
  if (user === undefined) return;
  for (const path of [directory, ...names.map((name) => join(directory, name))]) {
    const found = statIfThere(path);
    if (found === undefined) continue;
    const { uid, gid, mode } = found;
    const shown = `'${makeVisible(path)}'`;
    if (uid !== user.uid) {
      throw new NotOwnError(
        `${shown} belongs to another user, who can change what is in it; name another place, or make it your own ` +
          "with chown",
      );
    }
    // A group of one's own is that of the user alone on most systems, and the default of some lets it write.
    const shared = gid === user.gid ? 0o002 : 0o022;
    if ((mode! & shared) !== 0 && canBeChanged(path, mode!, chmod)) {
      throw new NotOwnError(
        `others may write to ${shown}, and may have changed it; if they have not, ` +
          `chmod go-w ${shown} makes it your own again`,
      );
    }
  }
}

let known: User | undefined;

/**
 * Who the program runs as: the owner of a file that it makes. To ask the system takes a permission of its own.
 *
 * @returns Undefined if that cannot be found out.
 */
function userIn(directory: string): User | undefined {
  if (known !== undefined || Deno.build.os === "windows") return known;
  try {
    const probe = Deno.makeTempFileSync({ dir: directory, prefix: ".own-" });
    try {
      const { uid, gid } = Deno.statSync(probe);
      if (uid !== null && gid !== null) known = { uid, gid };
    } finally {
      Deno.removeSync(probe);
    }
  } catch {
    // Nothing can be written there.
  }
  return known;
}

function statIfThere(path: string): Deno.FileInfo | undefined {
  try {
    return Deno.statSync(path);
  } catch {
    // If it is there and cannot be seen, opening it says why.
    return undefined;
  }
}

/** Whether others can be kept from writing. The mode stays as it is: only the user can say what they have done. */
function canBeChanged(path: string, mode: number, chmod: FileCalls["chmod"]): boolean {
  try {
    chmod(path, mode & 0o7755);
    const isChanged = (Deno.statSync(path).mode! & 0o022) === 0;
    chmod(path, mode & 0o7777);
    return isChanged;
  } catch {
    return false;
  }
}
