/**
 * Opening a connection within a time.
 *
 * @module
 */

import { type Address, formatAddress } from "../../shared/net/address.ts";
import { systemClock, type TimerClock } from "../../shared/time/clock.ts";
import { dialTimeoutMs } from "../../shared/protocol/limits.ts";
import { systemReason } from "../../shared/errors/system_error.ts";
import { UserError } from "../user_error.ts";

/** A connection to a server, as far as a client needs it; one of TCP is one. */
export interface ServerConn {
  /** Our end of it. */
  readonly localAddr: { readonly hostname: string };
  /** @returns How many bytes came; null at the end. */
  read(into: Uint8Array): Promise<number | null>;
  /** @returns How many bytes were taken. */
  write(bytes: Uint8Array): Promise<number>;
  close(): void;
}

/** A connection with a peer, as far as a client needs it; one of TCP is one. */
export interface PeerConn extends ServerConn {
  /** The other end of it. */
  readonly remoteAddr: { readonly hostname: string; readonly port: number };
}

/** When dialing is given up. */
export interface DialOptions {
  readonly signal: AbortSignal;
  readonly timeoutMs?: number;
  /** By which the time is measured. */
  readonly clock?: TimerClock;
}

/**
 * Dials an address.
 *
 * @param what Who is called, for the error: "the server", "bob".
 * @throws {UserError} Where nobody answers there, in time; `cause` is the system's error.
 */
export async function dial(
  address: Address,
  what: string,
  options: DialOptions,
): Promise<Deno.TcpConn> {
  const connect = async () => {
    const conn = await Deno.connect({ hostname: address.host, port: address.port });
    // A message is a small write that nothing follows: it must not wait for the last one's ACK.
    conn.setNoDelay(true);
    return conn;
  };
  return await connectWithin(connect, options, (cause) => {
    const reason = unreachableReason(cause) ?? systemReason(cause);
    return new UserError(`Cannot reach ${what} at ${formatAddress(address)}: ${reason}`, { cause });
  });
}

/**
 * Waits until a connection is open, but not for ever.
 *
 * @param connect Opens it; what is half open is to be closed when the signal that it gets aborts.
 * @param failure Says in words why it did not open.
 * @throws {UserError} Where it does not open in time.
 */
export async function connectWithin<C extends { close(): void }>(
  connect: (givenUp: AbortSignal) => Promise<C>,
  { signal, timeoutMs = dialTimeoutMs, clock = systemClock }: DialOptions,
  failure: (cause: unknown) => UserError,
): Promise<C> {
  const giving = new AbortController();
  const { promise: given, reject: giveUp } = Promise.withResolvers<never>();
  const cancel = clock.after(timeoutMs, () => giveUp(new Deno.errors.TimedOut("no answer")));
  const onAbort = () => giveUp(signal.reason);
  signal.addEventListener("abort", onAbort);
  if (signal.aborted) onAbort();
  const connecting = connect(giving.signal);
  try {
    return await Promise.race([connecting, given]);
  } catch (cause) {
    // A connection that comes too late is nobody's.
    connecting.then((conn) => conn.close(), () => {});
    giving.abort();
    if (signal.aborted) throw signal.reason;
    throw failure(cause);
  } finally {
    cancel();
    signal.removeEventListener("abort", onAbort);
  }
}

/** Why nobody could be reached, where there are words for it. */
export function unreachableReason(error: unknown): string | undefined {
  if (error instanceof Deno.errors.TimedOut) return "no answer within the time";
  if (error instanceof Deno.errors.NotCapable) return "the program is not allowed to";
  const code = error instanceof Error && "code" in error ? String(error.code) : "";
  return reasons[code];
}

const reasons: Readonly<Record<string, string>> = {
  ECONNREFUSED: "nobody listens there",
  ENOTFOUND: "there is no such host",
  ETIMEDOUT: "no answer within the time",
};
