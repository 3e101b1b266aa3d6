/**
 * The ERROR that tells the other side what is wrong.
 *
 * @module
 */

import { type Header, type Message, message } from "./message.ts";
import type { Fault } from "./status.ts";

/**
 * Makes the ERROR that states a fault.
 *
 * @param extra Further headers, after those of the fault itself.
 */
export function errorReply(
  { code, reason, retryAfterS }: Omit<Fault, "fatal">,
  ...extra: readonly Header[]
): Message {
  const headers: Header[] = [["Code", String(code)], ["Reason", reason]];
  if (retryAfterS !== undefined) headers.push(["Retry-After", String(retryAfterS)]);
  return message("ERROR", [...headers, ...extra]);
}
