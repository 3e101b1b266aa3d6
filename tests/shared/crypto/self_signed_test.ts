import { assert, assertEquals } from "@std/assert";
import { X509Certificate } from "node:crypto";
import { certificatePem, selfSigned } from "../../../shared/crypto/self_signed.ts";
import { selfSignedBytesMax } from "../../../shared/protocol/limits.ts";

Deno.test("a certificate is for its name, signed by its own key, and no authority", () => {
  const { certificate, certPem, keyPem } = selfSigned("p2pchat.example");
  const read = new X509Certificate(certPem);
  assertEquals(read.subject, "CN=p2pchat.example");
  assertEquals(read.issuer, read.subject);
  assertEquals(read.checkHost("p2pchat.example"), "p2pchat.example");
  assertEquals(read.checkHost("other.example"), undefined);
  assertEquals(read.ca, false);
  assertEquals(new Uint8Array(read.raw), certificate);
  assert(certificate.length <= selfSignedBytesMax);
  assertEquals(certificatePem(certificate), certPem);
  assert(keyPem.startsWith("-----BEGIN PRIVATE KEY-----\n"));
});

Deno.test("no two certificates are the same, nor their numbers", () => {
  const made = Array.from({ length: 100 }, () => new X509Certificate(selfSigned("a").certPem));
  assertEquals(new Set(made.map(({ serialNumber }) => serialNumber)).size, 100);
  assertEquals(new Set(made.map(({ fingerprint256 }) => fingerprint256)).size, 100);
});
