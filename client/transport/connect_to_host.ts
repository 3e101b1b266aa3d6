/**
 * Connecting to a host that may be a name. While the system connects, it does not tell whether it still looks
 * up the name or waits for the host. So the name is looked up beside a connection that takes long: if that is
 * not answered either, it is the resolver that is silent.
 *
 * @module
 */

import { isIpAddress } from "../../shared/net/address.ts";
import { dialTimeoutMs } from "../../shared/protocol/limits.ts";
import { systemClock } from "../../shared/time/clock.ts";
import type { UserError } from "../user_error.ts";
import { connectWithin, type DialOptions } from "./connect_within.ts";

/** Says whether a name can be looked up; its own silence says that too. */
export type LookUp = (name: string) => Promise<unknown>;

/** The part of its time after which a connection takes long. */
const longPart = 0.1;

/** No answer has come to the question which addresses a name has. */
export class ResolverSilent extends Error {
  override readonly name = "ResolverSilent";

  constructor() {
    super("unresolved");
  }
}

/**
 * {@linkcode connectWithin}, for a host that may be a name.
 *
 * @param failure Gets {@linkcode ResolverSilent} if the time was over before the name had been looked up.
 * @param lookUp Looks the name up, by default as the system does.
 */
export async function connectToHost<C extends { close(): void }>(
  host: string,
  connect: (givenUp: AbortSignal) => Promise<C>,
  options: DialOptions,
  failure: (cause: unknown) => UserError,
  lookUp: LookUp = lookUpBySystem,
): Promise<C> {
  if (isIpAddress(host)) return await connectWithin(connect, options, failure);
  const { timeoutMs = dialTimeoutMs, clock = systemClock } = options;
  let isSilent = false;
  const cancel = clock.after(timeoutMs * longPart, async () => {
    isSilent = true;
    await lookUp(host).catch(() => {});
    isSilent = false;
  });
  try {
    return await connectWithin(
      connect,
      options,
      (cause) =>
        failure(isSilent && cause instanceof Deno.errors.TimedOut ? new ResolverSilent() : cause),
    );
  } finally {
    cancel();
  }
}

/**
 * The IP addresses of a name.
 *
 * @throws {Error} The system's error if there are none, or the resolver does not answer.
 */
export async function lookUpBySystem(name: string): Promise<string[]> {
  // Loaded when needed: few connections take long.
  const { default: process } = await import("node:process");
  // Deno 2.6 warns the user of a module that `node:dns` itself uses.
  Object.assign(process, { noDeprecation: true });
  const { lookup } = await import("node:dns/promises");
  // As `connect` does: by `getaddrinfo`, and so also in the file of hosts.
  return (await lookup(name, { all: true })).map(({ address }) => address);
}
