/**
 * What a peer gives as its reason for a farewell or a refusal.
 *
 * @module
 */

import { header, type Message } from "../../shared/protocol/message.ts";

/** Letters of it that are shown. */
const reasonLetters = 200;

/**
 * The Reason of a message, in quotes: a peer may say anything, and not pass it off as ours. Undefined
 * where it gives none.
 */
export function saidReason(message: Message): string | undefined {
  const reason = header(message, "Reason");
  if (reason === undefined || reason === "") return undefined;
  const letters = [...reason];
  return `“${
    letters.length > reasonLetters ? letters.slice(0, reasonLetters).join("") + "…" : reason
  }”`;
}
