/**
 * Asking the server where a client is, or who is registered.
 *
 * @module
 */

import { parsePort } from "../../shared/net/address.ts";
import { isClientId } from "../../shared/protocol/client_id.ts";
import { type Header, header, headerValues, message } from "../../shared/protocol/message.ts";
import {
  addressIn,
  type ClientRecord,
  parseClient,
  parseFingerprint,
  parseWholeNumber,
} from "../../shared/protocol/records.ts";
import { protocolVersion } from "../../shared/protocol/verbs.ts";
import { UserError } from "../user_error.ts";
import type { KnownClient } from "../events.ts";
import type { ControlConnection } from "./control_connection.ts";

/**
 * Looks a client up.
 *
 * @param selfId Our own id: the server does not name us to ourselves.
 * @param target The client's id; undefined for the next one of all others.
 * @returns The client, with an empty id if the server says none; undefined if the server names nobody.
 * @throws {ServerRefusal} If the server answers ERROR, as it does if it knows no such client.
 * @throws {UserError} If the server cannot be asked, or sends something that is not an address.
 */
export async function lookUp(
  connection: Pick<ControlConnection, "request">,
  selfId: string,
  target: string | undefined,
): Promise<KnownClient | undefined> {
  const headers: Header[] = [["clientID", selfId], ["Version", protocolVersion]];
  if (target !== undefined) headers.push(["Target", target]);
  const reply = await connection.request(message("BRIDGE", headers), "BRIDGEACK");
  const id = header(reply, "clientID") ?? "";
  const host = header(reply, "IP") ?? "";
  const port = parsePort(header(reply, "Port") ?? "");
  if (host === "" || port === undefined) return undefined;
  const address = addressIn(reply);
  if (address === undefined) throw new UserError({ code: "server-sent-no-address" });
  const fingerprint = parseFingerprint(header(reply, "Fingerprint"));
  return knownClient({ clientId: isClientId(id) ? id : "", address, fingerprint });
}

/** Clients that the server knows. */
export interface Listed {
  /** How many there are. */
  readonly count: number;
  /** Those that were asked for: all of them, unless there are more than 1,000. */
  readonly clients: readonly KnownClient[];
}

/** Once so many clients are listed the server is not asked for more. */
const listedMax = 1_000;

/**
 * Asks who is registered, page by page.
 *
 * @param onClient Told of each client as soon as the server names it.
 * @throws {UserError} If the server cannot be asked.
 */
export async function listEveryone(
  connection: Pick<ControlConnection, "request">,
  onClient: (client: KnownClient) => void,
): Promise<Listed> {
  const clients: KnownClient[] = [];
  let count = 0;
  let after: string | undefined;
  do {
    const page: Header[] = after === undefined ? [] : [["After", after]];
    const reply = await connection.request(
      message("INFO", [["Version", protocolVersion], ...page]),
      "INFOACK",
    );
    count = parseWholeNumber(header(reply, "Count")) ?? 0;
    const found = headerValues(reply, "Client").map(parseClient).filter((client) =>
      client !== undefined
    ).map(knownClient);
    for (const client of found) onClient(client);
    clients.push(...found);
    const next = header(reply, "After");
    // A server whose pages name nobody would be asked for ever.
    after = next !== undefined && isClientId(next) && found.length > 0 ? next : undefined;
  } while (after !== undefined && clients.length < listedMax);
  return { count, clients };
}

function knownClient({ clientId: id, address, fingerprint }: ClientRecord): KnownClient {
  return { id, address, ...fingerprint !== undefined && { fingerprint } };
}
