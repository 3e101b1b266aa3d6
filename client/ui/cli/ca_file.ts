/**
 * The file of authorities that `--ca` names.
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
 * @returns The text of the file.
 * @throws {UserError} If it cannot be read, or holds no certificate or one that is malformed.
 */
export async function readAuthorities(file: string): Promise<string> {
  let text;
  try {
    text = await Deno.readTextFile(file);
  } catch (cause) {
    throw new UserError({ code: "ca-file-unreadable", file, reason: fileReason(cause) }, { cause });
  }
  const found = text.match(certificates) ?? [];
  try {
    for (const certificate of found) new X509Certificate(certificate);
    if (found.length > 0) return text;
  } catch {
    // One is malformed, which is said below.
  }
  throw new UserError({ code: "ca-file-without-certificate", file });
}
