/**
 * TLS with a server whose certificate is known by its fingerprint. Deno's own TLS has certificates
 * verified by authorities alone; `node:tls` can leave the certificate to us, and then what remains to it
 * is the signature, by which the server proves that the certificate's key is its own.
 *
 * @module
 */

import { equals } from "@std/bytes/equals";
import type { Buffer } from "node:buffer";
import type { TLSSocket } from "node:tls";
import { type Address, isIpAddress } from "../../shared/net/address.ts";
import type { ServerConn } from "./tcp.ts";

/** Whoever was reached has shown another certificate than the one that counts. */
export class WrongCertificate extends Error {
  override readonly name = "WrongCertificate";

  /** @param sha256 Fingerprint of the certificate shown, in lower-case hexadecimal. */
  constructor(readonly sha256: string) {
    super(`The certificate is another one: ${sha256}`);
  }
}

/** The certificate is the one that counts, and that its key is the server's cannot be made sure of. */
export class UnprovenCertificate extends Error {
  override readonly name = "UnprovenCertificate";
}

/** Until this version Deno did not look at the signature where the certificate is left to the program. */
const checksSignatures = (() => {
  const [major = 0, minor = 0] = Deno.version.deno.split(".").map(Number);
  return major > 2 || (major === 2 && minor >= 9);
})();

/**
 * Connects. Not one byte is written before the certificate has proven to be the right one.
 *
 * @param pin SHA-256 of the certificate, in DER.
 * @param givenUp Closes the connection while it is being made.
 * @throws {WrongCertificate}
 * @throws {UnprovenCertificate} Where this runtime or the certificate does not allow to make sure.
 * @throws {Error} Where there is no connection, or no TLS on it.
 */
export async function connectPinned(
  { host, port }: Address,
  pin: Uint8Array,
  givenUp: AbortSignal,
): Promise<ServerConn> {
  if (!checksSignatures) {
    throw new UnprovenCertificate("the program's Deno is older than 2.9");
  }
  // Loaded when needed: most clients do without.
  const [{ connect }, { createHash, timingSafeEqual }] = await Promise.all([
    import("node:tls"),
    import("node:crypto"),
  ]);
  const socket = connect({
    host,
    port,
    // An address is no server name (RFC 6066 section 3).
    ...isIpAddress(host) ? {} : { servername: host },
    rejectUnauthorized: false,
  });
  try {
    await secured(socket, givenUp);
    const { raw } = socket.getPeerCertificate(true);
    const shown = createHash("sha256").update(raw).digest();
    if (!timingSafeEqual(shown, pin)) throw new WrongCertificate(shown.toString("hex"));
    if (!isReadable(raw)) throw new UnprovenCertificate("the certificate is of an unusual form");
    return new PinnedConn(socket);
  } catch (error) {
    socket.destroy();
    throw error;
  }
}

/** Done when the handshake is. */
async function secured(socket: TLSSocket, givenUp: AbortSignal): Promise<void> {
  const { promise, resolve, reject } = Promise.withResolvers<void>();
  const onAbort = () => reject(givenUp.reason);
  givenUp.addEventListener("abort", onAbort);
  if (givenUp.aborted) onAbort();
  socket.once("secureConnect", () => resolve());
  // Stays: later errors are told by the end that follows them.
  socket.on("error", reject);
  try {
    await promise;
  } finally {
    givenUp.removeEventListener("abort", onAbort);
  }
}

/**
 * Whether a certificate is one that Deno's TLS can read. Where it cannot, because it is of X.509 version 1
 * or not well-formed, `node:tls` takes the signature for right without looking at it.
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

/** Whether a certificate in DER begins as RFC 5280 section 4.1 has it for version 3. */
function isVersion3(der: Uint8Array): boolean {
  const version = Uint8Array.of(0xa0, 3, 2, 1, 2);
  const at = contentAt(der, contentAt(der, 0));
  return equals(der.subarray(at, at + version.length), version);
}

/** Where the content of a DER element begins: behind its tag and its length (X.690 section 8.1). */
function contentAt(der: Uint8Array, at: number): number {
  const length = der[at + 1] ?? 0;
  return at + 2 + (length > 0x80 ? length - 0x80 : 0);
}

/** Such a connection, read and written as Deno's are. */
class PinnedConn implements ServerConn {
  readonly localAddr: { readonly hostname: string };
  readonly #socket: TLSSocket;
  /** What has come and is not read yet; the server, which we trust, decides how much that is. */
  readonly #unread: Uint8Array[] = [];
  #ended = false;
  #changed = Promise.withResolvers<void>();

  constructor(socket: TLSSocket) {
    this.#socket = socket;
    this.localAddr = { hostname: socket.localAddress ?? "" };
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
