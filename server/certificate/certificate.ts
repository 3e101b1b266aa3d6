/**
 * The certificate of a server that speaks TLS, and its key, as an operator keeps them: two files in PEM
 * (RFC 7468).
 *
 * @module
 */

import { X509Certificate } from "node:crypto";
import { errorMessage } from "../../shared/errors/error_message.ts";
import { fileReason } from "../../shared/errors/file_error.ts";
import { systemReason } from "../../shared/errors/system_error.ts";
import { ensureOwnCertificate, newCertificate } from "./own_certificate.ts";
import { certificatesIn, type ChainFault, chainFault } from "./chain.ts";

/** Where a certificate and its key are kept. */
export interface CertificateFiles {
  /** The certificate, followed by those of its authorities if it has some. */
  readonly certFile: string;
  readonly keyFile: string;
}

/** A certificate, followed by those of its authorities, and its key; both in PEM. */
export interface TlsKeyPair {
  readonly cert: string;
  readonly key: string;
}

/** A certificate that has been read, with its key. */
export interface Certificate extends TlsKeyPair {
  /** SHA-256 of the certificate itself, in DER, in lower-case hexadecimal: what clients pin. */
  readonly sha256: string;
  readonly validFrom: Date;
  readonly validTo: Date;
  /** What is wrong with the certificates behind it; undefined if nothing is. */
  readonly chainFault: ChainFault | undefined;
  /** Whether every user of this machine may read or write the key. */
  readonly isKeyOpen: boolean;
}

/**
 * Reads a certificate and its key, and checks that a server can use them.
 *
 * @param known One that has been read before; it is returned if the files have not changed since.
 * @throws {Error} If it cannot: a sentence that names the file.
 */
export async function readCertificate(
  files: CertificateFiles,
  known?: Certificate,
): Promise<Certificate> {
  const { certFile, keyFile } = files;
  const cert = await read(certFile, "certificate");
  const key = await read(keyFile, "key");
  if (cert === known?.cert && key === known.key) return known;
  checkPair({ cert, key }, files);
  return certificateOf({ cert, key }, await isOpen(keyFile));
}

/**
 * A server's own certificate, which is made if it has none yet. It is kept in its data, or lasts as long as the program.
 *
 * @param directory Of its data; undefined if it keeps none.
 * @returns The certificate, and its files if it has some.
 * @throws {Error} If it cannot be kept or used: a sentence that names the file.
 */
export async function ownCertificate(
  directory: string | undefined,
): Promise<{ readonly certificate: Certificate; readonly files: CertificateFiles | undefined }> {
  if (directory === undefined) {
    const pem = newCertificate(Date.now());
    return { certificate: certificateOf({ cert: pem, key: pem }, false), files: undefined };
  }
  const path = ensureOwnCertificate(directory);
  const files = { certFile: path, keyFile: path };
  return { certificate: await readCertificate(files), files };
}

function certificateOf({ cert, key }: TlsKeyPair, isKeyOpen: boolean): Certificate {
  const { fingerprint256, validFrom, validTo } = new X509Certificate(cert);
  return {
    cert,
    key,
    sha256: fingerprint256.replaceAll(":", "").toLowerCase(),
    validFrom: new Date(validFrom),
    validTo: new Date(validTo),
    chainFault: chainFault(cert),
    isKeyOpen,
  };
}

/** On Windows, and on disks without modes, nobody can say. */
async function isOpen(file: string): Promise<boolean> {
  try {
    return ((await Deno.stat(file)).mode! & 0o006) !== 0;
  } catch {
    return false;
  }
}

async function read(file: string, what: string): Promise<string> {
  try {
    return await Deno.readTextFile(file);
  } catch (cause) {
    throw new Error(`Cannot read the ${what} ${file}: ${fileReason(cause)}`, { cause });
  }
}

/** @throws {Error} If a listener does not accept the pair. */
function checkPair(pair: TlsKeyPair, { certFile, keyFile }: CertificateFiles): void {
  try {
    tryPair(pair);
  } catch (cause) {
    const words = errorMessage(cause);
    throw new Error(
      words.includes("KeyMismatch") && hasOwnBehind(pair)
        ? `The certificates in ${certFile} are in the wrong order: the server's own has to be the first`
        : words.includes("KeyMismatch")
        ? `The key in ${keyFile} does not belong to the certificate in ${certFile}`
        : /\bkeys?\b/i.test(words)
        ? `${keyFile} holds no usable private key: it must be PEM, without a passphrase`
        : /\bcertificates?\b/i.test(words)
        ? `${certFile} holds no usable certificate: it must be PEM, as in ` +
          "-----BEGIN CERTIFICATE-----, and of X.509 version 3"
        : `Cannot try the certificate in ${certFile}: ${systemReason(cause)}`,
      { cause },
    );
  }
}

/** @throws {Error} If a listener does not accept the pair. */
function tryPair(pair: TlsKeyPair): void {
  Deno.listenTls({ hostname: "127.0.0.1", port: 0, ...pair }).close();
}

/** Whether the key belongs to a certificate that is not the first. */
function hasOwnBehind({ cert, key }: TlsKeyPair): boolean {
  return certificatesIn(cert).slice(1).some((one) => {
    try {
      tryPair({ cert: `${one}\n`, key });
      return true;
    } catch {
      return false;
    }
  });
}
