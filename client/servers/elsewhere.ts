/**
 * Looking for a contact at the servers at which they have said that they are. Nothing is registered there, and what
 * such a server says counts only if it names the contact's key.
 *
 * @module
 */

import { fingerprintOf, type PublicKey } from "../../shared/crypto/public_key.ts";
import { isIpAddress, isLocal } from "../../shared/net/address.ts";
import { namedBy } from "../../shared/net/named_address.ts";
import type { ServerAddress } from "../../shared/net/server_address.ts";
import { within } from "../../shared/time/clock.ts";
import type { KnownClient } from "../events.ts";
import { lookUpOnce } from "../rendezvous/rendezvous.ts";
import { isPublicAddress, permit } from "../transport/transport.ts";
import { UserError } from "../user_error.ts";
import { parseOtherServer, placeOf } from "./peer_at.ts";
import type { ServersOptions } from "./visits.ts";

/** How long they may take to answer, in milliseconds: somebody waits for it. */
const askMs = 3_000;

/** Whether a server is one that everybody can reach, as far as its name says. */
export function isForAll({ host, tls }: ServerAddress): boolean {
  return tls !== undefined && !isLocal(host) && (!isIpAddress(host) || isPublicAddress(host));
}

/** The servers that contacts have told. */
export class Elsewhere {
  readonly #options: ServersOptions;

  constructor(options: ServersOptions) {
    this.#options = options;
  }

  /**
   * Looks for somebody.
   *
   * @returns Undefined if they are no contact, have told no server, or are at none of these.
   */
  async find(name: string): Promise<KnownClient | undefined> {
    const { key, servers } = this.#told(name);
    if (key === undefined || servers.length === 0) return undefined;
    const answers: KnownClient[] = [];
    const asked = servers.map(async (server) => {
      const found = await this.#askAt(server, name);
      if (found?.id === name && found.fingerprint === fingerprintOf(key)) answers.push(found);
    });
    await within(askMs, Promise.all(asked), this.#options.clock);
    return answers[0];
  }

  /** A server that is not there, or is not to be asked, is as one that knows nobody. */
  async #askAt(server: ServerAddress, target: string): Promise<KnownClient | undefined> {
    const { id, network, clock } = this.#options;
    try {
      // Whoever has told the server must not make this machine call what only it can reach.
      await permit(namedBy("mail", server), { name: target, network, serverHost: "", clock });
      return await lookUpOnce({ id, target, servers: [server], network, clock });
    } catch (error) {
      if (error instanceof UserError) return undefined;
      throw error;
    }
  }

  /** None if the store cannot be read. */
  #told(
    name: string,
  ): { readonly key?: PublicKey; readonly servers: readonly ServerAddress[] } {
    const { store: { knownPeers, otherServers }, servers: own, relayOnly } = this.#options;
    if (relayOnly === true) return { servers: [] };
    try {
      const key = knownPeers.find(name)?.key;
      if (key === undefined || !knownPeers.isContact(name, key)) return { servers: [] };
      const asked = new Set([...own.map(placeOf), ...otherServers.all().map(({ place }) => place)]);
      const servers = otherServers.learntOf(key).flatMap((text) => parseOtherServer(text) ?? [])
        .filter((server) => server.tls !== undefined && !asked.has(placeOf(server)));
      return { key, servers };
    } catch (error) {
      if (error instanceof UserError) return { servers: [] };
      throw error;
    }
  }
}
