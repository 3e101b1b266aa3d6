/**
 * Dialing a server, in the clear or with TLS.
 *
 * @module
 */

import { closeQuietly } from "../../shared/net/close_quietly.ts";
import { systemReason } from "../../shared/errors/system_error.ts";
import { UserError } from "../user_error.ts";
import {
  connectWithin,
  dial,
  type DialOptions,
  type ServerConn,
  unreachableReason,
} from "./tcp.ts";
import { connectPinned, UnprovenCertificate, WrongCertificate } from "./pinned_tls.ts";
import {
  formatServerAddress,
  type ServerAddress,
  type ServerTls,
} from "../../shared/net/server_address.ts";

/**
 * Dials a server. Where it speaks TLS its certificate has been verified when this is done, and nothing
 * has been sent before.
 *
 * @throws {UserError} Where nobody answers there, in time, or is not who is meant; `cause` says more.
 */
export async function dialServer(
  address: ServerAddress,
  options: DialOptions,
): Promise<ServerConn> {
  const { tls } = address;
  if (tls === undefined) return await dial(address, "the server", options);
  return await connectWithin(
    (givenUp) =>
      tls.pin === undefined
        ? connectVerified(address, tls, givenUp)
        : connectPinned(address, tls.pin, givenUp),
    options,
    (cause) => failure(address, tls, cause),
  );
}

async function connectVerified(
  { host, port }: ServerAddress,
  { authorities }: ServerTls,
  givenUp: AbortSignal,
): Promise<Deno.TlsConn> {
  askSystemForAuthorities();
  const tcp = await Deno.connect({ hostname: host, port });
  // Of a connection with TLS it cannot be changed any more.
  tcp.setNoDelay(true);
  const caCerts = authorities === undefined ? [] : [authorities];
  let conn: Deno.TlsConn | undefined;
  // What waits for the handshake ends with the connection.
  const onAbort = () => closeQuietly(conn ?? tcp);
  givenUp.addEventListener("abort", onAbort);
  try {
    if (givenUp.aborted) throw givenUp.reason;
    conn = await Deno.startTls(tcp, { hostname: host, caCerts });
    await conn.handshake();
    return conn;
  } catch (error) {
    closeQuietly(conn ?? tcp);
    throw error;
  } finally {
    givenUp.removeEventListener("abort", onAbort);
  }
}

/**
 * Has Deno take the authorities that the system trusts, where the user says nothing else: it would take
 * its own list. It reads this when it first needs them, in the compiled program, too.
 */
function askSystemForAuthorities(): void {
  const variable = "DENO_TLS_CA_STORE";
  try {
    if (Deno.env.get(variable) === undefined) Deno.env.set(variable, "system");
  } catch (error) {
    // Who runs the program with fewer permissions gets Deno's own list.
    if (!(error instanceof Deno.errors.NotCapable)) throw error;
  }
}

function failure(address: ServerAddress, { pin }: ServerTls, cause: unknown): UserError {
  const place = formatServerAddress(address);
  if (cause instanceof WrongCertificate) {
    const counts = pin!.toHex();
    return new UserError(
      `The server at ${place} shows the certificate ${cause.sha256}, and the one that counts is ` +
        `${counts}: somebody may be in the middle, or the server has a new one. Nothing was sent; ` +
        "ask the server's operator",
      { cause },
    );
  }
  if (cause instanceof UnprovenCertificate) {
    return new UserError(
      `Cannot make sure of the server at ${place} by its fingerprint: ${cause.message}. Nothing was ` +
        "sent; --ca FILE verifies it by its authority",
      { cause },
    );
  }
  const reason = unreachableReason(cause) ?? tlsReason(cause, place) ?? systemReason(cause);
  return new UserError(`Cannot reach the server at ${place}: ${reason}`, { cause });
}

/** Why TLS did not come about, where there are words for it. */
function tlsReason(error: unknown, place: string): string | undefined {
  if (error instanceof Deno.errors.UnexpectedEof || error instanceof Deno.errors.ConnectionReset) {
    return hungUp;
  }
  const words = error instanceof Error ? error.message : "";
  return reasons.find(([pattern]) => pattern.test(words))?.[1](place, words);
}

const hungUp = "it hung up before TLS was agreed on; it is full, or speaks none";

type Reason = (place: string, words: string) => string;

const pinIt: Reason = (place) =>
  `${place}?sha256=… names it by its fingerprint, which the server prints`;

const reasons: readonly (readonly [pattern: RegExp, reason: Reason])[] = [
  [
    /UnknownIssuer/,
    (place, words) =>
      "its certificate is of no authority that is trusted here: --ca FILE names another, or " +
      pinIt(place, words),
  ],
  [
    /CaUsedAsEndEntity/,
    (place, words) => `its certificate is of no authority but its own: ${pinIt(place, words)}`,
  ],
  [
    // Of a pinned certificate `node:tls` names what else is wrong with it when the signature is.
    /BadSignature|unable to verify|self-signed certificate|certificate (has expired|is not yet)/,
    () => "what it signs with is not what its certificate says: somebody may be in the middle",
  ],
  [/Expired/, () => "its certificate has expired, which the server's operator has to see to"],
  [/NotValidYet/, () => "its certificate is not valid yet, or this machine's clock is wrong"],
  [
    /not valid for name|NotValidForName/,
    (_place, words) => {
      const names = [...words.matchAll(/(?:DnsName|IpAddress)\(([^()]*(?:\([^()]*\))?)\)/g)];
      const list = names.map(([, name]) => name!.replaceAll(/["()]|Ipv[46]Addr/g, "")).join(", ");
      return "its certificate is for another name" + (list === "" ? "" : `: ${list}`);
    },
  ],
  [
    /corrupt message|wrong version number/,
    (place) => `it speaks no TLS; without encryption it is ${place.replace("tls://", "")}`,
  ],
  [/socket disconnected|ECONNRESET/, () => hungUp],
  [
    /platform certificates/,
    () => "the authorities that this system trusts cannot be read: --ca FILE names one",
  ],
  [/BadEncoding/, () => "the file that --ca names holds no certificate that can be read"],
];
