/**
 * Checks messages against the table of verbs.
 *
 * @module
 */

import { header, type Message } from "./message.ts";
import { messageFaults } from "./reasons.ts";
import type { Fault } from "./status.ts";
import { type Speaker, type Verb, verbs } from "./verb_table.ts";

/** The name of a verb. */
export type VerbName = keyof typeof verbs;

const byName: ReadonlyMap<string, Verb> = new Map(Object.entries(verbs));

/**
 * Compares a message with the table. Headers that the table does not name are ignored, so that either side
 * can start to use new ones.
 *
 * @returns What is wrong with it; undefined if `from` may send it.
 */
export function check(message: Message, from: Speaker): Fault | undefined {
  const verb = byName.get(message.verb);
  if (verb === undefined || !verb.from.includes(from)) {
    return messageFaults.unexpectedVerb(message.verb, said(from));
  }
  if (message.bare.length > 0 && verb.bareLines !== true) {
    return messageFaults.bareLine(message.verb, message.bare[0]!);
  }
  for (let i = 0; i < verb.required.length; i++) {
    const name = verb.required[i]!;
    if (header(message, name) === undefined) {
      return messageFaults.missingHeader(message.verb, name);
    }
  }
  return undefined;
}

/** What each speaker may say. Anybody can bring a server to say it as often as they like. */
const saidBy = new Map<Speaker, string>();

function said(from: Speaker): string {
  const known = saidBy.get(from);
  if (known !== undefined) return known;
  const names = [...byName].filter(([, verb]) => verb.from.includes(from)).map(([name]) => name);
  saidBy.set(from, names.join(", "));
  return names.join(", ");
}

/** The version of the protocol that this program speaks. */
export const protocolVersion = "1";

/** Whether the sender of a message speaks this protocol, and is not a legacy program. */
export function speaksVersion1(message: Message): boolean {
  const version = header(message, "Version");
  return version !== undefined && /^[1-9][0-9]*$/.test(version);
}
