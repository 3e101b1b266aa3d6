import type { TransportProblem } from "../../../../client/problems/transport_problem.ts";
import { assertSentences, type SentenceCases } from "../../../support/problems.ts";

const address = { host: "192.0.2.1", port: 5556 };
const server = "tls://chat.example:5555";
const peer = (why: Extract<TransportProblem, { code: "peer-unreachable" }>["why"]) =>
  ({ code: "peer-unreachable", name: "bob", address, why }) as const;
const notCalled = (more: Partial<Extract<TransportProblem, { code: "address-not-called" }>>) =>
  ({
    code: "address-not-called",
    name: "bob",
    address: { host: "192.168.1.1", port: 80 },
    namedBy: "server",
    objection: "private",
    ...more,
  }) as const;
const unreachable = (why: Extract<TransportProblem, { code: "server-unreachable" }>["why"]) =>
  ({ code: "server-unreachable", server, why }) as const;

const cases: SentenceCases<TransportProblem> = {
  "peer-relay-only": [
    [{ code: "peer-relay-only", name: "bob" }, "bob is reached over the server alone"],
    [
      { code: "peer-relay-only", name: undefined },
      "Who is there is reached over the server alone",
    ],
  ],
  "peer-unreachable": [
    [peer({ is: "no-listener" }), "Cannot reach bob at 192.0.2.1:5556: nobody listens there"],
    [
      { ...peer({ is: "no-answer" }), name: undefined },
      "Cannot reach a client at 192.0.2.1:5556: no answer within the time",
    ],
    [peer({ is: "no-such-host" }), "Cannot reach bob at 192.0.2.1:5556: there is no such host"],
    [
      peer({ is: "not-looked-up" }),
      "Cannot reach bob at 192.0.2.1:5556: its name cannot be looked up at the moment; " +
      "is this machine online?",
    ],
    [
      peer({ is: "not-permitted" }),
      "Cannot reach bob at 192.0.2.1:5556: the program is not permitted to connect there",
    ],
    [
      peer({ is: "other", reason: "Network is unreachable" }),
      "Cannot reach bob at 192.0.2.1:5556: Network is unreachable",
    ],
  ],
  "address-not-called": [
    [
      notCalled({}),
      "The server says that bob is at 192.168.1.1:80, a private address in none of your own networks, " +
      "so nobody was called; if you know that it is right, /chat 192.168.1.1:80 calls it",
    ],
    [
      notCalled({
        address: { host: "bob.example", port: 80 },
        resolved: "fe80::1",
        objection: "link-local",
        namedBy: "mail",
        name: undefined,
      }),
      "A mail says that somebody is at bob.example:80 (fe80::1), an address that machines have only " +
      "for their own link, so nobody was called; if you know that it is right, /chat bob.example:80 " +
      "calls it",
    ],
    [
      notCalled({ address: { host: "::1", port: 1 }, objection: "loopback", namedBy: "caller" }),
      "Somebody unknown has said that bob is at [::1]:1, an address of your own machine, so nobody " +
      "was called; if you know that it is right, /chat [::1]:1 calls it",
    ],
    [
      notCalled({ namedBy: "contact" }),
      "As was said over the last connection, bob is at 192.168.1.1:80, a private address in none of " +
      "your own networks, so nobody was called; if you know that it is right, /chat 192.168.1.1:80 " +
      "calls it",
    ],
    [
      notCalled({
        address: { host: "0.0.0.0", port: 1 },
        objection: "unusable",
        namedBy: "unknown",
      }),
      "As far as was known before, bob is at 0.0.0.0:1, an address at which nobody can be, so nobody " +
      "was called",
    ],
  ],
  "server-unreachable": [
    [
      unreachable({ is: "no-listener" }),
      `Cannot reach the server at ${server}: nobody listens there`,
    ],
    [
      unreachable({ is: "hung-up" }),
      `Cannot reach the server at ${server}: it hung up before TLS was agreed on; it is full, or ` +
      "speaks none",
    ],
    [
      unreachable({ is: "no-tls" }),
      `Cannot reach the server at ${server}: it speaks no TLS; without encryption it is ` +
      "chat.example:5555",
    ],
    [
      unreachable({ is: "unknown-authority" }),
      `Cannot reach the server at ${server}: its certificate is of no authority that is trusted ` +
      `here: --ca FILE names another, or ${server}?sha256=… names it by its fingerprint, which ` +
      "the server prints",
    ],
    [
      unreachable({ is: "self-signed" }),
      `Cannot reach the server at ${server}: its certificate is of no authority but its own: ` +
      `${server}?sha256=… names it by its fingerprint, which the server prints`,
    ],
    [
      unreachable({ is: "bad-signature" }),
      `Cannot reach the server at ${server}: its signature does not fit its certificate: somebody ` +
      "may be in the middle",
    ],
    [
      unreachable({ is: "expired" }),
      `Cannot reach the server at ${server}: its certificate has expired; ask the server's ` +
      "operator to renew it",
    ],
    [
      unreachable({ is: "not-valid-yet" }),
      `Cannot reach the server at ${server}: its certificate is not valid yet, or this machine's ` +
      "clock is wrong",
    ],
    [
      unreachable({ is: "other-name", names: ["a.example", "192.0.2.7"] }),
      `Cannot reach the server at ${server}: its certificate is for another name: a.example, ` +
      "192.0.2.7",
    ],
    [
      unreachable({ is: "other-name", names: [] }),
      `Cannot reach the server at ${server}: its certificate is for another name`,
    ],
    [
      unreachable({ is: "no-system-authorities" }),
      `Cannot reach the server at ${server}: the authorities that this system trusts cannot be ` +
      "read: --ca FILE names one",
    ],
    [
      unreachable({ is: "unusable-authorities" }),
      `Cannot reach the server at ${server}: the file that --ca names holds no certificate that ` +
      "can be read",
    ],
  ],
  "other-certificate": [[
    { code: "other-certificate", server, presented: "aa", expected: "bb" },
    `The server at ${server} shows the certificate aa, and the expected one is bb: somebody may be ` +
    "in the middle, or the server has a new one. Nothing was sent; ask the server's operator",
  ]],
  "certificate-unproven": [
    [
      { code: "certificate-unproven", server, why: "old-runtime" },
      `Cannot verify the server at ${server} by its fingerprint: the program's Deno is older than ` +
      "2.9. Nothing was sent; --ca FILE verifies it by its authority",
    ],
    [
      { code: "certificate-unproven", server, why: "unusual-certificate" },
      `Cannot verify the server at ${server} by its fingerprint: the certificate is of an unusual ` +
      "form. Nothing was sent; --ca FILE verifies it by its authority",
    ],
  ],
  "ca-file-unreadable": [[
    { code: "ca-file-unreadable", file: "ca.pem", reason: "that is a directory; name a file" },
    "Cannot read the authorities ca.pem: that is a directory; name a file",
  ]],
  "ca-file-without-certificate": [[
    { code: "ca-file-without-certificate", file: "ca.pem" },
    "ca.pem holds no certificate that can be used: it has to be PEM, as in " +
    "-----BEGIN CERTIFICATE-----",
  ]],
};

Deno.test("each thing that can go wrong with connections has its sentence", () => {
  assertSentences(cases);
});
