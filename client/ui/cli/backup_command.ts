/**
 * `p2pchat backup` and `p2pchat restore`: all that a profile holds, in one file, and back.
 *
 * @module
 */

import { TemporaryDirectory } from "../../../shared/process/temporary_directory.ts";
import { backUp, restore } from "../../backup/backup.ts";
import type { Surroundings } from "./identity_command.ts";
import { askingBy, askNewPassphrase } from "./passphrase_prompt.ts";
import { say } from "./say.ts";

/** What to back up, and how. */
export interface BackupCommand {
  /** The profile's directory. */
  readonly profile: string;
  /** The file to make. */
  readonly to: string;
  readonly overwrite: boolean;
  /** Whether the backup must be under a passphrase; it is also if `present` says where one is. */
  readonly passphrase: boolean;
}

/**
 * Writes a backup.
 *
 * @param surroundings `present` is where the passphrase of the backup is: that of the identity, or a new one.
 * @throws {UserError} As {@linkcode backUp}.
 */
export async function writeBackup(
  { profile, to, overwrite, passphrase }: BackupCommand,
  { print, prompt, present }: Pick<Surroundings, "print" | "prompt" | "present">,
): Promise<void> {
  using temporary = new TemporaryDirectory();
  const report = await backUp(profile, to, {
    overwrite,
    passphrase: passphrase || present !== undefined
      ? {
        present: askingBy(prompt, present),
        fresh: () => askNewPassphrase("copy", prompt, present),
      }
      : undefined,
    scratch: (parent) => temporary.make(parent),
    nowMs: Date.now(),
  });
  say({ type: "backed-up", path: to, ...report }, print);
}

/** What to restore. */
export interface RestoreCommand {
  /** The profile's directory. */
  readonly profile: string;
  /** The backup. */
  readonly from: string;
  readonly replace: boolean;
}

/** Restores a backup. @throws {UserError} As {@linkcode restore}. */
export async function restoreBackup(
  { profile, from, replace }: RestoreCommand,
  { print }: Pick<Surroundings, "print">,
): Promise<void> {
  using temporary = new TemporaryDirectory();
  const scratch = (parent: string) => temporary.make(parent);
  say({ type: "restored", ...await restore(profile, from, { replace, scratch }) }, print);
}
