import type {
  IdentityAction,
  IdentityFault,
  ProfileProblem,
} from "../../../../client/problems/profile_problem.ts";
import { assertSentences, type SentenceCases } from "../../../support/problems.ts";

const path = "/home/ann/identity.json";
const unusable = (action: IdentityAction, fault: IdentityFault, at: string | undefined = path) => ({
  code: "identity-unusable" as const,
  action,
  path: at,
  fault,
});
const use = `Cannot use the identity in '${path}': `;
const advice = "import a copy of it with --replace, or move it away for a new one";

const cases: SentenceCases<ProfileProblem> = {
  "identity-unusable": [
    [unusable("use", { is: "damaged" }), `${use}it holds no identity, or a damaged one; ${advice}`],
    [unusable("use", { is: "too-long" }), `${use}it is too long to be an identity; ${advice}`],
    [
      unusable("use", { is: "other-key" }),
      `${use}its public key belongs to another seed, so one of the two is damaged; ${advice}`,
    ],
    [
      unusable("use", { is: "too-costly", N: 8, r: 9, p: 10 }),
      `${use}its passphrase would take too much memory or time: scrypt with N 8, r 9, p 10; ${advice}`,
    ],
    [
      unusable("use", { is: "newer", version: 2, known: 1 }),
      `${use}it is of version 2, and this program knows version 1; use the newer program`,
    ],
    [
      unusable("use", { is: "not-a-file" }),
      `${use}that is not a file; move it away for a new one`,
    ],
    [
      unusable("use", { is: "open-to-others", mode: "0644" }),
      `${use}its mode is 0644, so that others can get at your key; chmod 600 '${path}'`,
    ],
    [
      unusable("use", { is: "broken-link" }),
      `${use}a link there leads nowhere, or in a circle; correct it`,
    ],
    [unusable("use", { is: "no-passphrase" }), `${use}its passphrase was not given; try again`],
    [unusable("use", { is: "wrong-passphrase", times: 1 }), `${use}wrong passphrase`],
    [unusable("use", { is: "wrong-passphrase", times: 3 }), `${use}wrong passphrase, 3 times`],
    [
      unusable("make", { is: "system", reason: "the disk is full" }),
      `Cannot make an identity in '${path}': the disk is full`,
    ],
    [
      unusable("change-passphrase", { is: "changed" }),
      `Cannot change the passphrase of '${path}': it has been changed in the meantime; try again`,
    ],
    [
      unusable("export", { is: "system", reason: "Broken pipe" }, "it's"),
      "Cannot export the identity to 'it'\\''s': Broken pipe",
    ],
    [
      { ...unusable("export", { is: "system", reason: "Broken pipe" }), path: undefined },
      "Cannot export the identity to standard output: Broken pipe",
    ],
    [
      { ...unusable("read-copy", { is: "damaged" }), path: undefined },
      "Cannot import the identity in standard input: it holds no identity, or a damaged one; take " +
      "what p2pchat identity export has written",
    ],
    [
      unusable("import", { is: "just-made" }),
      `Cannot import the identity to '${path}': another has just been made there; try again`,
    ],
    [
      unusable("import", { is: "another-there" }),
      `Cannot import the identity to '${path}': another is there; --replace keeps that one beside it`,
    ],
  ],
  "no-profile": [[
    { code: "no-profile", directory: "/home/ann" },
    "There is no identity in '/home/ann', and so no message; --profile names another directory",
  ]],
  "no-identity-yet": [[
    { code: "no-identity-yet", directory: "/home/ann" },
    "There is no identity in '/home/ann' yet; p2pchat identity makes one",
  ]],
  "nobody-to-ask": [
    [
      { code: "nobody-to-ask", passphrase: "present" },
      "Cannot ask for a passphrase: there is no terminal to ask in; --passphrase-file FILE or " +
      "--passphrase-fd N says where it can be read",
    ],
    [
      { code: "nobody-to-ask", passphrase: "new" },
      "Cannot ask for a passphrase: there is no terminal to ask in; --new-passphrase-file FILE or " +
      "--new-passphrase-fd N says where it can be read",
    ],
  ],
  "passphrase-not-read": [
    [
      { code: "passphrase-not-read", from: "it's", fault: { is: "empty" } },
      "Cannot take the passphrase in 'it'\\''s': its first line is empty",
    ],
    [
      { code: "passphrase-not-read", from: 0, fault: { is: "not-text" } },
      "Cannot take the passphrase in standard input: its first line is not UTF-8, or has characters " +
      "that are not seen",
    ],
    [
      { code: "passphrase-not-read", from: 3, fault: { is: "too-long", max: 1_024 } },
      "Cannot take the passphrase in descriptor 3: its first line is longer than 1024 bytes",
    ],
    [
      { code: "passphrase-not-read", from: 3, fault: { is: "no-pipe" } },
      "Cannot take the passphrase in descriptor 3: that is no open pipe; --passphrase-file takes files",
    ],
    [
      {
        code: "passphrase-not-read",
        from: "none",
        fault: { is: "system", reason: "there is no such file or directory" },
      },
      "Cannot take the passphrase in 'none': there is no such file or directory",
    ],
  ],
  "passphrase-not-text": [[
    { code: "passphrase-not-text" },
    "Cannot take that passphrase: it has characters that are not seen. Nothing has changed",
  ]],
  "passphrases-differ": [[
    { code: "passphrases-differ" },
    "Cannot take that passphrase: the two differ. Nothing has changed",
  ]],
  "copy-without-passphrase": [[
    { code: "copy-without-passphrase" },
    "Cannot export without a passphrase; --plain says that this is wanted",
  ]],
};

Deno.test("each thing that can go wrong with profiles has its sentence", () => {
  assertSentences(cases);
});
