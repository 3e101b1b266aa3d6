import type { BackupFault, BackupProblem } from "../../../../client/problems/backup_problem.ts";
import { assertSentences, type SentenceCases } from "../../../support/problems.ts";

const path = "it's.tar";
const quoted = "'it'\\''s.tar'";

function unusable(
  action: "write" | "read" | "restore",
  fault: BackupFault,
): BackupProblem & { code: "backup-unusable" } {
  return { code: "backup-unusable", action, path, fault };
}

const cases: SentenceCases<BackupProblem> = {
  "backup-unusable": [
    [
      unusable("read", { is: "foreign" }),
      `Cannot restore the backup ${quoted}: that is no backup; take what p2pchat backup has written`,
    ],
    [
      unusable("read", { is: "damaged" }),
      `Cannot restore the backup ${quoted}: it is damaged; take another copy of it. Nothing has changed`,
    ],
    [
      unusable("read", { is: "newer", version: 3, known: 1 }),
      `Cannot restore the backup ${quoted}: it is of version 3, and this program knows version 1; use ` +
      "the newer program",
    ],
    [
      unusable("write", { is: "in-the-way" }),
      `Cannot write the backup ${quoted}: there is one; --overwrite replaces it`,
    ],
    [
      unusable("write", { is: "no-backup-in-the-way" }),
      `Cannot write the backup ${quoted}: something else of that name is in the way; name another file`,
    ],
    [
      unusable("write", { is: "no-passphrase" }),
      `Cannot write the backup ${quoted}: no passphrase was given; try again`,
    ],
    [
      unusable("restore", { is: "system", reason: "that place is read-only; name another" }),
      `Cannot restore to ${quoted}: that place is read-only; name another`,
    ],
  ],
  "profile-not-empty": [[
    { code: "profile-not-empty", directory: "/home/ann" },
    "Cannot restore to '/home/ann': there is an identity, or there are messages; --replace keeps them " +
    "beside, and --profile names another directory",
  ]],
  "profile-in-use": [[
    { code: "profile-in-use", directory: "/home/ann" },
    "Cannot restore to '/home/ann': another program is using it; close that program, and try again",
  ]],
};

Deno.test("each thing that can go wrong with backups has its sentence", () => {
  assertSentences(cases);
});
