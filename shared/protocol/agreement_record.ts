/**
 * The value of `Agreement`: an X25519 key and its certificate with a number, by which mail can be sealed for somebody
 * who has never been met. Whoever reads it checks it with the Ed25519 key that it should belong to.
 *
 * @module
 */

import { concat } from "@std/bytes/concat";
import { fromBase64url, toBase64url } from "../bytes/base64url.ts";
import {
  type CertificateTerms,
  type Identity,
  numberedCertificateBytes,
  verifyNumberedCertificate,
} from "../crypto/identity.ts";
import { keyBytes, type PublicKey } from "../crypto/public_key.ts";

/** An X25519 key, and what its certificate says. */
export interface AgreementRecord {
  readonly agreement: Uint8Array;
  readonly terms: CertificateTerms;
}

/** Writes an `Agreement`: 144 characters of base64url (RFC 4648). It is the same for the whole day. */
export function formatAgreement(
  { agreement, numberedCertificate }: Pick<Identity, "agreement" | "numberedCertificate">,
): string {
  return toBase64url(concat([agreement.publicKey, numberedCertificate]));
}

/**
 * Reads an `Agreement`.
 *
 * @param key Whose it should be.
 * @returns Undefined if it is malformed, or the owner of the key has not signed it.
 */
export function parseAgreement(key: PublicKey, text: string): AgreementRecord | undefined {
  const bytes = fromBase64url(text, keyBytes + numberedCertificateBytes);
  if (bytes === undefined) return undefined;
  const agreement = bytes.slice(0, keyBytes);
  const terms = verifyNumberedCertificate(key, agreement, bytes.subarray(keyBytes));
  return terms && { agreement, terms };
}

/** Whether two are of the same X25519 key with the same number, and differ in the date at most. */
export function isSameAgreement(one: string, other: string): boolean {
  return one.slice(0, numberedKeyCharacters) === other.slice(0, numberedKeyCharacters);
}

/** The key and the number behind it, in base64url. */
const numberedKeyCharacters = (keyBytes + 4) * 4 / 3;
