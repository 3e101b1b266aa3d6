/**
 * The id of a conversation: the same on both sides, and on each device of a person.
 *
 * @module
 */

import { createHash } from "node:crypto";

/** One of the two who talk. */
export interface Party {
  /** The fingerprint of the key; undefined for a client that cannot encrypt. */
  readonly person: string | undefined;
  /** The client's id; the place that it is called at if it has none. */
  readonly name: string;
}

const label = "p2pchat conversation 1";
const idBytes = 16;

/**
 * The id of the conversation of two: the first 128 bits, in hexadecimal, of SHA-256 over a label and both
 * parties as `fingerprint/name` in the order of their bytes, each with a zero byte before it. A party
 * without a key has the word `plaintext` in the place of its fingerprint.
 */
export function conversationId(one: Party, other: Party): string {
  const parties = [one, other].map(({ person, name }) => `${person ?? "plaintext"}/${name}`);
  const hash = createHash("sha256").update([label, ...parties.toSorted()].join("\0")).digest();
  return new Uint8Array(hash.subarray(0, idBytes)).toHex();
}
