/**
 * Where a client listens if its user does not say so.
 *
 * @module
 */

import { isLocal } from "../../../shared/net/address.ts";
import { everyHost } from "../../../shared/net/every_host.ts";
import type { ServerAddress } from "../../../shared/net/server_address.ts";

/**
 * All addresses of this machine, if others may be on another one; else its own alone.
 *
 * @param servers Where others are introduced. Those of a server on this machine are on it, too.
 */
export function listeningHost(servers: readonly ServerAddress[], every = everyHost()): string {
  return servers.every(({ host }) => isLocal(host)) ? "127.0.0.1" : every;
}
