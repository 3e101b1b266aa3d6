/**
 * A certificate that a server makes itself, for clients that know it by its fingerprint. It is made once, and kept as
 * long as the data of the server: another one would have another fingerprint.
 *
 * @module
 */

import { join } from "node:path";
import { selfSigned } from "../../shared/crypto/self_signed.ts";
import { fileReason } from "../../shared/errors/file_error.ts";
import { releasedAtMs } from "../../shared/process/release.ts";
import { createPrivateFile } from "../../shared/storage/private_file.ts";

/**
 * The name in it. No public authority may vouch for a name of a single label, which a client relies on whose Deno
 * checks no other way (client/transport/pinned_authority.ts).
 */
const name = "p2pchat";
const validYears = 20;
const file = "tls.pem";

/**
 * The file with a server's own certificate and its key, which is made if it is not there.
 *
 * @param directory Of the server's data; it is there.
 * @throws {Error} If it cannot be written: a sentence for people.
 */
export function ensureOwnCertificate(directory: string, nowMs = Date.now()): string {
  const path = join(directory, file);
  try {
    if (!isThere(path)) createPrivateFile(path, newCertificate(nowMs));
  } catch (cause) {
    throw new Error(`Cannot keep a certificate in ${path}: ${fileReason(cause)}`, { cause });
  }
  return path;
}

/** A new certificate, followed by its key, in PEM. */
export function newCertificate(nowMs: number): string {
  // A clock that is behind would make one that is over before it is used.
  const until = new Date(Math.max(nowMs, releasedAtMs));
  until.setUTCFullYear(until.getUTCFullYear() + validYears);
  const { certPem, keyPem } = selfSigned(name, until);
  return certPem + keyPem;
}

function isThere(path: string): boolean {
  try {
    Deno.lstatSync(path);
    return true;
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) return false;
    throw error;
  }
}
