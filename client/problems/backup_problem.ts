/**
 * What can go wrong with backups, as codes and fields.
 *
 * @module
 */

/** What goes wrong with backups. */
export type BackupProblem =
  | {
    readonly code: "backup-unusable";
    readonly action: BackupAction;
    /** The backup's file; for `restore` the profile's directory. */
    readonly path: string;
    readonly fault: BackupFault;
  }
  | {
    /** A backup is for a profile in which nothing is. */
    readonly code: "profile-not-empty";
    readonly directory: string;
  }
  | {
    /** A profile cannot be put aside because another program uses it. */
    readonly code: "profile-in-use";
    readonly directory: string;
  };

/** What was to be done: write a backup, read one, or put what is in it into a profile. */
export type BackupAction = "write" | "read" | "restore";

/** Why that cannot be done. */
export type BackupFault =
  | {
    /** The file is no backup. */
    readonly is: "foreign";
  }
  | { readonly is: "damaged" }
  | {
    /** The backup, or a part of it, is of a later version than this program knows. */
    readonly is: "newer";
    readonly version: number;
    readonly known: number;
  }
  | {
    /** There is a backup of that name, which may not be replaced. */
    readonly is: "in-the-way";
  }
  | {
    /** There is something else of that name, which is never replaced. */
    readonly is: "no-backup-in-the-way";
  }
  | { readonly is: "no-passphrase" }
  | { readonly is: "system"; readonly reason: string };
