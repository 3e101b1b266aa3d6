/**
 * What can go wrong with connections, as codes and fields.
 *
 * @module
 */

import type { Address } from "../../shared/net/address.ts";
import type { KeptSource } from "../../shared/net/named_address.ts";

/** What goes wrong with connections. */
export type TransportProblem =
  | {
    readonly code: "peer-unreachable";
    /** Who was called; undefined if that is not known. */
    readonly name: string | undefined;
    readonly address: Address;
    readonly why: ConnectFailure;
  }
  | {
    /** An address is not called, for what it is and who has named it. */
    readonly code: "address-not-called";
    /** Who was meant; undefined if that is not known. */
    readonly name: string | undefined;
    readonly address: Address;
    readonly namedBy: Exclude<KeptSource, "user"> | "server";
    /** What kind of address it is. `loopback` is one of this machine itself, `unusable` nobody's. */
    readonly objection: "private" | "link-local" | "loopback" | "unusable";
    /** The IP address that a name stands for; left out if the address is one. */
    readonly resolved?: string;
  }
  /** Somebody wants to be called over their server alone. */
  | { readonly code: "peer-relay-only"; readonly name: string | undefined }
  | {
    readonly code: "server-unreachable";
    /** As the user names it, such as `tls://example.org:5555`. */
    readonly server: string;
    readonly why: ConnectFailure | TlsFailure;
  }
  | {
    /** A server has presented another certificate than the one with the fingerprint in its address. */
    readonly code: "other-certificate";
    readonly server: string;
    /** SHA-256 in hexadecimal, or its beginning in base32 if that is how it was named; so is `expected`. */
    readonly presented: string;
    readonly expected: string;
  }
  | {
    /** A server has presented the expected certificate, but may not have its key. */
    readonly code: "certificate-unproven";
    readonly server: string;
    readonly why: UnprovenCause;
  }
  | {
    /** The file of authorities that the user names cannot be read. */
    readonly code: "ca-file-unreadable";
    readonly file: string;
    readonly reason: string;
  }
  | {
    /** The file of authorities that the user names holds no certificate, or a malformed one. */
    readonly code: "ca-file-without-certificate";
    readonly file: string;
  };

/** Why nobody is reached at an address. */
export type ConnectFailure =
  | {
    readonly is: "no-listener" | "no-such-host" | "not-looked-up" | "no-answer" | "not-permitted";
  }
  | { readonly is: "other"; readonly reason: string };

/** Why there is no TLS with a server. */
export type TlsFailure =
  | {
    readonly is:
      | "hung-up"
      | "no-tls"
      | "unknown-authority"
      | "self-signed"
      | "bad-signature"
      | "expired"
      | "not-valid-yet"
      | "no-system-authorities"
      | "unusable-authorities";
  }
  | {
    /** The certificate is not for this server. */
    readonly is: "other-name";
    /** The names that it is for. */
    readonly names: readonly string[];
  };

/** Why it cannot be verified that a server has the key of its certificate. */
export type UnprovenCause = "old-runtime" | "unusual-certificate";
