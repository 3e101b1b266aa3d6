/**
 * The sentences for what goes wrong with profiles.
 *
 * @module
 */

import type {
  IdentityAction,
  IdentityFault,
  PassphraseFault,
  ProfileProblem,
} from "../../problems/profile_problem.ts";
import type { Sentences } from "./sentences.ts";
import { shellQuoted } from "./shell_quoted.ts";
import { newerWords } from "./wording_parts.ts";

export const profileSentences: Sentences<ProfileProblem> = {
  "identity-unusable": ({ action, path, fault }) => {
    const { words, stream = "", advice } = actions[action];
    const what = `Cannot ${words} ${path === undefined ? stream : shellQuoted(path)}`;
    return `${what}: ${faultWords(fault, path ?? "", advice === undefined ? "" : `; ${advice}`)}`;
  },
  "no-profile": ({ directory }) =>
    `There is no identity in ${
      shellQuoted(directory)
    }, and so no message; --profile names another ` +
    "directory",
  "no-identity-yet": ({ directory }) =>
    `There is no identity in ${shellQuoted(directory)} yet; p2pchat identity makes one`,
  "nobody-to-ask": ({ passphrase }) => {
    const option = passphrase === "new" ? "--new-passphrase" : "--passphrase";
    return "Cannot ask for a passphrase: there is no terminal to ask in; " +
      `${option}-file FILE or ${option}-fd N says where it can be read`;
  },
  "passphrase-not-read": ({ from, fault }) => {
    const where = typeof from === "string"
      ? shellQuoted(from)
      : from === 0
      ? "standard input"
      : `descriptor ${from}`;
    return `Cannot take the passphrase in ${where}: ${passphraseFaultWords(fault)}`;
  },
  "passphrase-not-text": () =>
    "Cannot take that passphrase: it has characters that are not seen. Nothing has changed",
  "passphrases-differ": () => "Cannot take that passphrase: the two differ. Nothing has changed",
  "copy-without-passphrase": () =>
    "Cannot export without a passphrase; --plain says that this is wanted",
};

function passphraseFaultWords(fault: PassphraseFault): string {
  switch (fault.is) {
    case "empty":
      return "its first line is empty";
    case "not-text":
      return "its first line is not UTF-8, or has characters that are not seen";
    case "too-long":
      return `its first line is longer than ${fault.max} bytes`;
    case "no-pipe":
      return "that is no open pipe; --passphrase-file takes files";
    case "system":
      return fault.reason;
  }
}

interface ActionWords {
  readonly words: string;
  /** What stands for the path if there is none. */
  readonly stream?: string;
  /** What to do about a file that holds no usable identity. */
  readonly advice?: string;
}

const actions: Readonly<Record<IdentityAction, ActionWords>> = {
  "use": {
    words: "use the identity in",
    stream: "standard input",
    advice: "import a copy of it with --replace, or move it away for a new one",
  },
  "make": { words: "make an identity in" },
  "change-passphrase": { words: "change the passphrase of" },
  "export": { words: "export the identity to", stream: "standard output" },
  "read-copy": {
    words: "import the identity in",
    stream: "standard input",
    advice: "take what p2pchat identity export has written",
  },
  "import": { words: "import the identity to" },
};

function faultWords(fault: IdentityFault, path: string, advice: string): string {
  switch (fault.is) {
    case "damaged":
      return `it holds no identity, or a damaged one${advice}`;
    case "too-long":
      return `it is too long to be an identity${advice}`;
    case "other-key":
      return `its public key belongs to another seed, so one of the two is damaged${advice}`;
    case "too-costly":
      return "its passphrase would take too much memory or time: " +
        `scrypt with N ${fault.N}, r ${fault.r}, p ${fault.p}${advice}`;
    case "newer":
      return newerWords(fault);
    case "not-a-file":
      return "that is not a file; move it away for a new one";
    case "open-to-others":
      return `its mode is ${fault.mode}, so that others can get at your key; chmod 600 ` +
        shellQuoted(path);
    case "broken-link":
      return "a link there leads nowhere, or in a circle; correct it";
    case "no-passphrase":
      return "its passphrase was not given; try again";
    case "wrong-passphrase":
      return `wrong passphrase${fault.times === 1 ? "" : `, ${fault.times} times`}`;
    case "changed":
      return "it has been changed in the meantime; try again";
    case "just-made":
      return "another has just been made there; try again";
    case "another-there":
      return "another is there; --replace keeps that one beside it";
    case "system":
      return fault.reason;
  }
}
