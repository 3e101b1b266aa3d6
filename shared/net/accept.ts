/**
 * The accept loop.
 *
 * @module
 */

import { Backoff } from "../time/backoff.ts";
import { wait } from "../time/clock.ts";

/**
 * Takes in connections until the signal aborts, and nothing else ends it. Where the system lets none in,
 * as without free file descriptors, it waits and tries again.
 *
 * @param signal Ends the loop; the listener has to be closed then.
 * @param take Takes each connection.
 * @param onFailure Told of an error that is not of one caller, and when it will be tried again.
 */
export async function acceptUntil(
  signal: AbortSignal,
  listener: Deno.TcpListener,
  take: (conn: Deno.TcpConn) => void,
  onFailure: (error: unknown, retryInMs: number) => void,
): Promise<void> {
  const backoff = new Backoff({ firstMs: 10, maxMs: 1_000 });
  while (!signal.aborted) {
    let conn;
    try {
      conn = await listener.accept();
    } catch (error) {
      if (signal.aborted) return;
      // A caller that is gone before it is accepted says nothing about the next one.
      if (isOfTheCaller(error)) continue;
      const delayMs = backoff.next();
      onFailure(error, delayMs);
      await wait(delayMs, signal);
      continue;
    }
    backoff.reset();
    take(conn);
  }
}

function isOfTheCaller(error: unknown): boolean {
  return error instanceof Deno.errors.NotConnected ||
    error instanceof Deno.errors.ConnectionReset ||
    error instanceof Deno.errors.ConnectionAborted;
}
