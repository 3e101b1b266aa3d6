/**
 * A server within another program, for as long as that runs. It is as `p2pchat server --tls`: it has the same data and
 * the same certificate, so that either can take the other's place.
 *
 * @module
 */

import type { Address } from "../shared/net/address.ts";
import { everyHost } from "../shared/net/every_host.ts";
import { listening } from "../shared/net/listen_error.ts";
import { DatabaseError } from "../shared/storage/database_error.ts";
import { ownCertificate } from "./certificate/certificate.ts";
import { type DataDirectory, takeDataDirectory } from "./data_directory.ts";
import { ownAddresses } from "./own_addresses.ts";
import { startServer } from "./server.ts";

/** Where a server is to be, and with what. */
export interface HereOptions {
  /** The port of all addresses of this machine. */
  readonly port: number;
  /** The directory of its data. */
  readonly data: string;
}

/** A server that was started, until it is disposed of. */
interface StartedHere extends AsyncDisposable {
  /** Where it listens: for all addresses of this machine, if need be of both families. */
  readonly host: string;
  /** The SHA-256 of its certificate. */
  readonly pin: Uint8Array;
  /** The addresses that others type. */
  readonly others: readonly string[];
}

/** Why none was started. */
interface NotStartedHere {
  /** The port is taken, or the data: by another server. */
  readonly taken: "port" | "data";
  /** The SHA-256 of the certificate that a server with this data shows; undefined if it has none. */
  readonly pin: Uint8Array | undefined;
}

/**
 * Starts a server for other machines. It logs nothing.
 *
 * @throws {Error} If it cannot start, unless another one may be the reason: a sentence for people.
 */
export async function serveHere(options: HereOptions): Promise<StartedHere | NotStartedHere> {
  const place = { host: everyHost(), port: options.port };
  // First, since a server that runs holds its data as well, and that is waited for.
  if (isTaken(place)) return { taken: "port", pin: await pinIn(options) };
  const directory = tryTaking(options.data);
  if (directory === undefined) return { taken: "data", pin: await pinIn(options) };
  await using stack = new AsyncDisposableStack();
  stack.use(directory);
  const { certificate } = await ownCertificate(options.data);
  const server = stack.use(
    listening(place, () => startServer({ ...place, data: options.data, tls: certificate })),
  );
  await server.check();
  stack.defer(() => {
    // As of any server: names that are missing since the start stay missed.
    if (server.names > 0 || server.kept.names > 0) directory.remember(server.names);
  });
  const running = stack.move();
  return {
    host: place.host,
    pin: Uint8Array.fromHex(certificate.sha256),
    others: ownAddresses(server.address, undefined, certificate),
    [Symbol.asyncDispose]: () => running.disposeAsync(),
  };
}

function isTaken({ host, port }: Address): boolean {
  try {
    Deno.listen({ hostname: host, port }).close();
    return false;
  } catch (error) {
    return error instanceof Deno.errors.AddrInUse;
  }
}

/** Undefined if another server has it. */
function tryTaking(path: string): DataDirectory | undefined {
  try {
    return takeDataDirectory(path);
  } catch (error) {
    if (error instanceof Error && error.cause instanceof DatabaseError) return undefined;
    throw error;
  }
}

async function pinIn({ data }: HereOptions): Promise<Uint8Array | undefined> {
  try {
    return Uint8Array.fromHex((await ownCertificate(data)).certificate.sha256);
  } catch {
    // Whoever has none does not run, or is another's.
    return undefined;
  }
}
