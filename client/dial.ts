/**
 * Opening a TCP connection within a time.
 *
 * @module
 */

import { type Address, formatAddress } from "../shared/address.ts";
import { dialTimeoutMs } from "../shared/protocol/limits.ts";
import { systemReason } from "../shared/system_reason.ts";
import { ChatError } from "./chat_error.ts";

/**
 * Dials an address.
 *
 * @param what Who is called, for the error: "the server", "bob".
 * @throws {ChatError} Where nobody answers there, in time; `cause` is the system's error.
 */
export async function dial(
  address: Address,
  what: string,
  { signal, timeoutMs = dialTimeoutMs }: { signal: AbortSignal; timeoutMs?: number },
): Promise<Deno.TcpConn> {
  const connecting = Deno.connect({ hostname: address.host, port: address.port });
  const { promise: given, reject: giveUp } = Promise.withResolvers<never>();
  const timer = setTimeout(() => giveUp(new Deno.errors.TimedOut("no answer")), timeoutMs);
  const onAbort = () => giveUp(signal.reason);
  signal.addEventListener("abort", onAbort);
  if (signal.aborted) onAbort();
  try {
    const conn = await Promise.race([connecting, given]);
    // A message is a small write that nothing follows: it must not wait for the last one's ACK.
    conn.setNoDelay(true);
    return conn;
  } catch (cause) {
    // A connection that comes too late is nobody's.
    connecting.then((conn) => conn.close(), () => {});
    if (signal.aborted) throw signal.reason;
    throw new ChatError(
      `Cannot reach ${what} at ${formatAddress(address)}: ${reasonOf(cause)}`,
      { cause },
    );
  } finally {
    clearTimeout(timer);
    signal.removeEventListener("abort", onAbort);
  }
}

function reasonOf(error: unknown): string {
  if (error instanceof Deno.errors.ConnectionRefused) return "nobody listens there";
  if (error instanceof Deno.errors.TimedOut) return "no answer within the time";
  if (error instanceof Deno.errors.NotCapable) return "the program is not allowed to";
  return systemReason(error);
}
