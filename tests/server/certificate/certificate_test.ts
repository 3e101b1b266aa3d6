import { assertEquals, assertRejects } from "@std/assert";
import { readCertificate } from "../../../server/certificate/certificate.ts";
import { Authority } from "../../support/certificates.ts";

Deno.test("a certificate is read with its fingerprint and its dates", async () => {
  using authority = new Authority();
  const issued = authority.issue({ days: 3 });
  const certificate = await readCertificate(issued);
  assertEquals(certificate.cert, issued.cert);
  assertEquals(certificate.key, issued.key);
  assertEquals(certificate.sha256, issued.sha256);
  assertEquals(certificate.validTo.getTime() - certificate.validFrom.getTime(), 3 * 24 * 3600_000);
  // If the authority's certificate follows, the first one still counts.
  const chain = authority.path("chain.pem");
  await Deno.writeTextFile(chain, issued.cert + authority.cert);
  const { sha256 } = await readCertificate({ certFile: chain, keyFile: issued.keyFile });
  assertEquals(sha256, issued.sha256);
});

Deno.test("if the certificate cannot be used, the error is a sentence that names the file", async () => {
  using authority = new Authority();
  const { certFile, keyFile, cert, key } = authority.issue();
  const other = authority.issue();
  const write = async (name: string, text: string) => {
    const path = authority.path(name);
    await Deno.writeTextFile(path, text);
    return path;
  };
  const missing = authority.path("missing.pem");
  const empty = await write("empty.pem", "");
  const half = await write("half.pem", cert.slice(0, cert.length / 2));
  const halfKey = await write("half.key", key.slice(0, key.length / 2));
  const emptyBlock = await write(
    "block.pem",
    "-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n",
  );
  const version1 = authority.version1();
  const noCertificate = (file: string) => `${file} holds no usable certificate: it must be PEM`;
  const noKey = (file: string) => `${file} holds no usable private key: it must be PEM`;
  const cases: [certFile: string, keyFile: string, said: string][] = [
    [missing, keyFile, `Cannot read the certificate ${missing}: there is no such file`],
    [certFile, missing, `Cannot read the key ${missing}: there is no such file`],
    [authority.path(""), keyFile, `Cannot read the certificate ${authority.path("")}: `],
    [certFile, other.keyFile, `The key in ${other.keyFile} does not belong to the certificate in`],
    [keyFile, keyFile, noCertificate(keyFile)],
    [certFile, certFile, noKey(certFile)],
    [empty, keyFile, noCertificate(empty)],
    [half, keyFile, noCertificate(half)],
    [emptyBlock, keyFile, noCertificate(emptyBlock)],
    [version1.certFile, version1.keyFile, noCertificate(version1.certFile)],
    [certFile, empty, noKey(empty)],
    [certFile, halfKey, noKey(halfKey)],
  ];
  for (const [certFile, keyFile, said] of cases) {
    await assertRejects(() => readCertificate({ certFile, keyFile }), Error, said);
  }
});

Deno.test("a chain that is not whole, or in the wrong order, is called that", async () => {
  using root = new Authority("Root");
  using middle = new Authority("Middle", root);
  using low = new Authority("Low", middle);
  const leaf = low.issue();
  const certFile = root.path("chain.pem");
  const faultOf = async (...certificates: string[]) => {
    await Deno.writeTextFile(certFile, certificates.join(""));
    return (await readCertificate({ certFile, keyFile: leaf.keyFile })).chainFault;
  };
  assertEquals(await faultOf(leaf.cert, low.cert, middle.cert, root.cert), undefined);
  assertEquals(await faultOf(leaf.cert), { is: "incomplete", authority: "CN=Low" });
  assertEquals(await faultOf(leaf.cert, low.cert), undefined, "clients may know Middle");
  assertEquals(await faultOf(leaf.cert, middle.cert, root.cert), {
    is: "incomplete",
    authority: "CN=Low",
  });
  assertEquals(await faultOf(leaf.cert, middle.cert, low.cert, root.cert), { is: "order" });
  assertEquals(await faultOf(leaf.cert, root.cert, middle.cert, low.cert), { is: "order" });
  await assertRejects(
    () => faultOf(low.cert, leaf.cert),
    Error,
    `The certificates in ${certFile} are in the wrong order: the server's own has to be the first`,
  );
  // One that nobody else has signed is whole by itself.
  const own = root.selfSigned();
  assertEquals((await readCertificate(own)).chainFault, undefined);
});
