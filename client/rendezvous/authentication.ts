/**
 * Showing a server whose client this is, without registering (PROTOCOL.md section 3): nobody else is told of it, and
 * another client of the user's stays registered.
 *
 * @module
 */

import type { Identity } from "../../shared/crypto/identity.ts";
import { header, message } from "../../shared/protocol/message.ts";
import { formatFeatures, namesFeature, parseWholeNumber } from "../../shared/protocol/records.ts";
import { randomId } from "../../shared/protocol/random_id.ts";
import { protocolVersion, speaksVersion1 } from "../../shared/protocol/verbs.ts";
import type { TimerClock } from "../../shared/time/clock.ts";
import { requestSigned, type SigningConnection } from "./signed_request.ts";

/** What a server grants to a client that is not registered. */
export interface Granted {
  /** How large a mail it keeps, in bytes; undefined if it keeps none. */
  readonly mailBytesMax: number | undefined;
  /** Whether it joins the client with others. */
  readonly relays: boolean;
}

/** Who shows it. */
export interface AuthenticateOptions {
  readonly id: string;
  readonly identity: Identity;
  readonly clock: Pick<TimerClock, "timeOfDay">;
}

/**
 * Shows it.
 *
 * @returns Undefined if the server does not know how.
 * @throws {UserError} If it refuses, as it does with 404 if no key owns the id, or cannot be asked.
 */
export async function authenticate(
  connection: SigningConnection,
  { id, identity, clock }: AuthenticateOptions,
): Promise<Granted | undefined> {
  // Known to legacy programs, too: of these some end at anything else, and the answer shows which it is.
  const info = message("INFO", [["Version", protocolVersion], ["Limit", "1"]]);
  if (!speaksVersion1(await connection.request(info, "INFOACK"))) return undefined;
  const time = String(clock.timeOfDay());
  const ping = message("PING", [["Id", randomId()], ["Time", time]]);
  if (!namesFeature(await connection.request(ping, "PONG"), "auth")) return undefined;
  const { reply } = await requestSigned(
    connection,
    identity,
    "AUTH",
    [["clientID", id], ["Version", protocolVersion], ["Features", formatFeatures(["relay"])]],
    "AUTHACK",
  );
  return {
    mailBytesMax: parseWholeNumber(header(reply, "Mailbox")),
    relays: namesFeature(reply, "relay"),
  };
}
