/**
 * Certificates for tests, made by `openssl` as an operator would.
 *
 * @module
 */

import { createPrivateKey, createPublicKey, X509Certificate } from "node:crypto";
import { fromBase64url } from "../../shared/bytes/base64url.ts";
import { temporaryDirectory } from "./places.ts";

/** A certificate with its key, and the files that they are in. */
export interface Issued {
  readonly cert: string;
  readonly key: string;
  readonly certFile: string;
  readonly keyFile: string;
  /** SHA-256 of its DER, in lower-case hexadecimal. */
  readonly sha256: string;
}

/** What the certificates are for, unless a test says otherwise. */
const localNames = "DNS:localhost,IP:127.0.0.1";
const ecKey = ["-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes"];

/** An authority, and a directory for what it issues, which goes when it is disposed of. */
export class Authority implements Disposable {
  readonly #place = temporaryDirectory();
  #issued = 0;
  readonly certFile = this.path("authority.pem");
  readonly cert: string;

  /** @param issuer The authority that vouches for it; by default it is a root. */
  constructor(name = "Authority", issuer?: Authority) {
    const keyFile = this.path("authority.key");
    const extensions = ["-addext", "keyUsage=critical,keyCertSign"];
    const args = ["-subj", `/CN=${name}`, "-days", "2", ...extensions];
    if (issuer === undefined) {
      openssl("req", "-x509", ...ecKey, ...args, "-keyout", keyFile, "-out", this.certFile);
    } else {
      const [request, file] = [this.path("own-request.pem"), this.path("own-extensions")];
      Deno.writeTextFileSync(
        file,
        "basicConstraints=critical,CA:TRUE\nkeyUsage=critical,keyCertSign\n",
      );
      openssl("req", "-new", ...ecKey, "-subj", `/CN=${name}`, "-keyout", keyFile, "-out", request);
      openssl(
        ...["x509", "-req", "-in", request, "-out", this.certFile, "-extfile", file, "-days", "2"],
        ...["-CA", issuer.certFile, "-CAkey", issuer.path("authority.key"), "-CAcreateserial"],
      );
    }
    this.cert = Deno.readTextFileSync(this.certFile);
  }

  /** The path of a file in its directory. */
  path(name: string): string {
    return `${this.#place.path}/${name}`;
  }

  /**
   * Issues a certificate.
   *
   * @param days How long it is valid; with -1 it has expired already.
   */
  issue({ names = localNames, days = 2 } = {}): Issued {
    const [certFile, keyFile] = this.#files();
    const [request, extensions] = [this.path("request.pem"), this.path("extensions")];
    Deno.writeTextFileSync(extensions, `subjectAltName=${names}\nbasicConstraints=CA:FALSE\n`);
    openssl("req", "-new", ...ecKey, "-subj", "/CN=leaf", "-keyout", keyFile, "-out", request);
    openssl(
      ...["x509", "-req", "-in", request, "-out", certFile, "-extfile", extensions],
      ...["-CA", this.certFile, "-CAkey", this.path("authority.key"), "-CAcreateserial"],
      ...["-days", String(days)],
    );
    return issued(certFile, keyFile);
  }

  /** Issues a certificate that is valid between two times, as authorities do. */
  issueBetween(from: Date, to: Date, names = localNames): Issued {
    const [certFile, keyFile] = this.#files();
    const [request, extensions] = [this.path("request.pem"), this.path("extensions")];
    const [config, index] = [this.path("ca.conf"), this.path("index.txt")];
    Deno.writeTextFileSync(extensions, `subjectAltName=${names}\nbasicConstraints=CA:FALSE\n`);
    Deno.writeTextFileSync(index, "");
    Deno.writeTextFileSync(
      config,
      `[ca]\ndefault_ca=own\n[own]\ndatabase=${index}\nnew_certs_dir=${this.path("")}\n` +
        "rand_serial=yes\ndefault_md=sha256\npolicy=any\n[any]\ncommonName=optional\n",
    );
    openssl("req", "-new", ...ecKey, "-subj", "/CN=leaf", "-keyout", keyFile, "-out", request);
    openssl(
      ...["ca", "-batch", "-notext", "-config", config, "-in", request, "-out", certFile],
      ...["-cert", this.certFile, "-keyfile", this.path("authority.key"), "-extfile", extensions],
      ...["-startdate", generalizedTime(from), "-enddate", generalizedTime(to)],
    );
    return issued(certFile, keyFile);
  }

  /** Makes a certificate that no authority has signed; without extensions it is its own authority. */
  selfSigned(...extensions: string[]): Issued {
    const [certFile, keyFile] = this.#files();
    const args = ["-subj", "/CN=chat.example.org", "-days", "3650"];
    const more = extensions.flatMap((extension) => ["-addext", extension]);
    openssl("req", "-x509", ...ecKey, ...args, ...more, "-keyout", keyFile, "-out", certFile);
    return issued(certFile, keyFile);
  }

  /** Makes a certificate of X.509 version 1, which has no extensions. */
  version1(): Issued {
    const [certFile, keyFile] = this.#files();
    const request = this.path("request.pem");
    openssl("req", "-new", ...ecKey, "-subj", "/CN=leaf", "-keyout", keyFile, "-out", request);
    openssl("x509", "-req", "-in", request, "-signkey", keyFile, "-days", "2", "-out", certFile);
    return issued(certFile, keyFile);
  }

  /**
   * A certificate in the hands of somebody else: the file of a key that passes for its own and signs with
   * another. It has the public point of the one and the secret of the other.
   */
  forgeKey(certificate: Issued): string {
    const coordinates = createPublicKey(certificate.cert).export({ format: "jwk" });
    const secret = createPrivateKey(this.issue().key).export({ format: "jwk" });
    const hex = (text: string | undefined) => fromBase64url(text!, 32)!.toHex();
    // ECPrivateKey (RFC 5915 section 3) on P-256.
    const der = `30770201010420${hex(secret.d)}a00a06082a8648ce3d030107a14403420004` +
      hex(coordinates.x) + hex(coordinates.y);
    const file = this.path(`forged-${++this.#issued}.key`);
    const base64 = Uint8Array.fromHex(der).toBase64().replaceAll(/.{64}/g, "$&\n");
    Deno.writeTextFileSync(
      file,
      `-----BEGIN EC PRIVATE KEY-----\n${base64}\n-----END EC PRIVATE KEY-----\n`,
    );
    return file;
  }

  [Symbol.dispose](): void {
    this.#place[Symbol.dispose]();
  }

  #files(): [certFile: string, keyFile: string] {
    const name = `leaf-${++this.#issued}`;
    return [this.path(`${name}.pem`), this.path(`${name}.key`)];
  }
}

/** A time as certificates write it (RFC 5280 section 4.1.2.5.2). */
function generalizedTime(time: Date): string {
  return time.toISOString().replace(/\.\d+/, "").replaceAll(/[-T:]/g, "");
}

function issued(certFile: string, keyFile: string): Issued {
  const [cert, key] = [Deno.readTextFileSync(certFile), Deno.readTextFileSync(keyFile)];
  const sha256 = new X509Certificate(cert).fingerprint256.replaceAll(":", "").toLowerCase();
  return { cert, key, certFile, keyFile, sha256 };
}

function openssl(...args: string[]): void {
  const { success, stderr } = new Deno.Command("openssl", { args }).outputSync();
  if (!success) throw new Error(`openssl ${args[0]}: ${new TextDecoder().decode(stderr)}`);
}
