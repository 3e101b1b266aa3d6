/**
 * Asking a server what it can tell of the network between: how far it is, what its clock says, where it sees us, what
 * it offers, and where it can be asked over UDP. Nothing is registered.
 *
 * @module
 */

import { isIpAddress, parsePort } from "../../shared/net/address.ts";
import type { ServerAddress } from "../../shared/net/server_address.ts";
import type { Identity } from "../../shared/crypto/identity.ts";
import { header, type Message, message } from "../../shared/protocol/message.ts";
import { parseCertificate } from "../../shared/protocol/quic.ts";
import { randomId } from "../../shared/protocol/random_id.ts";
import { namesFeature } from "../../shared/protocol/records.ts";
import { protocolVersion } from "../../shared/protocol/verbs.ts";
import type { TimerClock } from "../../shared/time/clock.ts";
import type { Network } from "../transport/transport.ts";
import { UserError } from "../user_error.ts";
import { ServerConnection } from "./server_connection.ts";
import { requestSigned } from "./signed_request.ts";

/** The name under which is asked. It is nobody's. */
const askerId = "doctor";

/** What is asked with. */
export interface ExamineOptions {
  readonly server: ServerAddress;
  /** Signs that somebody asks; one that is made for this alone will do. */
  readonly identity: Identity;
  readonly network: Pick<Network, "dialServer">;
  readonly clock: TimerClock;
  /** How long it may take to connect, in milliseconds. */
  readonly dialMs: number;
  /** Ends the questions: what has not been told until then is not known. */
  readonly signal: AbortSignal;
}

/** Where a server can be asked over UDP at which address it sees us. */
export interface ReflectorPorts {
  /** The server's, an IP address. */
  readonly host: string;
  readonly port: number;
  /** Undefined if there is no second one. */
  readonly secondPort: number | undefined;
  /** In DER. */
  readonly certificate: Uint8Array;
}

/** What a server tells. What it does not say is undefined. */
export interface Examination {
  /** How long it took to connect, with TLS if there is TLS, in milliseconds. */
  readonly connectMs: number;
  /** In milliseconds; undefined if PING was not answered with PONG in time. */
  readonly roundTripMs: number | undefined;
  /** How far its clock is ahead of ours, in milliseconds, give or take half a round trip. */
  readonly clockAheadMs: number | undefined;
  /** The IP address at which it was reached: a name may stand for several. */
  readonly remoteHost: string;
  /** The IP address at which it sees us. */
  readonly seenHost: string | undefined;
  /** From which TCP port we have asked, and from which one it sees us ask; undefined if one of them is not known. */
  readonly ports: { readonly own: number; readonly seen: number } | undefined;
  readonly relays: boolean | undefined;
  /** Undefined if it reflects nothing, or does not say where. */
  readonly reflector: ReflectorPorts | undefined;
}

/** Asks a server. @throws {UserError} If it is not reached within `dialMs`. */
export async function examine(options: ExamineOptions): Promise<Examination> {
  const { server, network, clock, dialMs, signal } = options;
  const startedMs = clock.now();
  const conn = await network.dialServer(server, { signal, timeoutMs: dialMs, clock });
  const connectMs = clock.now() - startedMs;
  const connection = new ServerConnection({ conn, server, clock, onPush: () => {} });
  const close = () => connection.close();
  signal.addEventListener("abort", close);
  try {
    const sentMs = clock.now();
    const pong = await pinged(connection, clock);
    const tripMs = clock.now() - sentMs;
    const seen = pong && header(pong, "Seen");
    const time = Number(pong && header(pong, "Time"));
    return {
      connectMs,
      remoteHost: connection.remoteHost,
      roundTripMs: pong && tripMs,
      clockAheadMs: Number.isSafeInteger(time)
        ? Math.round(time + tripMs / 2 - clock.timeOfDay())
        : undefined,
      seenHost: seen !== undefined && isIpAddress(seen) ? seen : undefined,
      ports: portsOf(connection.localPort, pong),
      relays: pong && header(pong, "Features") !== undefined
        ? namesFeature(pong, "relay")
        : undefined,
      reflector: pong && namesFeature(pong, "reflect")
        ? await reflectorOf(connection, options)
        : undefined,
    };
  } finally {
    signal.removeEventListener("abort", close);
    connection.close();
  }
}

function portsOf(own: number | undefined, pong: Message | undefined): Examination["ports"] {
  const seen = parsePort((pong && header(pong, "Seen-Port")) ?? "");
  // Port 0 is nobody's.
  return own && seen ? { own, seen } : undefined;
}

/** Undefined if the server does not answer that, as a legacy program. */
async function pinged(
  connection: ServerConnection,
  clock: TimerClock,
): Promise<Message | undefined> {
  try {
    const time = String(clock.timeOfDay());
    return await connection.request(message("PING", [["Id", randomId()], ["Time", time]]), "PONG");
  } catch (error) {
    if (error instanceof UserError) return undefined;
    throw error;
  }
}

/** Undefined if the server does not say it. */
async function reflectorOf(
  connection: ServerConnection,
  { identity }: ExamineOptions,
): Promise<ReflectorPorts | undefined> {
  try {
    const { reply } = await requestSigned(
      connection,
      identity,
      "REFLECT",
      [["clientID", askerId], ["Version", protocolVersion], ["Ports", "2"]],
      "REFLECTACK",
    );
    const port = parsePort(header(reply, "Port")!);
    const certificate = parseCertificate(header(reply, "Certificate"));
    const secondPort = parsePort(header(reply, "Second-Port") ?? "");
    if (port === undefined || port === 0 || certificate === undefined) return undefined;
    return { host: connection.remoteHost, port, secondPort: secondPort || undefined, certificate };
  } catch (error) {
    if (error instanceof UserError) return undefined;
    throw error;
  }
}
