/**
 * The sentence for each thing that can go wrong: what failed, with the value, and what to do.
 *
 * @module
 */

import type { Problem } from "../../user_error.ts";
import { auditSentences } from "./audit_problems.ts";
import { backupSentences } from "./backup_problems.ts";
import { commandLineSentences } from "./command_line_problems.ts";
import { connectorSentences } from "./connector_problems.ts";
import { conversationSentences } from "./conversation_problems.ts";
import { linkSentences } from "./link_problems.ts";
import { localControlSentences } from "./local_control_problems.ts";
import { mailboxSentences } from "./mailbox_problems.ts";
import { profileSentences } from "./profile_problems.ts";
import { rendezvousSentences } from "./rendezvous_problems.ts";
import type { Sentences } from "./sentences.ts";
import { serverSentences } from "./server_problems.ts";
import { storeSentences } from "./store_problems.ts";
import { transportSentences } from "./transport_problems.ts";
import { trustSentences } from "./trust_problems.ts";

const sentences: Sentences<Problem> = {
  unexpected: ({ reason }) => reason,
  ...auditSentences(problemSentence),
  ...backupSentences,
  ...commandLineSentences,
  ...connectorSentences(problemSentence),
  ...conversationSentences,
  ...linkSentences,
  ...localControlSentences,
  ...mailboxSentences,
  ...profileSentences,
  ...rendezvousSentences(problemSentence),
  ...serverSentences(problemSentence),
  ...storeSentences,
  ...transportSentences,
  ...trustSentences,
};

/** Says what went wrong. The sentence has no full stop at its end and may hold a peer's words. */
export function problemSentence(problem: Problem): string {
  const sentence = sentences[problem.code] as (problem: Problem) => string;
  return sentence(problem);
}
