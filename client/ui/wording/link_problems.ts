/**
 * The sentences for what goes wrong on links. Those that say why a link ended continue one that names the
 * peer, so they begin in lower case.
 *
 * @module
 */

import type { LinkProblem } from "../../problems/link_problem.ts";
import type { Sentences } from "./sentences.ts";

/** The sentences. */
export const linkSentences: Sentences<LinkProblem> = {
  "peer-said": ({ said }) => quoted(said),
  "peer-fault": ({ reason }) => reason,
  "not-authentic": () => "what came was not what it sent",
  "opening-too-slow": () => "it took too long to open the conversation",
  "peer-silent": () => "it stopped answering",
  "peer-does-not-read": () => "it does not read",
  "peer-cannot-compare": () => "it cannot compare messages",
  "purpose-not-known": () => "its program does not know what the call is for",
  "link-not-open": () => "The connection is not open",
  "text-not-sent": () => "The connection ended before the message could be sent",
  "too-many-requests": ({ max }) => `Cannot ask more: ${max} requests wait for an answer`,
  "peer-no-reply": ({ verb, seconds }) => `The peer did not answer ${verb} in ${seconds} s`,
  "peer-refused": ({ said }) =>
    `The peer refuses: ${said === undefined ? "it gives no reason" : quoted(said)}`,
  "link-ended-before-reply": () => "The connection ended before the peer had answered",
};

/** A peer's own words: it may say anything, but not in our name. */
function quoted(said: string): string {
  return `“${said}”`;
}
