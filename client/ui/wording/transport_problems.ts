/**
 * The sentences for what goes wrong with connections.
 *
 * @module
 */

import { formatAddress } from "../../../shared/net/address.ts";
import type {
  ConnectFailure,
  TlsFailure,
  TransportProblem,
  UnprovenCause,
} from "../../problems/transport_problem.ts";
import type { Sentences } from "./sentences.ts";

/** The sentences. */
export const transportSentences: Sentences<TransportProblem> = {
  "peer-unreachable": ({ name, address, why }) =>
    `Cannot reach ${name ?? "a client"} at ${formatAddress(address)}: ${connectWords(why)}`,
  "address-not-called": (problem) => notCalledWords(problem),
  "peer-relay-only": ({ name }) => `${name ?? "Who is there"} is reached over the server alone`,
  "server-unreachable": ({ server, why }) =>
    `Cannot reach the server at ${server}: ${connectWords(why, server)}`,
  "other-certificate": ({ server, presented, expected }) =>
    `The server at ${server} shows the certificate ${presented}, and the expected one is ` +
    `${expected}: somebody may be in the middle, or the server has a new one. Nothing was sent; ` +
    "ask the server's operator",
  "certificate-unproven": ({ server, why }) =>
    `Cannot verify the server at ${server} by its fingerprint: ${
      unprovenWords[why]
    }. Nothing was ` +
    "sent; --ca FILE verifies it by its authority",
  "ca-file-unreadable": ({ file, reason }) => `Cannot read the authorities ${file}: ${reason}`,
  "ca-file-without-certificate": ({ file }) =>
    `${file} holds no certificate that can be used: it has to be PEM, as in ` +
    "-----BEGIN CERTIFICATE-----",
};

type NotCalled = Extract<TransportProblem, { code: "address-not-called" }>;

function notCalledWords({ name, address, namedBy, objection, resolved }: NotCalled): string {
  const place = formatAddress(address) + (resolved === undefined ? "" : ` (${resolved})`);
  return `${namerWords[namedBy]} ${name ?? "somebody"} is at ${place}, ` +
    `${objectionWords[objection]}, so nobody was called` +
    (objection === "unusable"
      ? ""
      : `; if you know that it is right, /chat ${formatAddress(address)} calls it`);
}

const namerWords: Readonly<Record<NotCalled["namedBy"], string>> = {
  server: "The server says that",
  contact: "As was said over the last connection,",
  caller: "Somebody unknown has said that",
  mail: "A mail says that",
  unknown: "As far as was known before,",
};

const objectionWords: Readonly<Record<NotCalled["objection"], string>> = {
  "private": "a private address in none of your own networks",
  "link-local": "an address that machines have only for their own link",
  "loopback": "an address of your own machine",
  "unusable": "an address at which nobody can be",
};

/** @param server The server's address as the user names it, if it is one that is not reached. */
function connectWords(why: ConnectFailure | TlsFailure, server = ""): string {
  switch (why.is) {
    case "no-listener":
      return "nobody listens there";
    case "no-such-host":
      return "there is no such host";
    case "not-looked-up":
      return "its name cannot be looked up at the moment; is this machine online?";
    case "no-answer":
      return "no answer within the time";
    case "not-permitted":
      return "the program is not permitted to connect there";
    case "other":
      return why.reason;
    case "hung-up":
      return "it hung up before TLS was agreed on; it is full, or speaks none";
    case "no-tls":
      return `it speaks no TLS; without encryption it is ${server.replace("tls://", "")}`;
    case "unknown-authority":
      return "its certificate is of no authority that is trusted here: --ca FILE names another, " +
        `or ${pinned(server)}`;
    case "self-signed":
      return `its certificate is of no authority but its own: ${pinned(server)}`;
    case "bad-signature":
      return "its signature does not fit its certificate: somebody may be in the middle";
    case "expired":
      return "its certificate has expired; ask the server's operator to renew it";
    case "not-valid-yet":
      return "its certificate is not valid yet, or this machine's clock is wrong";
    case "other-name":
      return "its certificate is for another name" +
        (why.names.length === 0 ? "" : `: ${why.names.join(", ")}`);
    case "no-system-authorities":
      return "the authorities that this system trusts cannot be read: --ca FILE names one";
    case "unusable-authorities":
      return "the file that --ca names holds no certificate that can be read";
  }
}

function pinned(server: string): string {
  return `${server}?sha256=… names it by its fingerprint, which the server prints`;
}

const unprovenWords: Readonly<Record<UnprovenCause, string>> = {
  "old-runtime": "the program's Deno is older than 2.9",
  "unusual-certificate": "the certificate is of an unusual form",
};
