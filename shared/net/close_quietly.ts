/**
 * Closing what may be closed already.
 *
 * @module
 */

/** Closes a connection. If it is closed already, nothing happens. */
export function closeQuietly(conn: { close(): void }): void {
  try {
    conn.close();
  } catch {
    // It is closed already, or somebody else closes it.
  }
}
