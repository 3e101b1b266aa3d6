/**
 * Closing what may be closed already.
 *
 * @module
 */

/** Closes a connection; where that has been done, nothing is left to do. */
export function closeQuietly(conn: { close(): void }): void {
  try {
    conn.close();
  } catch {
    // It is closed already, or was never ours to close.
  }
}
