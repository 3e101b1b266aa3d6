/**
 * What both ends of QUIC (RFC 9000) have in common here: connections whose other end is told beforehand by which
 * certificate it is known.
 *
 * @module
 */

import { type SelfSigned, selfSigned } from "../crypto/self_signed.ts";
import { type Address, plainHost } from "./address.ts";

/** The name in every certificate: which one is meant is told by the certificate itself. */
export const quicName = "p2pchat";

/** An endpoint that is listened at. */
export interface QuicListening extends Pick<SelfSigned, "certificate"> {
  readonly endpoint: Deno.QuicEndpoint;
  readonly listener: Deno.QuicListener;
}

/**
 * Listens at a port of UDP.
 *
 * @param options What connections may do there.
 * @param own The certificate; a new one if it is not given.
 * @throws {Error} If the port is taken, or the runtime has no QUIC.
 */
export function listenQuic(
  { host, port }: Address,
  options: Omit<Deno.QuicListenOptions, "cert" | "key">,
  own: SelfSigned = selfSigned(quicName),
): QuicListening {
  const endpoint = new Deno.QuicEndpoint({ hostname: host, port });
  const { certificate, certPem: cert, keyPem: key } = own;
  return { certificate, endpoint, listener: endpoint.listen({ ...options, cert, key }) };
}

/**
 * Takes the connections that come in, until the listener is stopped.
 *
 * @param take May accept or ignore one. What it throws says that the connection is over already.
 */
export async function takeQuic(
  listener: Deno.QuicListener,
  take: (incoming: Deno.QuicIncoming) => void,
): Promise<void> {
  for (;;) {
    let incoming;
    try {
      incoming = await listener.incoming();
    } catch {
      return;
    }
    try {
      take(incoming);
    } catch {
      // Whoever it was has gone.
    }
  }
}

/**
 * Accepts a connection, to see where it comes from: reading the address of one that has not been accepted ends it in
 * Deno, up to 2.9.6 at least. Until its sender has shown that it is there, QUIC sends no more than three times what
 * has come (RFC 9000 section 8.1).
 *
 * @throws {Error} If it is over already.
 */
export function acceptQuic(
  incoming: Deno.QuicIncoming,
): { readonly conn: Deno.QuicConn; readonly from: Address } {
  const conn = incoming.accept({ zeroRtt: true });
  return { conn, from: quicAddress(conn.remoteAddr) };
}

/** An address as it is everywhere else. */
export function quicAddress({ hostname, port }: Deno.NetAddr): Address {
  return { host: plainHost(hostname), port };
}

/** Ends a connection. What has not been sent is lost. */
export function closeQuic(conn: Deno.QuicConn): void {
  conn.close({ closeCode: 0, reason: "" });
}
