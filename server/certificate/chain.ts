/**
 * Whether the certificates of a server lead from its own to an authority that clients can know (RFC 8446
 * section 4.4.2).
 *
 * @module
 */

import { X509Certificate } from "node:crypto";

/** What is wrong with the certificates in a file. Some clients trust the server all the same. */
export type ChainFault =
  /** Some certificate is not followed by its authority's. */
  | { readonly is: "order" }
  /** The certificate of the authority that has signed the server's own is missing. */
  | { readonly is: "incomplete"; readonly authority: string };

/** The certificates in a text, each by itself, in PEM. */
export function certificatesIn(pem: string): string[] {
  return pem.match(/-----BEGIN CERTIFICATE-----[^-]*-----END CERTIFICATE-----/g) ?? [];
}

/**
 * What is wrong with certificates, the first of which is the server's own; undefined if nothing is. Which
 * authorities clients know is not known here, so the last one may be signed by any.
 *
 * @throws {Error} If one of them cannot be read.
 */
export function chainFault(pem: string): ChainFault | undefined {
  const certificates = certificatesIn(pem).map((one) => new X509Certificate(one));
  const own = certificates[0]!;
  if (own.issuer === own.subject) return undefined;
  if (!certificates.some(({ subject }) => subject === own.issuer)) {
    return { is: "incomplete", authority: own.issuer.replaceAll("\n", ", ") };
  }
  const isFollowed = certificates.every(({ issuer }, i) =>
    i === certificates.length - 1 || certificates[i + 1]!.subject === issuer
  );
  return isFollowed ? undefined : { is: "order" };
}
