/**
 * Somebody at a server that is named, as `bob@chat.example.org`; and the name of a server alone.
 *
 * @module
 */

import { formatAddress, parseAddress } from "../../shared/net/address.ts";
import {
  defaultPort,
  formatPinnedServer,
  parseServerAddresses,
  type ServerAddress,
} from "../../shared/net/server_address.ts";
import { isClientId } from "../../shared/protocol/client_id.ts";

/** A client of a server. */
export interface PeerAt {
  readonly name: string;
  readonly server: ServerAddress;
}

/** Stands before a server that speaks in the clear. */
const plain = "plain:";

/**
 * Reads who is meant at which server.
 *
 * @returns Undefined if the text has not that form.
 */
export function parsePeerAt(text: string): PeerAt | undefined {
  const at = text.indexOf("@");
  const name = text.slice(0, at);
  const server = parseOtherServer(text.slice(at + 1));
  return at < 0 || !isClientId(name) || server === undefined ? undefined : { name, server };
}

/**
 * Reads the name of a server: `chat.example.org` and `tls://chat.example.org:5555?sha256=…` speak TLS,
 * `plain:chat.example.org` speaks in the clear.
 *
 * @returns Undefined if the text is malformed.
 */
export function parseOtherServer(text: string): ServerAddress | undefined {
  if (text.startsWith(plain)) return parseAddress(text.slice(plain.length), defaultPort);
  const [server, ...more] = parseServerAddresses(text, defaultPort) ?? [];
  if (server === undefined || more.length > 0) return undefined;
  return server.tls === undefined ? { ...server, tls: {} } : server;
}

/** Writes the name of a server so that {@linkcode parseOtherServer} reads it, with its pin. */
export function formatOtherServer(server: ServerAddress): string {
  return server.tls === undefined ? `${plain}${formatAddress(server)}` : formatPinnedServer(server);
}

/** One text for each host and port, however they are written. */
export function placeOf({ host, port }: ServerAddress): string {
  return formatAddress({ host: host.toLowerCase(), port });
}
