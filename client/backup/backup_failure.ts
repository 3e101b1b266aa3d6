/**
 * What fails with a backup, as an error for the user.
 *
 * @module
 */

import { fileReason } from "../../shared/errors/file_error.ts";
import type { BackupAction, BackupFault } from "../problems/backup_problem.ts";
import { UserError } from "../user_error.ts";

/** A backup that cannot be used as was meant. */
export class BackupFailure extends Error {
  override readonly name = "BackupFailure";

  constructor(readonly fault: BackupFault) {
    super(fault.is);
  }
}

/**
 * Does something with a backup.
 *
 * @param path The backup's file; for `restore` the profile's directory.
 * @throws {UserError} If that fails: the code is `backup-unusable`, and the cause is what was thrown.
 */
export async function attempt<T>(
  action: BackupAction,
  path: string,
  run: () => Promise<T>,
): Promise<T> {
  try {
    return await run();
  } catch (cause) {
    if (cause instanceof UserError) throw cause;
    const fault: BackupFault = cause instanceof BackupFailure
      ? cause.fault
      : { is: "system", reason: fileReason(cause) };
    throw new UserError({ code: "backup-unusable", action, path, fault }, { cause });
  }
}
