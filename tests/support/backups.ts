/**
 * Backups of profiles, made and restored.
 *
 * @module
 */

import {
  backUp,
  type BackupOptions,
  type BackupReport,
  restore,
} from "../../client/backup/backup.ts";
import { openProfile } from "../../client/profile/profile.ts";
import { TemporaryDirectory } from "../../shared/process/temporary_directory.ts";
import { namesIn, temporaryDirectory } from "./places.ts";
import { makeProfile, type ProfileContent } from "./profiles.ts";

/** When backups are made. */
export const nowMs = Date.UTC(2026, 0, 2, 13, 45, 9);

/** A place with a profile of alice's, and with room for backups. */
export function placeWith(content: ProfileContent) {
  const place = temporaryDirectory();
  const profile = `${place.path}/profile`;
  const identity = makeProfile(profile, content);
  return { ...place, identity, profile, backup: `${place.path}/backup.tar` };
}

/** Makes a backup, at {@linkcode nowMs} unless told otherwise. */
export async function makeBackup(
  profile: string,
  to: string,
  options: Partial<BackupOptions> = {},
): Promise<BackupReport> {
  using temporary = new TemporaryDirectory();
  const scratch = (parent: string) => temporary.make(parent);
  return await backUp(profile, to, {
    ...{ overwrite: false, passphrase: undefined, scratch, nowMs },
    ...options,
  });
}

/** Restores a backup. */
export async function takeBackup(profile: string, from: string, replace = false) {
  using temporary = new TemporaryDirectory();
  return await restore(profile, from, { replace, scratch: (parent) => temporary.make(parent) });
}

/** What alice has written to bob, as a profile has it. */
export async function textsIn(
  profile: string,
  passphrase: string | null = null,
): Promise<string[]> {
  using open = await openProfile(profile, () => passphrase, { mustExist: true });
  return [...open.store.history.export("alice", "bob")].map(({ text }) => text);
}

/** All bytes of the files in a directory, so that a change shows. */
export async function contentOf(directory: string): Promise<Map<string, Uint8Array>> {
  const content = new Map<string, Uint8Array>();
  for (const name of namesIn(directory)) {
    const path = `${directory}/${name}`;
    if ((await Deno.stat(path)).isFile) content.set(name, await Deno.readFile(path));
  }
  return content;
}
