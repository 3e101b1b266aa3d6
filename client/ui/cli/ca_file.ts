/**
 * The authorities that a user names with `--ca`.
 *
 * @module
 */

import { X509Certificate } from "node:crypto";
import { fileReason } from "../../../shared/errors/file_error.ts";
import { UserError } from "../../user_error.ts";

const certificates = /-----BEGIN CERTIFICATE-----[^-]*-----END CERTIFICATE-----/g;

/**
 * Reads certificates of authorities, in PEM (RFC 7468).
 *
 * @returns The text, of which each certificate can be read.
 * @throws {UserError} Where there is none, or one that cannot be read.
 */
export async function readAuthorities(file: string): Promise<string> {
  let text;
  try {
    text = await Deno.readTextFile(file);
  } catch (cause) {
    throw new UserError(`Cannot read the authorities ${file}: ${fileReason(cause)}`, { cause });
  }
  const found = text.match(certificates) ?? [];
  try {
    for (const certificate of found) new X509Certificate(certificate);
    if (found.length > 0) return text;
  } catch {
    // Said below.
  }
  throw new UserError(
    `${file} holds no certificate that can be used: it has to be PEM, as in ` +
      "-----BEGIN CERTIFICATE-----",
  );
}
