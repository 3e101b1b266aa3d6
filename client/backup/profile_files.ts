/**
 * The files of a profile, as a backup has them.
 *
 * @module
 */

import { join } from "node:path";
import { closeLog } from "../store/store.ts";
import { UserError } from "../user_error.ts";
import { backedUpNames } from "./manifest.ts";

/** What the store may have beside its file. */
const logNames = ["store.db-wal", "store.db-shm"];

/** Whether there is something of that name, if only a link that leads nowhere. */
export async function isThere(path: string): Promise<boolean> {
  try {
    await Deno.lstat(path);
    return true;
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) return false;
    throw error;
  }
}

/** Whether a profile has an identity or messages. @throws {Error} If the system does not allow it. */
export async function holdsSomething(directory: string): Promise<boolean> {
  return (await namesThere(directory)).length > 0;
}

/**
 * Moves what a profile holds into a new directory in it, which is a profile then.
 *
 * @returns The directory.
 * @throws {UserError} If another program uses it.
 * @throws {Error} If the system does not allow it.
 */
export async function putAside(directory: string): Promise<string> {
  const store = join(directory, "store.db");
  // A client that runs would go on with the log of what comes in its place.
  if (await isThere(store) && isInUse(store)) {
    throw new UserError({ code: "profile-in-use", directory });
  }
  const aside = await makeAside(directory);
  for (const name of await namesThere(directory)) {
    await Deno.rename(join(directory, name), join(aside, name));
  }
  return aside;
}

async function namesThere(directory: string): Promise<string[]> {
  const names = [...backedUpNames, ...logNames];
  const there = await Promise.all(names.map((name) => isThere(join(directory, name))));
  return names.filter((_, i) => there[i]);
}

function isInUse(store: string): boolean {
  try {
    return !closeLog(store);
  } catch {
    // It is damaged, and nobody can use it.
    return false;
  }
}

async function makeAside(directory: string): Promise<string> {
  for (let n = 1;; n++) {
    const aside = join(directory, `old-${n}`);
    try {
      await Deno.mkdir(aside, { mode: 0o700 });
      return aside;
    } catch (error) {
      if (!(error instanceof Deno.errors.AlreadyExists)) throw error;
    }
  }
}
