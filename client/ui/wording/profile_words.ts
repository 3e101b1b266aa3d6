/**
 * What the commands about a profile tell, in words.
 *
 * @module
 */

import type { BackupReport } from "../../backup/backup.ts";
import { fullTime } from "./local_time.ts";
import { problemSentence } from "./problem_sentences.ts";
import type { ProfileAnswer } from "./shown.ts";
import { list, notice, type Words } from "./wording_parts.ts";

/** The words for each. */
export const profileWords: Words<ProfileAnswer> = {
  "client-passed-over": ({ why }) =>
    notice(`reading the messages without the client that runs. ${problemSentence(why)}`),
  converting: ({ to, done, total }) =>
    notice(
      `${to === "sealed" ? "sealing your messages" : "making your messages readable"}: ` +
        `${done} of ${total}`,
    ),
  "identity-exposed": ({ path, mode }) =>
    notice(
      `others may be able to get at your key: the mode of '${path}' is ${mode}, and cannot be ` +
        "changed there; keep it under a passphrase",
    ),
  "identity-made": () => notice("there was no identity yet: this one is new, and yours"),
  identity: ({ key, fingerprint, path, hasPassphrase }) =>
    list(
      `id           ${key}`,
      `fingerprint  ${fingerprint}`,
      `kept in      ${path}`,
      `passphrase   ${hasPassphrase ? "yes" : "none; p2pchat identity --passphrase sets one"}`,
    ),
  "passphrase-changed": ({ before, now }) =>
    notice(
      now
        ? "your identity is protected by the new passphrase from now on"
        : "your identity has no passphrase from now on",
      ...before === now
        ? []
        : now
        ? ["your messages are sealed with it the next time a client starts"]
        : ["your messages are readable again the next time a client starts"],
    ),
  "identity-exported": ({ path, plain }) =>
    notice(
      `a copy is in '${path}', ` +
        (plain
          ? "WITHOUT a passphrase: anyone who can read it can be you"
          : "protected by its passphrase"),
    ),
  "identity-imported": ({ fingerprint, wasThere, replaced }) =>
    notice(
      wasThere
        ? `you had this identity already; its fingerprint is ${fingerprint}`
        : `your identity is the imported one; its fingerprint is ${fingerprint}`,
      ...replaced === undefined ? [] : [`the one before is kept in '${replaced}'`],
    ),
  "backed-up": ({ path, messages, protects }) =>
    notice(
      `your identity and ${countedMessages(messages)} are in '${path}'`,
      protections[protects],
    ),
  restored: ({ fingerprint, messages, madeAtMs, keptIn }) =>
    notice(
      `your identity and ${countedMessages(messages)} are restored, as of ${
        fullTime(madeAtMs)
      }; the ` +
        `fingerprint is ${fingerprint}`,
      ...keptIn === undefined ? [] : [`what was there before is kept in '${keptIn}'`],
    ),
};

const protections: Readonly<Record<BackupReport["protects"], string>> = {
  nothing:
    "the backup has no passphrase: anyone who can read it can be you and read your messages; " +
    "--passphrase puts it under one",
  identity: "the identity in it is under your passphrase, the messages are not yet: --passphrase " +
    "seals them in the backup, and starting a client seals them for good",
  all: "the backup is under your passphrase",
};

function countedMessages(count: number): string {
  return count === 1 ? "1 message" : `${count} messages`;
}
