// What becomes of a server's certificate as time goes by.

import { assertEquals, assertMatch } from "@std/assert";
import { type Certificate, readCertificate } from "../../server/certificate/certificate.ts";
import { CertificateKeeper } from "../../server/certificate_keeper.ts";
import { createLog } from "../../shared/process/log.ts";
import { Authority, type Issued } from "../support/certificates.ts";
import { FakeClock } from "../support/fake_clock.ts";

const authority = new Authority();
addEventListener("unload", () => authority[Symbol.dispose]());
const dayMs = 24 * 60 * 60_000;

/** A keeper whose clock the test turns, of a certificate that is valid so many days before and after now. */
async function setUp(from: number, to: number) {
  const clock = new FakeClock();
  const inDays = (days: number) => new Date(clock.timeOfDay() + days * dayMs);
  const issue = (from: number, to: number): Issued => {
    const { cert, ...issued } = authority.issueBetween(inDays(from), inDays(to));
    return { ...issued, cert: cert + authority.cert };
  };
  const files = { certFile: authority.path("kept.pem"), keyFile: authority.path("kept.key") };
  const put = ({ cert, key }: Partial<Issued>) => {
    if (cert !== undefined) Deno.writeTextFileSync(files.certFile, cert);
    if (key !== undefined) Deno.writeTextFileSync(files.keyFile, key);
  };
  put(issue(from, to));
  if (Deno.build.os !== "windows") await Deno.chmod(files.keyFile, 0o600);
  const lines: string[] = [];
  const log = createLog({ level: "info", format: "text", write: (line) => lines.push(line) });
  const used: string[] = [];
  const use = (certificate: Certificate) => {
    used.push(certificate.sha256);
    return Promise.resolve();
  };
  const certificate = await readCertificate(files);
  const keeper = new CertificateKeeper({ files, certificate, use, clock, log });
  return {
    issue,
    put,
    used,
    keeper,
    /** Lets time pass. @returns The lines that were logged, without their times. */
    pass: async (ms: number) => {
      await clock.pass(ms);
      // Files are read in their own time.
      for (let i = 0; i < 3; i++) await new Promise((resolve) => setTimeout(resolve, 30));
      return lines.splice(0).map((line) => line.slice(line.indexOf(" ") + 1));
    },
    [Symbol.asyncDispose]: () => keeper[Symbol.asyncDispose](),
  };
}

Deno.test("the end of a certificate is said from 14 days before, daily, and then as an error", async () => {
  await using t = await setUp(-70, 16);
  assertEquals(await t.pass(dayMs), []);
  const found = await t.pass(dayMs);
  assertEquals(found.length, 1);
  assertMatch(found[0]!, /^warn +the certificate ends soon: put a new .* days=14 to=2030-01-17/);
  assertMatch((await t.pass(dayMs)).join(), /^warn +the certificate ends soon: .* days=13 [^,]*$/);
  assertMatch((await t.pass(dayMs / 2)).join(), /^$/);
  await t.pass(12.5 * dayMs);
  const over = await t.pass(2 * dayMs);
  assertEquals(over.length, 2);
  assertMatch(over[0]!, /^error the certificate is not valid today: clients refuse it/);
});

Deno.test("a certificate that is not valid yet is said", async () => {
  await using t = await setUp(1, 70);
  assertMatch(
    (await t.pass(0)).join(),
    /^warn +the certificate is not valid today: clients refuse/,
  );
  assertEquals(await t.pass(2 * dayMs), []);
});

Deno.test("a certificate that is newer on the disk is taken, and nothing else is", async () => {
  await using t = await setUp(-10, 70);
  const newer = t.issue(-1, 80);
  // The key comes later.
  t.put({ cert: newer.cert });
  assertEquals(await t.pass(10_000), []);
  t.put({ key: newer.key });
  assertEquals(await t.pass(10_000), []);
  assertEquals(t.used, [newer.sha256]);
  await t.pass(60_000);
  t.put(t.issue(-5, 90));
  await t.pass(60_000);
  assertEquals(t.used.length, 1, "an older one");
  await t.keeper.reload();
  assertEquals(t.used.length, 2, "an older one on SIGHUP");
});

Deno.test("a file that stays unusable is said once, and the old certificate stays", async () => {
  await using t = await setUp(-10, 70);
  t.put({ key: t.issue(-1, 80).key });
  assertEquals(await t.pass(10_000), []);
  assertMatch(
    (await t.pass(10_000)).join(),
    /^error cannot use the new certificate; the old one stays in use error="The key in [^,]*$/,
  );
  assertEquals(await t.pass(10_000), []);
  assertEquals(await t.pass(10_000), []);
  assertEquals(t.used, []);
});

Deno.test({
  name: "a key that every user of the machine can read is warned of, each time that it is read",
  ignore: Deno.build.os === "windows",
  fn: async () => {
    await using t = await setUp(-70, 100);
    assertEquals(await t.pass(0), []);
    await Deno.chmod(authority.path("kept.key"), 0o644);
    t.put(t.issue(-60, 100));
    const lines = await t.pass(10_000);
    assertMatch(
      lines[0] ?? "",
      /^warn +every user of this machine can get at the private key.* file=/,
    );
    assertEquals(t.used.length, 1);
  },
});
