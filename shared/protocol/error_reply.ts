/**
 * The ERROR by which one side tells the other what is wrong.
 *
 * @module
 */

import { type Header, type Message, message } from "./message.ts";
import type { Fault } from "./status.ts";

/**
 * Makes the ERROR that says what a fault is.
 *
 * @param extra Further headers, behind Code and Reason.
 */
export function errorReply(
  { code, reason }: Pick<Fault, "code" | "reason">,
  ...extra: readonly Header[]
): Message {
  return message("ERROR", [["Code", String(code)], ["Reason", reason], ...extra]);
}
