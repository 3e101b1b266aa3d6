/**
 * A server that is named as `here`: one of the user's own on this machine. The one that runs is used; if none does, it
 * runs within the client, for other machines as well.
 *
 * @module
 */

import type { ServerAddress } from "../../../shared/net/server_address.ts";
import { tcpNetwork } from "../../transport/transport.ts";
import { UserError } from "../../user_error.ts";
import type { Here } from "./server_options.ts";

/** Starts a server with the user's data, unless its port or these data are taken. @throws {Error} If it cannot. */
export type ServeHere = (port: number) => Promise<
  | AsyncDisposable & {
    /** Where it listens. */
    readonly host: string;
    /** The SHA-256 of its certificate. */
    readonly pin: Uint8Array;
    /** The addresses that others type. */
    readonly others: readonly string[];
  }
  | {
    readonly taken: "port" | "data";
    /** The SHA-256 of what a server with these data shows; undefined if that is not known. */
    readonly pin: Uint8Array | undefined;
  }
>;

/** The server of this machine, which runs. */
export interface OpenHere extends AsyncDisposable {
  readonly servers: readonly ServerAddress[];
  /** Where it listens, and the addresses that others type; undefined if it is no part of this program. */
  readonly serving: { readonly host: string; readonly others: readonly string[] } | undefined;
}

/** How long a server of this machine has to show its certificate, in milliseconds. */
const dialMs = 5_000;
/** By this one it takes signatures, whatever network the machine is in. */
const host = "127.0.0.1";

/**
 * Finds the server of this machine, or starts it.
 *
 * @throws {UserError} If it does not run, and something is in its place.
 * @throws {Error} If it cannot be started.
 */
export async function openHere({ herePort: port }: Here, serve: ServeHere): Promise<OpenHere> {
  const started = await serve(port);
  if (!("taken" in started)) {
    return {
      servers: [{ host, port, tls: { pin: started.pin } }],
      serving: started,
      [Symbol.asyncDispose]: () => started[Symbol.asyncDispose](),
    };
  }
  const { taken, pin } = started;
  const address = pin && { host, port, tls: { pin } };
  if (address === undefined || !await isThere(address)) {
    throw new UserError({ code: "not-served-here", port, taken });
  }
  return {
    servers: [address],
    serving: undefined,
    [Symbol.asyncDispose]: () => Promise.resolve(),
  };
}

/** Whether a server listens at an address, and shows the certificate if one is pinned. */
export async function isThere(address: ServerAddress): Promise<boolean> {
  const signal = AbortSignal.timeout(dialMs);
  try {
    (await tcpNetwork.dialServer(address, { signal })).close();
    return true;
  } catch {
    return false;
  }
}
