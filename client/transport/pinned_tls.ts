/**
 * TLS with a server whose certificate is known by its fingerprint. Deno's own TLS can only have certificates
 * verified by authorities. `node:tls` can leave the certificate to us; it then still checks the signature
 * with which the server proves that it has the certificate's key.
 *
 * @module
 */

import { equals } from "@std/bytes/equals";
import type { Buffer } from "node:buffer";
import type { TLSSocket } from "node:tls";
import { type Address, isIpAddress } from "../../shared/net/address.ts";
import type { UnprovenCause } from "../problems/transport_problem.ts";
import { connectByOwnAuthority, OtherAuthorities } from "./pinned_authority.ts";
import type { ServerConn } from "./tcp.ts";

/** The other side has presented another certificate than the expected one. */
export class WrongCertificate extends Error {
  override readonly name = "WrongCertificate";

  /** @param sha256 The fingerprint of the presented certificate. */
  constructor(readonly sha256: Uint8Array) {
    super(sha256.toHex());
  }
}

/** The certificate is the expected one, but it cannot be verified that the other side has its key. */
export class UnprovenCertificate extends Error {
  override readonly name = "UnprovenCertificate";

  constructor(readonly why: UnprovenCause) {
    super(why);
  }
}

/** Before version 2.9 Deno did not check the signature if the certificate is left to the program. */
const checksSignatures = (() => {
  const [major = 0, minor = 0] = Deno.version.deno.split(".").map(Number);
  return major > 2 || (major === 2 && minor >= 9);
})();

/**
 * Connects. Not one byte is written before the certificate has been found to be the expected one.
 *
 * @param pin SHA-256 of the certificate, in DER, or how that begins.
 * @param givenUp When it aborts, what is half open is closed.
 * @throws {WrongCertificate} If another certificate is presented.
 * @throws {UnprovenCertificate} If this runtime, or the form of the certificate, does not let the signature
 * be verified.
 * @throws {Error} If there is no connection, or no TLS on it.
 */
export async function connectPinned(
  { host, port }: Address,
  pin: Uint8Array,
  givenUp: AbortSignal,
): Promise<ServerConn> {
  // Loaded when needed: most clients do not pin.
  const [{ connect }, { createHash, timingSafeEqual }] = await Promise.all([
    import("node:tls"),
    import("node:crypto"),
  ]);
  const socket = connect({
    host,
    port,
    // An IP address is not a server name (RFC 6066 section 3).
    ...isIpAddress(host) ? {} : { servername: host },
    rejectUnauthorized: false,
  });
  try {
    await secured(socket, givenUp);
    const { raw } = socket.getPeerCertificate(true);
    const shown = new Uint8Array(createHash("sha256").update(raw).digest());
    if (!timingSafeEqual(shown.subarray(0, pin.length), pin)) throw new WrongCertificate(shown);
    if (!isReadable(raw)) throw new UnprovenCertificate("unusual-certificate");
    if (checksSignatures) return new PinnedConn(socket);
    socket.destroy();
    return await provenConn({ host, port }, raw, givenUp);
  } catch (error) {
    socket.destroy();
    throw error;
  }
}

/** A connection on which the signature has been checked by other means. */
async function provenConn(
  address: Address,
  certificate: Uint8Array,
  givenUp: AbortSignal,
): Promise<ServerConn> {
  try {
    return await connectByOwnAuthority(address, certificate, givenUp);
  } catch (error) {
    throw error instanceof OtherAuthorities ? new UnprovenCertificate("old-runtime") : error;
  }
}

/** Waits for the end of the handshake. */
async function secured(socket: TLSSocket, givenUp: AbortSignal): Promise<void> {
  const { promise, resolve, reject } = Promise.withResolvers<void>();
  const onAbort = () => reject(givenUp.reason);
  givenUp.addEventListener("abort", onAbort);
  if (givenUp.aborted) onAbort();
  socket.once("secureConnect", () => resolve());
  // This listener stays: later errors show in the end of the connection that follows them.
  socket.on("error", reject);
  try {
    await promise;
  } finally {
    givenUp.removeEventListener("abort", onAbort);
  }
}

/**
 * Whether Deno's TLS can read a certificate. If it cannot, because it is of X.509 version 1 or malformed,
 * `node:tls` accepts the signature without checking it.
 */
function isReadable(der: Uint8Array): boolean {
  const pem = `-----BEGIN CERTIFICATE-----\n${der.toBase64()}\n-----END CERTIFICATE-----\n`;
  try {
    // Reads the certificate, and does nothing else.
    Deno.createHttpClient({ caCerts: [pem] }).close();
  } catch {
    return false;
  }
  return isVersion3(der);
}

/** Whether a certificate in DER is of version 3 (RFC 5280 section 4.1). */
function isVersion3(der: Uint8Array): boolean {
  const version = Uint8Array.of(0xa0, 3, 2, 1, 2);
  const at = contentAt(der, contentAt(der, 0));
  return equals(der.subarray(at, at + version.length), version);
}

/** Where the content of a DER element begins, behind its tag and its length (X.690 section 8.1). */
function contentAt(der: Uint8Array, at: number): number {
  const length = der[at + 1] ?? 0;
  return at + 2 + (length > 0x80 ? length - 0x80 : 0);
}

/** A connection of `node:tls`, read and written as Deno's are. */
class PinnedConn implements ServerConn {
  readonly localAddr: ServerConn["localAddr"];
  readonly remoteAddr: { readonly hostname: string };
  readonly #socket: TLSSocket;
  /** What has come and is not read yet. How much that is, the server decides, which is trusted. */
  readonly #unread: Uint8Array[] = [];
  #ended = false;
  #changed = Promise.withResolvers<void>();

  constructor(socket: TLSSocket) {
    this.#socket = socket;
    const { localAddress: hostname = "", localPort: port } = socket;
    this.localAddr = { hostname, ...port !== undefined && { port } };
    this.remoteAddr = { hostname: socket.remoteAddress ?? "" };
    socket.setNoDelay(true);
    const end = () => {
      this.#ended = true;
      this.#changed.resolve();
    };
    socket.on("end", end);
    socket.on("close", end);
    socket.on("data", (chunk: Buffer) => {
      this.#unread.push(chunk);
      this.#changed.resolve();
    });
  }

  async read(into: Uint8Array): Promise<number | null> {
    while (this.#unread.length === 0) {
      if (this.#ended) return null;
      await this.#changed.promise;
      this.#changed = Promise.withResolvers();
    }
    const first = this.#unread[0]!;
    const taken = first.subarray(0, into.length);
    into.set(taken);
    if (taken.length === first.length) this.#unread.shift();
    else this.#unread[0] = first.subarray(taken.length);
    return taken.length;
  }

  write(bytes: Uint8Array): Promise<number> {
    const { promise, resolve, reject } = Promise.withResolvers<number>();
    this.#socket.write(bytes, (error) => error ? reject(error) : resolve(bytes.length));
    return promise;
  }

  close(): void {
    this.#socket.destroy();
  }
}
