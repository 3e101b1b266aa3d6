/**
 * Which servers a command asks that does one thing: those that are named, else the one that the user has chosen at the
 * first start of `p2pchat` alone, else the usual one.
 *
 * @module
 */

import type { Command } from "commander";
import { configDirectory } from "../../../shared/process/directories.ts";
import type { Remembered } from "./first_run.ts";
import type { OpenHere, ServeHere } from "./here.ts";
import {
  defaultServers,
  defaultServersHelp,
  isHere,
  type NamedServers,
  parseServersOrHere,
  withAuthorities,
} from "./server_options.ts";

/** What the help says of these. */
export const askedServersHelp = `what you told p2pchat at first, or ${defaultServersHelp}`;

/** Finds the servers, of which one may be started for as long as it is asked. @throws {UserError} If it cannot be. */
export type OpenServers = () => Promise<Pick<OpenHere, "servers"> & AsyncDisposable>;

/** What a command is given. */
export interface ServerOptions {
  readonly server?: NamedServers;
  /** A file of authorities. */
  readonly ca?: string;
}

/**
 * The servers that a command asks, if it comes to that: a client that runs asks its own.
 *
 * @param readStart What is remembered, for who has read it already.
 * @throws {UserError} If the authorities cannot be read.
 * @throws {Error} If what is remembered cannot be.
 */
export async function askedServers(
  { server, ca }: ServerOptions,
  command: Command,
  serveHere: ServeHere,
  readStart: () => Promise<Remembered | undefined> = rememberedStart,
): Promise<OpenServers> {
  const named = server ?? serversOf(await readStart()) ?? defaultServers;
  if (isHere(named)) return async () => (await import("./here.ts")).openHere(named, serveHere);
  const servers = await withAuthorities(named, ca, command);
  return () => Promise.resolve({ servers, [Symbol.asyncDispose]: () => Promise.resolve() });
}

/** What the user has said at the first start of `p2pchat` alone. @throws {Error} If it cannot be read. */
export async function rememberedStart(): Promise<Remembered | undefined> {
  return (await import("./first_run.ts")).rememberedStart(configDirectory());
}

function serversOf(start: Remembered | undefined): NamedServers | undefined {
  return start && parseServersOrHere(start.server);
}
