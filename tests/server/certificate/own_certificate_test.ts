// The certificate that a server makes itself.

import { assertEquals, assertMatch, assertRejects, assertThrows } from "@std/assert";
import { X509Certificate } from "node:crypto";
import { ownCertificate } from "../../../server/certificate/certificate.ts";
import {
  ensureOwnCertificate,
  newCertificate,
} from "../../../server/certificate/own_certificate.ts";
import { releasedAtMs } from "../../../shared/process/release.ts";
import { modeOf, temporaryDirectory } from "../../support/places.ts";

Deno.test("it is made once, for the server alone, and stays", async () => {
  using data = temporaryDirectory();
  const { certificate, files } = await ownCertificate(data.path);
  if (Deno.build.os !== "windows") assertEquals(modeOf(files!.keyFile), 0o600);
  assertEquals((await ownCertificate(data.path)).certificate, certificate);
  assertEquals([certificate.isKeyOpen, certificate.chainFault], [false, undefined]);
});

Deno.test("a damaged one is said, and never replaced", async () => {
  using data = temporaryDirectory();
  const path = ensureOwnCertificate(data.path);
  const whole = await Deno.readTextFile(path);
  const key = whole.indexOf("-----BEGIN PRIVATE KEY");
  for (const half of ["", whole.slice(0, 100), whole.slice(0, key), whole.slice(key)]) {
    await Deno.writeTextFile(path, half);
    const error = await assertRejects(() => ownCertificate(data.path), Error);
    assertMatch(error.message, /tls\.pem holds no usable (certificate|private key): /);
    assertEquals(await Deno.readTextFile(path), half);
  }
});

Deno.test("where it cannot be kept it is said so", () => {
  using data = temporaryDirectory();
  const place = `${data.path}/none`;
  assertThrows(() => ensureOwnCertificate(place), Error, "Cannot keep a certificate in");
});

Deno.test("it is valid for 20 years, also if the clock is behind", () => {
  const end = (nowMs: number) => new Date(new X509Certificate(newCertificate(nowMs)).validTo);
  const released = new Date(releasedAtMs).getUTCFullYear();
  assertEquals(end(0).getUTCFullYear(), released + 20);
  assertEquals(end(Date.UTC(2040, 5, 1)).getTime(), Date.UTC(2060, 5, 1));
});

Deno.test("without a directory it lasts as long as the program", async () => {
  const [one, other] = [await ownCertificate(undefined), await ownCertificate(undefined)];
  assertEquals([one.files, one.certificate.sha256 === other.certificate.sha256], [
    undefined,
    false,
  ]);
});
