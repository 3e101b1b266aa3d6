/**
 * The message by which a client tells somebody who has written that its user is away (PROTOCOL.md section 5),
 * written and read here.
 *
 * @module
 */

import { awayBytesMax } from "./limits.ts";
import { headerValues, type Message, message } from "./message.ts";
import { peerFaults } from "./reasons.ts";
import type { Fault } from "./status.ts";
import { textHeaders } from "./text.ts";
import { unescapeText } from "./text_escape.ts";

/** Whether a text fits. */
export function isAwayText(text: string): boolean {
  return new TextEncoder().encode(text).length <= awayBytesMax;
}

/** Writes an AWAY. @param text What the user says of it. */
export function writeAway(text: string): Message {
  return message("AWAY", textHeaders(text));
}

/** Reads an AWAY. @returns What the peer's user says; a fault if it is malformed, or longer than it may be. */
export function readAway(message: Message): string | Fault {
  const text = unescapeText(headerValues(message, "Text").join(""));
  if (typeof text !== "string") return text;
  return isAwayText(text) ? text : peerFaults.longAway;
}
