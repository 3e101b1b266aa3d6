/**
 * Why no connection came about, told from the error of the system or of TLS.
 *
 * @module
 */

import { errorMessage } from "../../shared/errors/error_message.ts";
import { lookupFailure, systemReason } from "../../shared/errors/system_error.ts";
import type { ConnectFailure, TlsFailure } from "../problems/transport_problem.ts";
import { ResolverSilent } from "./connect_to_host.ts";

/** Why nobody was reached. */
export function connectFailure(error: unknown): ConnectFailure {
  return knownFailure(error) ?? otherFailure(error);
}

/** Why no connection with TLS came about. */
export function tlsConnectFailure(error: unknown): ConnectFailure | TlsFailure {
  return knownFailure(error) ?? tlsFailure(error) ?? otherFailure(error);
}

/** Undefined if it is none of those that have a code. */
function knownFailure(error: unknown): ConnectFailure | undefined {
  if (error instanceof ResolverSilent) return { is: "not-looked-up" };
  if (error instanceof Deno.errors.TimedOut) return { is: "no-answer" };
  if (error instanceof Deno.errors.NotCapable) return { is: "not-permitted" };
  const lookup = lookupFailure(error);
  if (lookup !== undefined) return { is: lookup };
  const code = error instanceof Error && "code" in error ? String(error.code) : "";
  return systemFailures[code];
}

function otherFailure(error: unknown): ConnectFailure {
  return { is: "other", reason: systemReason(error) };
}

const systemFailures: Readonly<Record<string, ConnectFailure>> = {
  EAI_AGAIN: { is: "not-looked-up" },
  ECONNREFUSED: { is: "no-listener" },
  ENOTFOUND: { is: "no-such-host" },
  ETIMEDOUT: { is: "no-answer" },
};

/** Undefined if it is none of those that have a code. */
function tlsFailure(error: unknown): TlsFailure | undefined {
  if (error instanceof Deno.errors.UnexpectedEof || error instanceof Deno.errors.ConnectionReset) {
    return { is: "hung-up" };
  }
  const words = errorMessage(error);
  const found = tlsFailures.find(([pattern]) => pattern.test(words))?.[1];
  return found?.is === "other-name" ? { is: "other-name", names: namesIn(words) } : found;
}

/**
 * The words of rustls, which Deno's own TLS uses, and of `node:tls`, by what they mean. Neither gives a code
 * that tells these apart.
 */
const tlsFailures: readonly (readonly [words: RegExp, failure: TlsFailure])[] = [
  [/UnknownIssuer/, { is: "unknown-authority" }],
  [/CaUsedAsEndEntity/, { is: "self-signed" }],
  [
    // Of a pinned certificate `node:tls` names what else is wrong with it when the signature is.
    /BadSignature|unable to verify|self-signed certificate|certificate (has expired|is not yet)/,
    { is: "bad-signature" },
  ],
  [/Expired|certificate expired/, { is: "expired" }],
  [/NotValidYet|certificate not valid yet/, { is: "not-valid-yet" }],
  [/not valid for name|NotValidForName/, { is: "other-name", names: [] }],
  [/corrupt message|wrong version number/, { is: "no-tls" }],
  [/socket disconnected|ECONNRESET/, { is: "hung-up" }],
  [/platform certificates/, { is: "no-system-authorities" }],
  [/BadEncoding/, { is: "unusable-authorities" }],
];

/** The names that a certificate is valid for, as rustls lists them. */
function namesIn(words: string): string[] {
  const names = [...words.matchAll(/(?:DnsName|IpAddress)\(([^()]*(?:\([^()]*\))?)\)/g)];
  return names.map(([, name]) => name!.replaceAll(/["()]|Ipv[46]Addr/g, ""));
}
