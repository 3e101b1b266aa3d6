/**
 * How servers are named on the command line, who may vouch for them, and where others reach a client.
 *
 * @module
 */

import type { Command } from "commander";
import { ArgumentError } from "../../../shared/process/argument_error.ts";
import { type Address, isIpAddress, parseAddress, parsePort } from "../../../shared/net/address.ts";
import {
  defaultPort,
  parseServerAddresses,
  type ServerAddress,
} from "../../../shared/net/server_address.ts";
import { parsePortArgument } from "../../../shared/process/arguments.ts";

/** What the help says of servers. */
export const serversHelp = "address of the server; several are separated by commas";
/** The servers that are asked if none is named. */
export const defaultServers: readonly ServerAddress[] = [{ host: "127.0.0.1", port: defaultPort }];
/** What the help says of these. */
export const defaultServersHelp = `127.0.0.1:${defaultPort}`;
/** What the help says of authorities. */
export const caHelp = "file of authorities that may vouch for the server, beside the system's";

/** A server of the user's own on this machine, which may not run yet. */
export interface Here {
  readonly herePort: number;
}

/** Where clients are introduced. */
export type NamedServers = readonly ServerAddress[] | Here;

/** Whether it is the user's own server on this machine. */
export function isHere(named: NamedServers): named is Here {
  return "herePort" in named;
}

/** Adds the authorities of a file to the servers with TLS, beside the system's. */
export async function withAuthorities(
  servers: readonly ServerAddress[],
  file: string | undefined,
  command: Pick<Command, "error">,
): Promise<readonly ServerAddress[]> {
  if (file === undefined) return servers;
  const withTls = servers.filter(({ tls }) => tls !== undefined);
  if (withTls.length === 0) {
    command.error("error: --ca is for a server that is named as tls://chat.example.org:5555");
  }
  if (withTls.every(({ tls }) => tls!.pin !== undefined)) {
    command.error("error: --ca and ?sha256= exclude each other: the fingerprint alone would count");
  }
  // Loaded when it is needed: most servers are vouched for by nobody, or by the authorities of the system.
  const { readAuthorities } = await import("./ca_file.ts");
  const authorities = await readAuthorities(file);
  return servers.map((server) =>
    server.tls === undefined || server.tls.pin !== undefined
      ? server
      : { ...server, tls: { authorities } }
  );
}

/** Reads the addresses of servers. @throws {ArgumentError} If they are malformed. */
function parseServersArgument(text: string): readonly ServerAddress[] {
  const addresses = parseServerAddresses(text, defaultPort);
  if (addresses !== undefined) return addresses;
  throw new ArgumentError(
    "A server is named as 127.0.0.1:5555, [::1]:5555 or chat.example.org:5555; with TLS as " +
      "tls://chat.example.org:5555, or tls://chat.example.org:5555?sha256=FINGERPRINT, which has 64 " +
      "hexadecimal digits or 43 characters of base64url, or is 26 letters. Several have commas between them.",
  );
}

/** Reads the addresses of servers, or `here`, also with a port. @throws {ArgumentError} If they are malformed. */
export function parseServersOrHere(text: string): NamedServers {
  const [isMeant, portText] = /^here(?::(.*))?$/.exec(text) ?? [];
  if (isMeant === undefined) return parseServersArgument(text);
  const herePort = portText === undefined ? defaultPort : parsePort(portText);
  if (herePort) return { herePort };
  throw new ArgumentError(
    "A server on this machine is named as here, or as here:5556 if it is to have another port.",
  );
}

/** Reads the port that a client listens on; or its servers, if the port is left out. @throws {ArgumentError} */
export function parsePortOrServers(text: string): number | NamedServers {
  return /^[0-9]*$/.test(text) ? parsePortArgument(text) : parseServersOrHere(text);
}

/** Reads where others reach a client. @throws {ArgumentError} If it is no address that can be called. */
export function parseAnnouncedArgument(text: string): Address {
  const address = parseAddress(text);
  if (address !== undefined && isIpAddress(address.host) && address.port !== 0) return address;
  throw new ArgumentError(
    "Name the address outside your router and the port that it passes on, such as 203.0.113.9:5556 " +
      "or [2001:db8::7]:5556.",
  );
}
