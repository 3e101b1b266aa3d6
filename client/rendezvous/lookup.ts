/**
 * Asking the server where a client is, or who is registered.
 *
 * @module
 */

import { parsePort } from "../../shared/net/address.ts";
import { namedBy, type ServerSource } from "../../shared/net/named_address.ts";
import { isClientId } from "../../shared/protocol/client_id.ts";
import {
  type Header,
  header,
  headerValues,
  type Message,
  message,
} from "../../shared/protocol/message.ts";
import { listedMax } from "../../shared/protocol/limits.ts";
import {
  addressIn,
  type ClientRecord,
  parseClient,
  parseFingerprint,
  parseLegacyClient,
  parseWholeNumber,
} from "../../shared/protocol/records.ts";
import { protocolVersion, speaksVersion1 } from "../../shared/protocol/verbs.ts";
import { UserError } from "../user_error.ts";
import type { KnownClient } from "../events.ts";
import type { Answered, ControlConnection } from "./control_connection.ts";
import { type AbsentOwner, isLegacyList, ServerRefusal } from "./reply.ts";

/** What a server says of keys when it is asked for a client. */
export interface LookupNotices {
  readonly client?: (client: KnownClient) => void;
  /** Nobody is registered under a name. @param owner Whose it is; undefined if it is nobody's. */
  readonly away?: (id: string, owner: AbsentOwner | undefined) => void;
}

/**
 * Looks a client up. A legacy server knows no Target and names any client that it likes: there it is looked
 * for in the list of all.
 *
 * @param selfId Our own id: the server does not name us to ourselves.
 * @param target The client's id; undefined for the next one of all others.
 * @param notices Told of the client, unless the answer is one that says nothing of keys, as a legacy server's or
 * a forged one: nobody loses their key by that.
 * @returns The client, with an empty id if the server says none; undefined if the server names nobody.
 * @throws {ServerRefusal} If the server answers ERROR, as it does if it knows no such client.
 * @throws {UserError} If the server cannot be asked, or sends something that is not an address; with
 * `not-registered` if it is a legacy program whose list does not have the client.
 */
export async function lookUp(
  connection: Pick<ControlConnection, "ask">,
  selfId: string,
  target: string | undefined,
  notices: LookupNotices = {},
): Promise<KnownClient | undefined> {
  const headers: Header[] = [["clientID", selfId], ["Version", protocolVersion]];
  if (target !== undefined) headers.push(["Target", target]);
  let answered;
  try {
    answered = await connection.ask(message("BRIDGE", headers), "BRIDGEACK");
  } catch (error) {
    if (target === undefined) throw error;
    if (error instanceof ServerRefusal && error.status === "404") {
      notices.away?.(target, error.owner);
    }
    if (!lacksVerb(error)) throw error;
    return await findInList(connection, target).catch((again) => {
      // Of a server that knows neither it matters that it cannot look anybody up.
      throw lacksVerb(again) ? error : again;
    });
  }
  const { reply } = answered;
  const isAnswered = target === undefined || speaksVersion1(reply) ||
    header(reply, "clientID") === target;
  if (isAnswered) {
    const found = clientIn(answered);
    const saysKeys = speaksVersion1(reply) || found?.fingerprint !== undefined;
    if (found !== undefined && found.id !== "" && saysKeys) notices.client?.(found);
    return found;
  }
  try {
    return await findInList(connection, target);
  } catch (error) {
    if (lacksVerb(error)) return clientIn(answered);
    throw error;
  }
}

function lacksVerb(error: unknown): boolean {
  return error instanceof UserError && error.code === "server-lacks-verb";
}

/** The client that a BRIDGEACK names; undefined if it names none. */
function clientIn({ reply, serverHost }: Answered): KnownClient | undefined {
  const id = header(reply, "clientID") ?? "";
  const host = header(reply, "IP") ?? "";
  const port = parsePort(header(reply, "Port") ?? "");
  if (host === "" || port === undefined) return undefined;
  const address = addressIn(reply);
  if (address === undefined) throw new UserError({ code: "server-sent-no-address" });
  const fingerprint = parseFingerprint(header(reply, "Fingerprint"));
  return knownClient({ clientId: isClientId(id) ? id : "", address, fingerprint }, { serverHost });
}

/** @throws {UserError} With `not-registered` if the list does not have the client. */
async function findInList(
  connection: Pick<ControlConnection, "ask">,
  target: string,
): Promise<KnownClient> {
  const { clients } = await listEveryone(connection, () => {});
  const found = clients.find(({ id }) => id === target);
  if (found === undefined) throw new UserError({ code: "not-registered", name: target });
  return found;
}

/** Clients that the server knows. */
export interface Listed {
  /** How many there are. */
  readonly count: number;
  /** Those that were asked for: all of them, unless there are more than 1,000 and the server has pages. */
  readonly clients: readonly KnownClient[];
}

/**
 * Asks who is registered, page by page.
 *
 * @param onClient Told of each client as soon as the server names it, unless the list says nothing of keys.
 * @param limit Only so many, in one page; everybody if it is not given.
 * @throws {UserError} If the server cannot be asked.
 */
export async function listEveryone(
  connection: Pick<ControlConnection, "ask">,
  onClient: (client: KnownClient) => void,
  limit?: number,
): Promise<Listed> {
  const clients: KnownClient[] = [];
  let count = 0;
  let after: string | undefined;
  do {
    const page: Header[] = after === undefined ? [] : [["After", after]];
    if (limit !== undefined) page.push(["Limit", String(limit)]);
    const { reply, serverHost } = await connection.ask(
      message("INFO", [["Version", protocolVersion], ...page]),
      "INFOACK",
    );
    if (isLegacyList(reply)) return legacyList(reply, { serverHost });
    count = parseWholeNumber(header(reply, "Count")) ?? 0;
    const found = headerValues(reply, "Client").map(parseClient).filter((client) =>
      client !== undefined
    ).map((client) => knownClient(client, { serverHost }));
    for (const client of found) onClient(client);
    clients.push(...found);
    const next = header(reply, "After");
    // A server whose pages name nobody would be asked for ever.
    const hasMore = next !== undefined && isClientId(next) && found.length > 0;
    // A server that is taken for a legacy program is not asked for another page, but for the same again.
    after = hasMore && speaksVersion1(reply) ? next : undefined;
  } while (after !== undefined && clients.length < (limit ?? listedMax));
  return { count, clients };
}

function legacyList({ bare, headers }: Message, source: ServerSource): Listed {
  // An id may have a colon: then its line looks like a header.
  const lines = [...bare, ...headers.map(([name, value]) => `${name}:${value}`)];
  const clients = lines.map(parseLegacyClient).filter((client) => client !== undefined)
    .map((client) => knownClient(client, source));
  return { count: clients.length, clients };
}

function knownClient(
  { clientId: id, address, fingerprint }: ClientRecord,
  source: ServerSource,
): KnownClient {
  return {
    id,
    address: namedBy(source, address),
    ...fingerprint !== undefined && { fingerprint },
  };
}
