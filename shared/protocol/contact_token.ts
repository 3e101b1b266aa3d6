/**
 * Contact tokens: how somebody's contacts are known at a server that does not know who they are.
 *
 * A person gives each contact a token, over the encrypted link. The server gets no more than hashes: of each token
 * together with the contact's key. Whoever shows a token has to have that key as well.
 *
 * @module
 */

import { createHash } from "node:crypto";
import { concat } from "@std/bytes/concat";
import { type PublicKey, publicKeyBytes } from "../crypto/public_key.ts";

/** Bytes of an entry in the list that a server has. */
export const contactEntryBytes = 16;

/** Entries of one part of a list, about: the bytes of a hash spread them evenly, but not quite. */
const entriesOfPart = 350;

const tokenPattern = /^[0-9a-f]{32}$/;
const label = new TextEncoder().encode("p2pchat contact 1\0");

/** Reads a `Token`: 128 bits in hexadecimal. @returns Undefined if it is malformed. */
export function parseContactToken(text: string): Uint8Array | undefined {
  return tokenPattern.test(text) ? Uint8Array.fromHex(text) : undefined;
}

/**
 * The entry of a contact in the list that a server has: the first 128 bits of the SHA-256 of the label, the token
 * and the contact's key.
 *
 * @param token Undefined for a contact whose program knows no tokens.
 */
export function contactEntry(token: Uint8Array | undefined, contact: PublicKey): Uint8Array {
  const key = publicKeyBytes(contact);
  return new Uint8Array(
    createHash("sha256").update(concat([label, token ?? new Uint8Array(), key])).digest(),
  ).subarray(0, contactEntryBytes);
}

/** Which part of a list an entry is in, from 0. Both sides find it by the entry's first byte. */
export function partOfEntry(entry: Uint8Array, parts: number): number {
  return entry[0]! % parts;
}

/** Divides a list into parts, each of which fits into a message: sorted, with the entries one after the other. */
export function contactParts(entries: readonly Uint8Array[]): Uint8Array[] {
  const count = Math.max(1, Math.ceil(entries.length / entriesOfPart));
  const parts = Array.from({ length: count }, (): Uint8Array[] => []);
  const inOrder = new Map(entries.map((entry) => [entry.toHex(), entry]));
  for (const [, entry] of [...inOrder].toSorted(([a], [b]) => a < b ? -1 : 1)) {
    parts[partOfEntry(entry, count)]!.push(entry);
  }
  return parts.map((part) => concat(part));
}

/** What tells two lists from each other: the first 128 bits of the SHA-256 of their parts, in order. */
export function contactsDigest(parts: readonly Uint8Array[]): string {
  const hash = createHash("sha256");
  for (const part of parts) hash.update(part);
  return hash.digest("hex").slice(0, 32);
}

/** Whether a part, or a list of one, has an entry. */
export function hasEntry(part: Uint8Array, entry: Uint8Array): boolean {
  for (let at = 0; at < part.length; at += contactEntryBytes) {
    if (entry.every((byte, i) => byte === part[at + i])) return true;
  }
  return false;
}

/** A list of contacts, as a server says what it has. */
export interface ContactsState {
  /** How often its owner has made all tokens anew. */
  readonly epoch: number;
  readonly digest: string;
}

/** Writes `Contacts`: an epoch and a digest. */
export function formatContacts({ epoch, digest }: ContactsState): string {
  return `${epoch} ${digest}`;
}

/** Reads `Contacts`. @returns Undefined if it is malformed. */
export function parseContacts(text: string | undefined): ContactsState | undefined {
  const [, epoch, digest] = /^(0|[1-9][0-9]{0,14}) ([0-9a-f]{32})$/.exec(text ?? "") ?? [];
  return epoch === undefined ? undefined : { epoch: Number(epoch), digest: digest! };
}
