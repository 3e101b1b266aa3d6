/**
 * Asking a server to say at which UDP address we are seen (PROTOCOL.md section 4).
 *
 * @module
 */

import { parsePort } from "../../shared/net/address.ts";
import { header, message } from "../../shared/protocol/message.ts";
import { parseCertificate } from "../../shared/protocol/quic.ts";
import { protocolVersion } from "../../shared/protocol/verbs.ts";
import type { ServerConnection } from "./server_connection.ts";

/** Where and by which certificate a server says it. */
export interface ReflectorPlace {
  readonly port: number;
  /** In DER. */
  readonly certificate: Uint8Array;
}

/**
 * Announces that we will ask.
 *
 * @param id Ours, which is registered on the connection.
 * @returns Undefined if the answer makes no sense.
 * @throws {UserError} If the server refuses or is lost.
 */
export async function askToReflect(
  server: Pick<ServerConnection, "request">,
  id: string,
): Promise<ReflectorPlace | undefined> {
  const request = message("REFLECT", [["clientID", id], ["Version", protocolVersion]]);
  const ack = await server.request(request, "REFLECTACK");
  const port = parsePort(header(ack, "Port")!);
  const certificate = parseCertificate(header(ack, "Certificate"));
  return port === undefined || port === 0 || certificate === undefined
    ? undefined
    : { port, certificate };
}
