/**
 * Replies other than ERROR.
 *
 * @module
 */

import { type Header, type Message, message } from "../../shared/protocol/message.ts";
import { protocolVersion, speaksVersion1, type VerbName } from "../../shared/protocol/verbs.ts";

/**
 * Makes a reply. Legacy programs get neither the version nor the header behind it: some of them compare a reply
 * byte for byte.
 *
 * @param headers Used up.
 * @param name The header behind the version.
 * @param value Its value; undefined leaves it out.
 */
export function reply(
  verb: VerbName,
  request: Message,
  headers: Header[],
  name = "",
  value?: string | number,
): Message {
  if (speaksVersion1(request)) {
    headers.push(["Version", protocolVersion]);
    if (value !== undefined) headers.push([name, String(value)]);
  }
  return message(verb, headers);
}
