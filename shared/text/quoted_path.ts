/**
 * Paths in sentences.
 *
 * @module
 */

import { makeVisible } from "./visible.ts";

/** Quotes a path so that a terminal does not obey it, and a shell takes it as it is. */
export function quotedPath(path: string): string {
  return `'${makeVisible(path).replaceAll("'", "'\\''")}'`;
}
