/**
 * TLS with a server whose certificate is known by its fingerprint, for a Deno before 2.9, which does not check the
 * signature if the certificate is left to the program: the certificate is fetched, and then taken as the authority
 * that vouches for itself, so that Deno has to check it.
 *
 * @module
 */

import type { Address } from "../../shared/net/address.ts";
import { closeQuietly } from "../../shared/net/close_quietly.ts";
import { certificatePem } from "../../shared/crypto/self_signed.ts";
import { connectTcp } from "./tcp.ts";

/** The certificate cannot vouch for itself, or not alone: an authority might vouch for somebody else. */
export class OtherAuthorities extends Error {
  override readonly name = "OtherAuthorities";

  constructor(options?: ErrorOptions) {
    super("OtherAuthorities", options);
  }
}

/**
 * Connects to whoever has the key of a certificate.
 *
 * Deno takes the authorities of its own list as well. None of them may vouch for a name of a single label, and
 * a certificate that has none is not used; nor are authorities of the system, which may be anybody's.
 *
 * @param certificate In DER.
 * @param givenUp When it aborts, what is half open is closed.
 * @throws {OtherAuthorities} If an authority has issued the certificate, or might vouch for somebody else.
 * @throws {Error} If there is no connection, or the other side does not have the key.
 */
export async function connectByOwnAuthority(
  address: Address,
  certificate: Uint8Array,
  givenUp: AbortSignal,
): Promise<Deno.TlsConn> {
  const hostname = unlistedName(certificate);
  if (hostname === undefined || takesSystemAuthorities()) throw new OtherAuthorities();
  const tcp = await connectTcp(address);
  let conn: Deno.TlsConn | undefined;
  const onAbort = () => closeQuietly(conn ?? tcp);
  givenUp.addEventListener("abort", onAbort);
  try {
    if (givenUp.aborted) throw givenUp.reason;
    conn = await Deno.startTls(tcp, { hostname, caCerts: [certificatePem(certificate)] });
    await conn.handshake();
    return conn;
  } catch (error) {
    closeQuietly(conn ?? tcp);
    throw isUnknownIssuer(error) ? new OtherAuthorities({ cause: error }) : error;
  } finally {
    givenUp.removeEventListener("abort", onAbort);
  }
}

/** In DER, what is before the names of a certificate (RFC 5280 section 4.2.1.6), and the tag of one for the DNS. */
const alternativeNames = "\x06\x03\x55\x1d\x11";
const dnsName = "\x82";

/**
 * A name of a certificate that no public authority may vouch for (CA/Browser Forum, section 4.2.2), since it has a
 * single label. Deno before 2.9 does not tell the names. They are looked for byte by byte: if something else is taken
 * for one, the certificate is not good for it, and nothing is connected.
 */
function unlistedName(certificate: Uint8Array): string | undefined {
  const bytes = Array.from(certificate, (byte) => String.fromCharCode(byte)).join("");
  const [, names = ""] = bytes.split(alternativeNames);
  return names.split(dnsName).slice(1)
    .map((part) => part.slice(1, 1 + part.charCodeAt(0)))
    .find((name) => /^[a-z0-9-]+$/i.test(name));
}

/** Whoever else has the name and not the certificate fails for another reason: the signature is none. */
function isUnknownIssuer(error: unknown): boolean {
  return error instanceof Error && error.message.includes("UnknownIssuer");
}

function takesSystemAuthorities(): boolean {
  try {
    return (Deno.env.get("DENO_TLS_CA_STORE") ?? "").includes("system");
  } catch {
    // Without the permission to set it, nobody has.
    return false;
  }
}
