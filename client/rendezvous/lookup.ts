/**
 * Asking the server where somebody is.
 *
 * @module
 */

import { formatAddress, parseAddress, parsePort } from "../../shared/net/address.ts";
import { isClientId } from "../../shared/protocol/client_id.ts";
import { isFingerprint } from "../../shared/crypto/identity.ts";
import { type Header, header, message } from "../../shared/protocol/message.ts";
import { protocolVersion } from "../../shared/protocol/verbs.ts";
import { UserError } from "../user_error.ts";
import type { KnownClient } from "../events.ts";
import type { Rendezvous } from "./rendezvous.ts";

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
  rendezvous: Pick<Rendezvous, "request">,
  selfId: string,
  target: string | undefined,
): Promise<KnownClient | undefined> {
  const headers: Header[] = [["clientID", selfId], ["Version", protocolVersion]];
  if (target !== undefined) headers.push(["Target", target]);
  const reply = await rendezvous.request(message("BRIDGE", headers), "BRIDGEACK");
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

/** Reads a Client line of INFOACK; none where it is malformed. */
export function readKnownClient(line: string): KnownClient[] {
  const [id = "", place = "", fingerprint] = line.split(" ");
  const address = parseAddress(place);
  if (!isClientId(id) || address === undefined) return [];
  return [{ id, address, ...fingerprintIn(fingerprint) }];
}

function fingerprintIn(text: string | undefined): { fingerprint?: string } {
  return text !== undefined && isFingerprint(text) ? { fingerprint: text } : {};
}
