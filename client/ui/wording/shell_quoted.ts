/**
 * Paths in sentences.
 *
 * @module
 */

/** Quotes a path so that a shell takes it as it is. */
export function shellQuoted(path: string): string {
  return `'${path.replaceAll("'", "'\\''")}'`;
}
