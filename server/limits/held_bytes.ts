/**
 * How much memory a server uses for what it has read and not answered, and for answers that are not read, beside a
 * small buffer for each connection.
 *
 * @module
 */

import { connectionsPerHostMax, mailMessageBytesMax } from "../../shared/protocol/limits.ts";

/** Bytes in all. Beyond that the connections that have held theirs the longest are closed. */
export const heldBytesMax = 128 * 1024 * 1024;

/** The same for the connections of one host, the server's own as well. */
export const heldBytesPerHostMax = 32 * 1024 * 1024;

for (
  const [relation, holds] of Object.entries({
    "no host alone fills the memory": heldBytesPerHostMax * 4 <= heldBytesMax,
    "many clients of a host may send a mail at once":
      connectionsPerHostMax / 10 * 2 * mailMessageBytesMax <= heldBytesPerHostMax,
  })
) {
  if (!holds) throw new Error(`The bounds contradict each other: not true that ${relation}`);
}
