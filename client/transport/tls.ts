/**
 * Connections to servers, with TLS or in the clear.
 *
 * @module
 */

import { closeQuietly } from "../../shared/net/close_quietly.ts";
import {
  formatServerAddress,
  type ServerAddress,
  type ServerTls,
  shortPin,
} from "../../shared/net/server_address.ts";
import { UserError } from "../user_error.ts";
import { connectFailure, tlsConnectFailure } from "./connect_failure.ts";
import { connectToHost } from "./connect_to_host.ts";
import type { DialOptions } from "./connect_within.ts";
import { connectPinned, UnprovenCertificate, WrongCertificate } from "./pinned_tls.ts";
import { connectTcp, type ServerConn } from "./tcp.ts";

/**
 * Calls a server. If it speaks TLS, its certificate has been verified when this is done, and nothing has been
 * sent before.
 *
 * @throws {UserError} If nobody answers in time, or it is not the server that was meant; `cause` says more.
 */
export async function dialServer(
  address: ServerAddress,
  options: DialOptions,
): Promise<ServerConn> {
  const { tls } = address;
  const server = formatServerAddress(address);
  if (tls === undefined) {
    return await connectToHost(address.host, () => connectTcp(address), options, (cause) => {
      const why = connectFailure(cause);
      return new UserError({ code: "server-unreachable", server, why }, { cause });
    });
  }
  return await connectToHost(
    address.host,
    (givenUp) =>
      tls.pin === undefined
        ? connectVerified(address, tls, givenUp)
        : connectPinned(address, tls.pin, givenUp),
    options,
    (cause) => tlsError(server, tls, cause),
  );
}

async function connectVerified(
  address: ServerAddress,
  { authorities }: ServerTls,
  givenUp: AbortSignal,
): Promise<Deno.TlsConn> {
  useSystemAuthorities();
  const tcp = await connectTcp(address);
  const caCerts = authorities === undefined ? [] : [authorities];
  let conn: Deno.TlsConn | undefined;
  // Closing the connection ends the wait for the handshake.
  const onAbort = () => closeQuietly(conn ?? tcp);
  givenUp.addEventListener("abort", onAbort);
  try {
    if (givenUp.aborted) throw givenUp.reason;
    conn = await Deno.startTls(tcp, { hostname: address.host, caCerts });
    await conn.handshake();
    return conn;
  } catch (error) {
    closeQuietly(conn ?? tcp);
    throw error;
  } finally {
    givenUp.removeEventListener("abort", onAbort);
  }
}

/**
 * Makes Deno trust the authorities that the system trusts, unless the user's environment says otherwise: by
 * itself it takes its own list. It reads this when it first needs them, also in the compiled program.
 */
function useSystemAuthorities(): void {
  const variable = "DENO_TLS_CA_STORE";
  try {
    if (Deno.env.get(variable) === undefined) Deno.env.set(variable, "system");
  } catch (error) {
    // Without the permission to set it, Deno's own list counts.
    if (!(error instanceof Deno.errors.NotCapable)) throw error;
  }
}

function tlsError(server: string, { pin }: ServerTls, cause: unknown): UserError {
  if (cause instanceof WrongCertificate) {
    const isShort = pin!.length < cause.sha256.length;
    const [presented, expected] = isShort
      ? [shortPin(cause.sha256), shortPin(pin!)]
      : [cause.sha256.toHex(), pin!.toHex()];
    return new UserError({ code: "other-certificate", server, presented, expected }, { cause });
  }
  if (cause instanceof UnprovenCertificate) {
    return new UserError({ code: "certificate-unproven", server, why: cause.why }, { cause });
  }
  const why = tlsConnectFailure(cause);
  return new UserError({ code: "server-unreachable", server, why }, { cause });
}
