/**
 * The reason that a peer gives for a farewell or a refusal, in its own words.
 *
 * @module
 */

import { header, type Message } from "../../shared/protocol/message.ts";
import { shorten } from "../../shared/text/quote.ts";
import type { LinkProblem } from "../problems/link_problem.ts";

/** The most characters of it that are shown. */
const reasonLettersMax = 200;

/** The Reason of a message, shortened if it is long; undefined if there is none. */
export function saidReason(message: Message): string | undefined {
  const reason = header(message, "Reason");
  return reason === undefined || reason === "" ? undefined : shorten(reason, reasonLettersMax);
}

/** What a legacy program has said before it hung up, as the reason why a link ends. */
export function wordsProblem(bytes: Uint8Array): LinkProblem | undefined {
  const said = new TextDecoder().decode(bytes).replaceAll(/\s+/g, " ").trim();
  return said === "" ? undefined : { code: "peer-said", said: shorten(said, reasonLettersMax) };
}

/** The Reason of a message as the reason why a link ends; undefined if there is none. */
export function saidProblem(message: Message): LinkProblem | undefined {
  const said = saidReason(message);
  return said === undefined ? undefined : { code: "peer-said", said };
}
