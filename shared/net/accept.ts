/**
 * The loop that accepts connections.
 *
 * @module
 */

import { Backoff } from "../time/backoff.ts";
import { wait } from "../time/clock.ts";

/**
 * Accepts connections until the signal aborts. If the system accepts none, for example without free file
 * descriptors, it waits and tries again.
 *
 * @param signal Ends the loop. The caller has to close the listener then.
 * @param take Gets each connection.
 * @param onFailure Told of an error that does not come from one client, and after how many milliseconds the
 * loop tries again.
 */
export async function acceptUntil<Conn>(
  signal: AbortSignal,
  listener: { accept(): Promise<Conn> },
  take: (conn: Conn) => void,
  onFailure: (error: unknown, retryInMs: number) => void,
): Promise<void> {
  const backoff = new Backoff({ firstMs: 10, maxMs: 1_000 });
  while (!signal.aborted) {
    let conn;
    try {
      conn = await listener.accept();
    } catch (error) {
      if (signal.aborted) return;
      // If a client is gone before it is accepted, the next one may still be there.
      if (isOfOneClient(error)) continue;
      const delayMs = backoff.next();
      onFailure(error, delayMs);
      await wait(delayMs, signal);
      continue;
    }
    backoff.reset();
    take(conn);
  }
}

function isOfOneClient(error: unknown): boolean {
  return error instanceof Deno.errors.NotConnected ||
    error instanceof Deno.errors.ConnectionReset ||
    error instanceof Deno.errors.ConnectionAborted;
}
