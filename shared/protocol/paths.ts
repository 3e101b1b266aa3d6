/**
 * The messages by which two clients tell each other where they can be reached (PROTOCOL.md section 5): the PATHS
 * that asks and the PATHSACK that answers, each written and read here.
 *
 * @module
 */

import { type Address, formatAddress, isIpAddress, parseAddress } from "../net/address.ts";
import { candidatesMax } from "./limits.ts";
import { type Header, header, headerValues, type Message, message } from "./message.ts";
import { formatCertificate, parseCertificate } from "./quic.ts";
import { randomId } from "./random_id.ts";

/** Somewhere that a client can perhaps be reached. */
export interface Candidate {
  /**
   * `udp` is for QUIC through routers, and `tcp-so` for a simultaneous open of TCP (RFC 6544): with each of them both
   * sides try at the same moment.
   */
  readonly transport: "tcp" | "udp" | "tcp-so";
  /** Its host is an IP address. */
  readonly address: Address;
}

/** Where a client can perhaps be reached. */
export interface PathOffer {
  /** Those first that should be tried first. */
  readonly candidates: readonly Candidate[];
  /** The certificate, in DER, by which it is known over QUIC; left out if it cannot be met so. */
  readonly certificate?: Uint8Array;
}

const transports = ["tcp", "udp", "tcp-so"] as const;

/** Tells a peer where we can be reached, and asks where it can. */
export function pathsQuestion(offer: PathOffer): Message {
  return message("PATHS", [["Id", randomId()], ...headersOf(offer)]);
}

/** Answers a PATHS. @param offer Left out if the peer is not to know. */
export function pathsAnswer(question: Message, offer?: PathOffer): Message {
  return message("PATHSACK", [
    ["Id", header(question, "Id") ?? ""],
    ...offer === undefined ? [] : headersOf(offer),
  ]);
}

/**
 * Reads a PATHS or PATHSACK. Candidates of a kind that is not known, or that are malformed, are left out, and so
 * are those beyond `candidatesMax`.
 */
export function readPathOffer(said: Message): PathOffer {
  const candidates = headerValues(said, "Candidate").slice(0, candidatesMax)
    .map(parseCandidate).filter((candidate) => candidate !== undefined);
  const certificate = parseCertificate(header(said, "Certificate"));
  return { candidates, ...certificate && { certificate } };
}

function headersOf({ candidates, certificate }: PathOffer): Header[] {
  const headers = candidates.slice(0, candidatesMax).map(({ transport, address }): Header => [
    "Candidate",
    `${transport} ${formatAddress(address)}`,
  ]);
  if (certificate !== undefined) headers.push(["Certificate", formatCertificate(certificate)]);
  return headers;
}

function parseCandidate(line: string): Candidate | undefined {
  const [name, text = "", ...more] = line.split(" ");
  const transport = transports.find((transport) => transport === name);
  const address = parseAddress(text);
  if (transport === undefined || more.length > 0) return undefined;
  return address === undefined || !isIpAddress(address.host) || address.port === 0
    ? undefined
    : { transport, address };
}
