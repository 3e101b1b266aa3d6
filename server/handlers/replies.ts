/**
 * Replies that are no ERROR.
 *
 * @module
 */

import { type Header, type Message, message } from "../../shared/protocol/message.ts";
import { protocolVersion, speaksVersion1, type VerbName } from "../../shared/protocol/verbs.ts";

/**
 * Makes a reply.
 *
 * @param last A header that follows the version; legacy programs get neither of the two, since some of them
 * compare a reply byte for byte. An undefined value leaves it out.
 */
export function reply(
  verb: VerbName,
  request: Message,
  headers: readonly Header[],
  last?: readonly [name: string, value: string | undefined],
): Message {
  if (!speaksVersion1(request)) return message(verb, headers);
  const all: Header[] = [...headers, ["Version", protocolVersion]];
  if (last?.[1] !== undefined) all.push([last[0], last[1]]);
  return message(verb, all);
}
