/**
 * Asking once where somebody is, on a connection that serves nothing else.
 *
 * @module
 */

import type { KnownClient } from "../events.ts";
import { ControlConnection, type ControlConnectionOptions } from "./control_connection.ts";
import { lookUp } from "./lookup.ts";

/** What asking once needs to know. */
export interface LookupOptions
  extends Pick<ControlConnectionOptions, "servers" | "network" | "clock"> {
  /** The client's own id. */
  readonly id: string;
  readonly target: string;
}

/** Asks once where a client is, and leaves the server. @throws {UserError} As {@linkcode lookUp}. */
export async function askOnce(options: LookupOptions): Promise<KnownClient | undefined> {
  const { id, target, servers, network, clock } = options;
  const asking = new AbortController();
  const connection = new ControlConnection({
    servers,
    network,
    clock,
    signal: asking.signal,
    onPush: () => {},
    onLost: () => {},
  });
  try {
    return await lookUp(connection, id, target);
  } finally {
    asking.abort();
  }
}
