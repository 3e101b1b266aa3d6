// Each word is tried by itself. That these words come about is shown in tls_test.ts, with real certificates.

import { assertEquals } from "@std/assert";
import { connectFailure, tlsConnectFailure } from "../../../client/transport/connect_failure.ts";

const withCode = (code: string) => Object.assign(new Error("words"), { code });

Deno.test("why nobody was reached is told by the system's code", () => {
  const failures: [error: unknown, failure: ReturnType<typeof connectFailure>][] = [
    [withCode("ECONNREFUSED"), { is: "no-listener" }],
    [withCode("ENOTFOUND"), { is: "no-such-host" }],
    [withCode("EAI_AGAIN"), { is: "not-looked-up" }],
    [withCode("ETIMEDOUT"), { is: "no-answer" }],
    [new Deno.errors.TimedOut(), { is: "no-answer" }],
    [new Deno.errors.NotCapable(), { is: "not-permitted" }],
    [
      new Error("failed to lookup address information: Name or service not known"),
      { is: "no-such-host" },
    ],
    [
      new Error("failed to lookup address information: No such host is known. (os error 11001)"),
      { is: "no-such-host" },
    ],
    [
      new Error("failed to lookup address information: Temporary failure in name resolution"),
      { is: "not-looked-up" },
    ],
    [new Error("failed to lookup address information: Try again"), { is: "not-looked-up" }],
    [
      new Error("Network is unreachable (os error 101)"),
      { is: "other", reason: "Network is unreachable" },
    ],
    ["words", { is: "other", reason: "words" }],
  ];
  for (const [error, failure] of failures) {
    assertEquals(connectFailure(error), failure);
    assertEquals(tlsConnectFailure(error), failure);
  }
});

Deno.test("why there is no TLS is told by the words of rustls and node:tls", () => {
  const failures: [words: string, failure: ReturnType<typeof tlsConnectFailure>][] = [
    ["invalid peer certificate: UnknownIssuer", { is: "unknown-authority" }],
    ["invalid peer certificate: Other(CaUsedAsEndEntity)", { is: "self-signed" }],
    ["invalid peer certificate: BadSignature", { is: "bad-signature" }],
    ["unable to verify the first certificate", { is: "bad-signature" }],
    ["self-signed certificate", { is: "bad-signature" }],
    ["certificate has expired", { is: "bad-signature" }],
    ["invalid peer certificate: Expired", { is: "expired" }],
    ["invalid peer certificate: certificate expired: ExpiredContext", { is: "expired" }],
    [
      "invalid peer certificate: certificate expired: verification time 1795661856 (UNIX), but " +
      "certificate is not valid after 1795575456 (86400 seconds ago)",
      { is: "expired" },
    ],
    ["invalid peer certificate: NotValidYet", { is: "not-valid-yet" }],
    [
      "invalid peer certificate: certificate not valid yet: verification time 1795661856 (UNIX), " +
      "but certificate is not valid before 1795748256 (86400 seconds in future)",
      { is: "not-valid-yet" },
    ],
    ["invalid peer certificate: NotValidForName", { is: "other-name", names: [] }],
    [
      'certificate not valid for name "a"; certificate is only valid for DnsName("b.example") or ' +
      "IpAddress(Ipv4Addr(192.0.2.1))",
      { is: "other-name", names: ["b.example", "192.0.2.1"] },
    ],
    ["received corrupt message of type InvalidContentType", { is: "no-tls" }],
    ["wrong version number", { is: "no-tls" }],
    ["Client network socket disconnected before secure TLS connection", { is: "hung-up" }],
    ["read ECONNRESET", { is: "hung-up" }],
    ["no valid native root CA certificates: platform certificates", {
      is: "no-system-authorities",
    }],
    ["invalid certificate: BadEncoding", { is: "unusable-authorities" }],
    ["something else", { is: "other", reason: "something else" }],
  ];
  for (const [words, failure] of failures) {
    assertEquals(tlsConnectFailure(new Error(words)), failure, words);
  }
  assertEquals(tlsConnectFailure(new Deno.errors.UnexpectedEof()), { is: "hung-up" });
  assertEquals(tlsConnectFailure(new Deno.errors.ConnectionReset()), { is: "hung-up" });
  // Without TLS these words mean nothing.
  assertEquals(connectFailure(new Error("UnknownIssuer")), {
    is: "other",
    reason: "UnknownIssuer",
  });
});
