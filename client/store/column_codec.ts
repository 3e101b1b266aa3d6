/**
 * How values stand in the columns of the store.
 *
 * @module
 */

import { type PublicKey, publicKeyBytes, publicKeyFrom } from "../../shared/crypto/public_key.ts";
import { isId } from "../../shared/protocol/random_id.ts";

/** The two ends of a conversation, as columns have them. */
export interface PartyColumns {
  readonly self: string;
  readonly name: string;
  /** The key's 32 bytes; none if the peer has no key. */
  readonly key: Uint8Array;
}

/** A key as a column has it: its bytes, and none if there is no key. */
export function keyToColumn(key: PublicKey | undefined): Uint8Array {
  return key === undefined ? new Uint8Array() : publicKeyBytes(key);
}

/** Gives back what {@linkcode keyToColumn} was given. */
export function keyFromColumn(value: Uint8Array): PublicKey | undefined {
  return value.length === 0 ? undefined : publicKeyFrom(value);
}

/** An id as a column has it: 128 bits in hexadecimal take half the room as bytes. */
export function idToColumn(id: string): Uint8Array | string {
  return isId(id) ? Uint8Array.fromHex(id) : id;
}

/** Gives back what {@linkcode idToColumn} was given. */
export function idFromColumn(value: Uint8Array | string): string {
  return typeof value === "string" ? value : value.toHex();
}

// SQLite's interface reads a text up to its first NUL. A mark and a sign stand for a NUL, and two marks for one.
const nul = "\0";
const mark = "\u0001";
const nulSign = "\u0002";

/** A text as a column has it, if it is not sealed. */
export function textToColumn(text: string): string {
  if (!text.includes(nul) && !text.includes(mark)) return text;
  return text.replaceAll(mark, mark + mark).replaceAll(nul, mark + nulSign);
}

/** Gives back what {@linkcode textToColumn} was given. */
export function textFromColumn(value: string): string {
  if (!value.includes(mark)) return value;
  // Between two such pairs, each mark that is left belongs to a sign.
  return value.split(mark + mark).map((part) => part.replaceAll(mark + nulSign, nul)).join(mark);
}
