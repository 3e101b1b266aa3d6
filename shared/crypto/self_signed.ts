/**
 * Certificates that nobody has signed but their own key (RFC 5280), for connections whose other end is told the
 * certificate beforehand: TLS asks for one, and it proves nothing else.
 *
 * @module
 */

import { concat } from "@std/bytes/concat";
import { generateKeyPairSync, randomBytes, sign } from "node:crypto";

/** A certificate and its key. */
export interface SelfSigned {
  /** The certificate in DER. */
  readonly certificate: Uint8Array;
  /** The certificate in PEM (RFC 7468). */
  readonly certPem: string;
  readonly keyPem: string;
}

/**
 * Makes a certificate for a name, with a new Ed25519 key (RFC 8410).
 *
 * @param name At most 32 letters, digits, dots and hyphens.
 * @param until Until when it is valid; if not given, as long as anybody may use it.
 */
export function selfSigned(name: string, until?: Date): SelfSigned {
  const { publicKey, privateKey } = generateKeyPairSync("ed25519");
  const serial = randomBytes(8);
  // A positive number whose first byte is not zero, as DER has it.
  serial[0] = serial[0]! & 0x3f | 0x40;
  const ed25519 = der(sequence, objectId(0x2b, 0x65, 0x70));
  const named = der(sequence, der(set, der(sequence, commonName, der(utf8String, text(name)))));
  const validity = der(
    sequence,
    der(generalizedTime, text("20200101000000Z")),
    der(generalizedTime, text(until === undefined ? endOfTime : timeText(until))),
  );
  const names = der(sequence, der(dnsName, text(name)));
  const extensions = der(sequence, der(sequence, subjectAltName, der(octetString, names)));
  const claims = der(
    sequence,
    der(context0, der(integer, new Uint8Array([2]))),
    der(integer, serial),
    ed25519,
    named,
    validity,
    named,
    publicKey.export({ type: "spki", format: "der" }),
    der(context3, extensions),
  );
  const signature = sign(null, claims, privateKey);
  const noUnusedBits = new Uint8Array([0]);
  const certificate = der(sequence, claims, ed25519, der(bitString, noUnusedBits, signature));
  return {
    certificate,
    certPem: certificatePem(certificate),
    keyPem: String(privateKey.export({ type: "pkcs8", format: "pem" })),
  };
}

/** RFC 5280 section 4.1.2.5. */
const endOfTime = "99991231235959Z";

function timeText(time: Date): string {
  return `${time.toISOString().replaceAll(/[-:T]|\..*/g, "")}Z`;
}

/** Writes a certificate as PEM. */
export function certificatePem(certificate: Uint8Array): string {
  const lines = certificate.toBase64().replace(/.{1,64}/g, "$&\n");
  return `-----BEGIN CERTIFICATE-----\n${lines}-----END CERTIFICATE-----\n`;
}

const sequence = 0x30;
const set = 0x31;
const integer = 0x02;
const bitString = 0x03;
const octetString = 0x04;
const utf8String = 0x0c;
const generalizedTime = 0x18;
const context0 = 0xa0;
const context3 = 0xa3;
const dnsName = 0x82;
const commonName = objectId(0x55, 0x04, 0x03);
const subjectAltName = objectId(0x55, 0x1d, 0x11);

function objectId(...bytes: number[]): Uint8Array {
  return der(0x06, new Uint8Array(bytes));
}

function text(value: string): Uint8Array {
  return new TextEncoder().encode(value);
}

/** A tag, the length and the value (ITU-T X.690), of up to 65,535 bytes. */
function der(tag: number, ...values: Uint8Array[]): Uint8Array {
  const value = concat(values);
  const { length } = value;
  const size = length < 128
    ? [length]
    : length < 256
    ? [0x81, length]
    : [0x82, length >> 8, length & 0xff];
  return concat([new Uint8Array([tag, ...size]), value]);
}
