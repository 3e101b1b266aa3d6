/**
 * Where a message ends.
 *
 * @module
 */

import { CR, LF } from "./message.ts";

/** The position behind the empty line that ends the first message in some bytes; undefined if it is not complete. */
export function firstMessageEnd(bytes: Uint8Array): number | undefined {
  for (let at = bytes.indexOf(LF); at >= 0; at = bytes.indexOf(LF, at + 1)) {
    if (bytes[at + 1] === LF) return at + 2;
    if (bytes[at + 1] === CR && bytes[at + 2] === LF) return at + 3;
  }
  return undefined;
}
