/**
 * Backups: one file with all that a profile holds, its identity under the passphrase that it has there. It is
 * a tar archive of a manifest (manifest.ts) and of the profile's own files, so that it can be unpacked into a
 * profile by any program.
 *
 * @module
 */

import { dirname, join } from "node:path";
import { type Fingerprint, fingerprintOf } from "../../shared/crypto/public_key.ts";
import type { Identity } from "../../shared/crypto/identity.ts";
import { nameFile, replaceFile } from "../../shared/storage/private_file.ts";
import {
  type AskPassphrase,
  exportIdentity,
  type IdentityFile,
  importIdentity,
  protectIdentity,
  readIdentity,
  type StoredIdentity,
  unlockIdentity,
} from "../profile/profile.ts";
import {
  closeLog,
  copyStore,
  inspectStore,
  openStore,
  storeKeyOf,
  unusableStore,
} from "../store/store.ts";
import { problemOf, UserError } from "../user_error.ts";
import { Archive, beginsLikeBackup } from "./archive_reader.ts";
import { writeArchive } from "./archive_writer.ts";
import { attempt, BackupFailure } from "./backup_failure.ts";
import { holdsSomething, isThere, putAside } from "./profile_files.ts";

/** How a backup is made. */
export interface BackupOptions {
  /** Whether it may replace a file, which stays until the backup is whole. */
  readonly overwrite: boolean;
  /**
   * Given if the backup must be under a passphrase: that of the identity, which is checked, or a new one if the
   * identity has none.
   */
  readonly passphrase: BackupPassphrase | undefined;
  /** Gives an empty directory, on the disk of the backup, that the caller removes afterwards. */
  readonly scratch: (parent: string) => string;
  /** The time of day: milliseconds since 1970, UTC. */
  readonly nowMs: number;
}

/** Where the passphrase of a backup comes from. */
export interface BackupPassphrase {
  readonly present: AskPassphrase;
  /** Empty if the user gives up. */
  readonly fresh: () => Promise<string>;
}

/** What is in a backup. */
export interface BackupReport {
  readonly messages: number;
  /** What is under the passphrase. */
  readonly protects: "nothing" | "identity" | "all";
}

/**
 * Writes a backup of a profile to a file for its owner alone. Clients may use the profile meanwhile.
 *
 * @throws {UserError} If there is no profile, it is damaged, or the file is there or cannot be written; then no
 * half of it stays.
 */
export async function backUp(
  directory: string,
  to: string,
  { overwrite, passphrase, scratch, nowMs }: BackupOptions,
): Promise<BackupReport> {
  const stored = readIdentity(directory);
  if (stored === undefined) throw new UserError({ code: "no-profile", directory });
  return await attempt("write", to, async () => {
    if (await isThere(to)) await refuseToReplace(to, overwrite);
    const { file, identity } = await protectedFile(stored, passphrase);
    const draft = scratch(dirname(to));
    putIdentity(draft, file);
    const { messages, sealed } = await putStore(directory, draft, identity);
    const archive = join(draft, "backup.tar");
    await writeArchive(archive, draft, nowMs);
    if (overwrite) replaceFile(archive, to);
    else if (!nameFile(archive, to)) throw new BackupFailure({ is: "in-the-way" });
    return { messages, protects: "sealed" in file ? sealed ? "all" : "identity" : "nothing" };
  });
}

/** What is no backup is never replaced: it may be the profile's own file. */
async function refuseToReplace(path: string, overwrite: boolean): Promise<void> {
  if (!await beginsLikeBackup(path)) throw new BackupFailure({ is: "no-backup-in-the-way" });
  if (!overwrite) throw new BackupFailure({ is: "in-the-way" });
}

/** The identity as it goes into the backup, and unlocked if its passphrase is known. */
async function protectedFile(
  stored: StoredIdentity,
  passphrase: BackupPassphrase | undefined,
): Promise<{ readonly file: IdentityFile; readonly identity?: Identity }> {
  const { file } = stored;
  if (passphrase === undefined) return { file };
  const identity = await unlockIdentity(stored, passphrase.present);
  if ("sealed" in file) return { file, identity };
  const fresh = await passphrase.fresh();
  if (fresh === "") throw new BackupFailure({ is: "no-passphrase" });
  return { file: protectIdentity(identity, fresh), identity };
}

/** What fails has to do with the backup: nobody knows the file of the draft. */
function putIdentity(draft: string, file: IdentityFile): void {
  try {
    exportIdentity(join(draft, "identity.json"), file);
  } catch (error) {
    throw error instanceof UserError ? error.cause : error;
  }
}

/** @param identity Seals all texts, if it is given. */
async function putStore(directory: string, draft: string, identity: Identity | undefined) {
  const path = join(directory, "store.db");
  const copy = join(draft, "store.db");
  if (await isThere(path)) await copyStore(path, copy);
  else openStore(copy)[Symbol.dispose]();
  if (identity !== undefined) {
    openStore(copy, { textKey: storeKeyOf(identity), sealed: true })[Symbol.dispose]();
  }
  closeLog(copy);
  const check = inspectStore(copy);
  if (check.is !== "whole") throw unusableStore(path, check);
  return check;
}

/** How a backup is restored. */
export interface RestoreOptions {
  /** Whether the profile may hold something, which is put aside then. */
  readonly replace: boolean;
  /** Gives an empty directory, on the disk of the profile, that the caller removes afterwards. */
  readonly scratch: (parent: string) => string;
}

/** What was restored. */
export interface RestoreReport {
  readonly fingerprint: Fingerprint;
  readonly messages: number;
  /** When the backup was made: milliseconds since 1970, UTC. */
  readonly madeAtMs: number;
  /** The directory with what the profile held before; undefined if that was nothing. */
  readonly keptIn: string | undefined;
}

/**
 * Puts what is in a backup into a profile. All of it is checked before.
 *
 * @throws {UserError} If it is no backup or a damaged one, the profile holds something and that may not be put
 * aside or is in use, or the system does not allow it. Nothing has changed then.
 */
export async function restore(
  directory: string,
  from: string,
  { replace, scratch }: RestoreOptions,
): Promise<RestoreReport> {
  using archive = await attempt("read", from, () => Archive.open(from));
  const isEmpty = !await holdsSomething(directory);
  if (!isEmpty && !replace) throw notEmpty(directory);
  return await attempt("restore", directory, async () => {
    await Deno.mkdir(directory, { recursive: true, mode: 0o700 });
    const draft = scratch(directory);
    await archive.extractTo(draft);
    const { file, messages } = await attempt("read", from, () => contentOf(draft));
    const keptIn = isEmpty ? undefined : await putAside(directory);
    await moveIn(draft, directory, file);
    const { madeAtMs } = archive.manifest;
    return { fingerprint: fingerprintOf(file.publicKey), messages, madeAtMs, keptIn };
  });
}

/** Checks what was in a backup. */
function contentOf(draft: string): Promise<{ file: IdentityFile; messages: number }> {
  const file = identityIn(draft);
  const check = inspectStore(join(draft, "store.db"));
  if (check.is !== "whole") throw new BackupFailure(check);
  return Promise.resolve({ file, messages: check.messages });
}

function identityIn(draft: string): IdentityFile {
  try {
    return readIdentity(draft)!.file;
  } catch (error) {
    const problem = problemOf(error);
    const fault = problem.code === "identity-unusable" ? problem.fault : undefined;
    throw new BackupFailure(fault?.is === "newer" ? fault : { is: "damaged" });
  }
}

/** The identity comes last: without it a profile is none. */
async function moveIn(draft: string, directory: string, file: IdentityFile): Promise<void> {
  const store = join(directory, "store.db");
  if (!nameFile(join(draft, "store.db"), store)) throw notEmpty(directory);
  try {
    const { wasThere } = importIdentity(directory, file, { replace: false });
    if (wasThere) throw notEmpty(directory);
  } catch (error) {
    await Deno.remove(store);
    throw error;
  }
}

function notEmpty(directory: string): UserError {
  return new UserError({ code: "profile-not-empty", directory });
}
