/**
 * The servers at which somebody is, as they tell their contacts: `Server` of TOKEN.
 *
 * @module
 */

import {
  defaultPort,
  formatPinnedServer,
  parseServerAddresses,
  type ServerAddress,
} from "../net/server_address.ts";
import { type Header, headerValues, type Message } from "./message.ts";

/** Servers that somebody tells, and that are read, at most. */
const homeServersMax = 2;

/** Writes them, the first ones if there are too many. Those without TLS are left out: nobody asks them. */
export function homeServerHeaders(servers: readonly ServerAddress[]): Header[] {
  return servers.filter(({ tls }) => tls !== undefined).slice(0, homeServersMax)
    .map((server) => ["Server", formatPinnedServer(server)]);
}

/** Reads them. What is malformed is left out. */
export function homeServersOf(token: Message): ServerAddress[] {
  return headerValues(token, "Server").slice(0, homeServersMax).flatMap((text) => {
    const [server, ...more] = parseServerAddresses(text, defaultPort) ?? [];
    return server?.tls === undefined || more.length > 0 ? [] : [server];
  });
}
