/**
 * Answering what a peer asks about a conversation.
 *
 * @module
 */

import {
  auditDigestAnswer,
  auditStreamsAnswer,
  readAuditQuestion,
} from "../../shared/protocol/audit.ts";
import { errorReply } from "../../shared/protocol/error_reply.ts";
import type { Message } from "../../shared/protocol/message.ts";
import { isFault } from "../../shared/protocol/status.ts";
import type { ConversationId, Store } from "../store/store.ts";

/**
 * Answers an AUDIT: which streams there are; what a range of one comes to; or which ids it has. What that
 * costs is bounded, whatever is asked.
 *
 * @returns An AUDITACK; an ERROR if the question is malformed.
 */
export function answerAudit(
  digests: Store["digests"],
  conversation: ConversationId,
  question: Message,
): Message {
  const range = readAuditQuestion(question);
  if (range === undefined) return auditStreamsAnswer(question, digests.streams(conversation));
  if (isFault(range)) return errorReply(range);
  const { stream, from, to, withIds } = range;
  // A stream that is unknown here has nothing in either direction.
  const direction = digests.directionOf(conversation, stream) ?? "received";
  const place = [conversation, direction, stream, from, to] as const;
  return auditDigestAnswer(
    question,
    digests.digest(...place),
    withIds ? digests.entries(...place) : [],
  );
}
