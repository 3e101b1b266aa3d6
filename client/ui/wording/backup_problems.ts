/**
 * The sentences for what goes wrong with backups.
 *
 * @module
 */

import type { BackupAction, BackupFault, BackupProblem } from "../../problems/backup_problem.ts";
import type { Sentences } from "./sentences.ts";
import { shellQuoted } from "./shell_quoted.ts";
import { newerWords } from "./wording_parts.ts";

export const backupSentences: Sentences<BackupProblem> = {
  "backup-unusable": ({ action, path, fault }) =>
    `Cannot ${actions[action]} ${shellQuoted(path)}: ${faultWords(fault)}`,
  "profile-not-empty": ({ directory }) =>
    `Cannot restore to ${shellQuoted(directory)}: there is an identity, or there are messages; ` +
    "--replace keeps them beside, and --profile names another directory",
  "profile-in-use": ({ directory }) =>
    `Cannot restore to ${
      shellQuoted(directory)
    }: another program is using it; close that program, ` +
    "and try again",
};

const actions: Readonly<Record<BackupAction, string>> = {
  "write": "write the backup",
  "read": "restore the backup",
  "restore": "restore to",
};

function faultWords(fault: BackupFault): string {
  switch (fault.is) {
    case "foreign":
      return "that is no backup; take what p2pchat backup has written";
    case "damaged":
      return "it is damaged; take another copy of it. Nothing has changed";
    case "newer":
      return newerWords(fault);
    case "in-the-way":
      return "there is one; --overwrite replaces it";
    case "no-backup-in-the-way":
      return "something else of that name is in the way; name another file";
    case "no-passphrase":
      return "no passphrase was given; try again";
    case "system":
      return fault.reason;
  }
}
