import { assertEquals } from "@std/assert";
import fc from "fast-check";
import { selfSignedBytesMax } from "../../../shared/protocol/limits.ts";
import { formatCertificate, parseCertificate } from "../../../shared/protocol/quic.ts";

Deno.test("a certificate is read as it was written, if it is not too long", () => {
  fc.assert(fc.property(fc.uint8Array({ minLength: 1, maxLength: 600 }), (certificate) => {
    const read = parseCertificate(formatCertificate(certificate));
    assertEquals(read, certificate.length <= selfSignedBytesMax ? certificate : undefined);
  }));
});

Deno.test("no certificate, and what is no base64url, is none", () => {
  for (const text of [undefined, "", "a", "====", "AAA=", "AA AA", "é".repeat(4)]) {
    assertEquals(parseCertificate(text), undefined, text);
  }
});
