/**
 * Asking the server where somebody is.
 *
 * @module
 */

import { formatAddress, parseAddress, parsePort } from "../../shared/net/address.ts";
import { isClientId } from "../../shared/protocol/client_id.ts";
import { type Fingerprint, isFingerprint } from "../../shared/crypto/public_key.ts";
import { type Header, header, headerValues, message } from "../../shared/protocol/message.ts";
import { protocolVersion } from "../../shared/protocol/verbs.ts";
import { UserError } from "../user_error.ts";
import type { KnownClient } from "../events.ts";
import { type ControlConnection, wholeNumber } from "./control_connection.ts";

/**
 * Looks somebody up.
 *
 * @param selfId Who asks, who is not given out to himself.
 * @param target Whom; undefined for whoever is next.
 * @returns Whom the server names, with an empty id where that is none; undefined where it names nobody.
 * @throws {ServerRefusal} Where the server answers ERROR, as where it knows no such client.
 * @throws {UserError} Where it cannot be asked, or sends an address that is none.
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
  const address = parseAddress(formatAddress({ host, port }));
  if (address === undefined) throw new UserError("The server sent an address that is none");
  return {
    id: isClientId(id) ? id : "",
    address,
    ...fingerprintIn(header(reply, "Fingerprint")),
  };
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
    count = wholeNumber(header(reply, "Count")) ?? 0;
    const found = headerValues(reply, "Client").flatMap(readKnownClient);
    for (const client of found) onClient(client);
    clients.push(...found);
    const next = header(reply, "After");
    // A server whose pages name nobody would be asked for ever.
    after = next !== undefined && isClientId(next) && found.length > 0 ? next : undefined;
  } while (after !== undefined && clients.length < listedMax);
  return { count, clients };
}

/** Reads a Client line of INFOACK; none where it is malformed. */
function readKnownClient(line: string): KnownClient[] {
  const [id = "", place = "", fingerprint] = line.split(" ");
  const address = parseAddress(place);
  if (!isClientId(id) || address === undefined) return [];
  return [{ id, address, ...fingerprintIn(fingerprint) }];
}

function fingerprintIn(text: string | undefined): { fingerprint?: Fingerprint } {
  return text !== undefined && isFingerprint(text) ? { fingerprint: text } : {};
}
