/**
 * Two people with one name: where the messages of one end and those of the other begin.
 *
 * @module
 */

import { fingerprintOf, type PublicKey } from "../../../shared/crypto/public_key.ts";
import { makeVisible } from "../../../shared/text/visible.ts";
import type { HistoryEntry } from "../../store/store.ts";

/** Whom a message is from or to, or whose key is saved now. */
export type Person = Pick<HistoryEntry, "name" | "key">;

/**
 * Says that another person begins here, safe to print. No message looks like it.
 *
 * @param before The message before, with the same name; undefined if there is none.
 * @returns Undefined if it is the same person.
 */
export function personChange(
  { name, key }: Person,
  before: Person | undefined,
): string | undefined {
  if (before === undefined || before.key === key) return undefined;
  return `— from here on ${makeVisible(name)} has ${keyWords(key)}; before, ${
    keyWords(before.key)
  }`;
}

function keyWords(key: PublicKey | undefined): string {
  return key === undefined ? "no key" : `the key ${fingerprintOf(key)}`;
}
